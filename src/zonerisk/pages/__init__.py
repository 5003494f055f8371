"""Pages: maps, the atlas and reports that open anywhere."""

__all__ = ["atlas", "card", "features", "ground", "page", "surroundings"]
