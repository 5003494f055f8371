"""Core: what is true of any region: records, geometry, policies, results; no network."""

__version__ = "0.1.0"

__all__ = ["errors", "geometry", "kinds", "model", "samples", "verdict"]
