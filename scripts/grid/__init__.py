"""Grid: what remote sources and raw layers tell of power and networks; makes the tables that ship."""
