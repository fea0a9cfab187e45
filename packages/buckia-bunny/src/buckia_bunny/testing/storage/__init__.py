"""The storage zone."""
