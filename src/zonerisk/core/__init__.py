"""Core: what is true of any region: records, geometry, policies, results; no network."""

__all__ = [
    "errors",
    "geometry",
    "hazard_sample",
    "interval",
    "kinds",
    "model",
    "plan_verdict",
    "policy",
    "verdict",
]
