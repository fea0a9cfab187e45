"""Folders of one bucket as one store: the nearest that has a key gives it, and is written alone."""

from buckia.stores.layered.store import LayeredStore

__all__ = ["LayeredStore"]
