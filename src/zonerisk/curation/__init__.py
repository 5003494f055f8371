"""Curation: how records are checked, reviewed and handed on."""

__all__ = [
    "check",
    "forms",
    "plausibility",
    "rates",
    "review",
]
