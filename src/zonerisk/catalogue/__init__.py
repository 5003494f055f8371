"""Catalogue: records and reference data from files, and a user's overlay of them."""

__all__ = ["catalog", "dialect", "document", "frames", "gazetteer", "samples"]
