"""Terrain: hazard layers, and what they say at places."""
