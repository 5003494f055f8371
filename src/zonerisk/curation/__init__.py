"""Curation: how records are checked, reviewed and handed on."""

__all__ = [
    "backtest",
    "check",
    "forms",
    "freshness",
    "rates",
    "review",
]
