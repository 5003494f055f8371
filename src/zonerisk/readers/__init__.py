"""Readers: one outside source each, from its bytes to plain rows."""
