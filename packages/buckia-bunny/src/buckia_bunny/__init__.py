"""Bunny.net Edge Storage for Buckia: the provider `bunny`."""

from __future__ import annotations

__version__ = "0.1.0"
