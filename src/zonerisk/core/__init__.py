"""Core: what is true of any region: records, geometry, policies, results; no network."""
