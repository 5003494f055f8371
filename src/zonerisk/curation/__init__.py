"""Curation: how records are checked, reviewed and handed on."""
