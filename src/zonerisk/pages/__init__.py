"""Pages: maps, the atlas and reports that open anywhere."""
