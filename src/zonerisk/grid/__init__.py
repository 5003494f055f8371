"""Grid: power and round trips, as derived from the grid and from measurements."""

__all__ = [
    "supply",
]
