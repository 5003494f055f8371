"""Curation: how records are checked, reviewed and handed on."""

__all__ = ["check", "freshness", "rates", "review"]
