"""Linode Object Storage for Buckia: not built yet.

The distribution holds the name. It registers no provider, so `provider: linode` in a `.buckia`
file is refused whether or not it is installed.
"""

from __future__ import annotations

__version__ = "0.1.0"
