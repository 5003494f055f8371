"""Layers: from a hazard layer's card to figures at places."""
