"""SQLite files: looked at, copied whole, checked, and replaced, always through SQLite itself."""
