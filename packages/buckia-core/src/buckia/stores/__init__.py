"""Stores that come with the core: folders and memory."""
