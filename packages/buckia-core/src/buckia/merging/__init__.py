"""Three SQLite files become one, row by row; what both sides changed is decided and told."""
