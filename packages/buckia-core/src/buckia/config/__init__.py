"""Configuration: what stands in a `.buckia` file, or what a program says instead of one."""

from __future__ import annotations

from buckia.config.bucket import BucketConfig
from buckia.config.file import ConfigFile, discover, load
from buckia.config.options import resolve_options
from buckia.config.quantities import Bandwidth, DeleteLimit
from buckia.config.roots import Root
from buckia.config.where import Where, nearest, suggestion

__all__ = [
    "Bandwidth",
    "BucketConfig",
    "ConfigFile",
    "DeleteLimit",
    "Root",
    "Where",
    "discover",
    "load",
    "nearest",
    "resolve_options",
    "suggestion",
]
