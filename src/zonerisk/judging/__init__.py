"""Judging: what zones share, how far apart they stand, and what a policy makes of it."""
