"""Judging: what zones share, how far apart they stand, and what a policy makes of it."""

__all__ = [
    "arrangement",
    "claims",
    "history",
    "independence",
    "likelihood",
    "power",
    "recovery",
    "rules",
    "score",
    "separation",
]
