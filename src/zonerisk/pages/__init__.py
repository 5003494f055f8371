"""Pages: maps, the atlas and reports that open anywhere."""

__all__ = [
    "atlas",
    "features",
    "ground",
    "landmarks",
    "page",
]
