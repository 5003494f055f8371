"""Layers: from a hazard layer's card to figures at places."""

__all__ = ["cards", "files", "http", "sampling", "store"]
