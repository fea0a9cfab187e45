"""Doing what a plan says, one action at a time and many at once."""
