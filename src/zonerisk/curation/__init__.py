"""Curation: how records are checked, reviewed and handed on."""

__all__ = [
    "backtest",
    "check",
    "forms",
    "freshness",
    "gazetteer",
    "rates",
    "review",
]
