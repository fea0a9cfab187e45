"""A provider for Buckia: a bucket that is one SQLite file."""
