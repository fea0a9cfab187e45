"""Amazon S3 and the services that speak its language, for Buckia."""

from __future__ import annotations

__version__ = "0.1.0"
