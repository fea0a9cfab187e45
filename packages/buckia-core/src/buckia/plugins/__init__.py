"""Plugins: what is installed, loaded one at a time, and the hooks that it may implement.

A plugin module says `from buckia.plugins import hookimpl` and decorates its functions with it.
"""

from __future__ import annotations

from buckia.plugins.hooks import hookimpl
from buckia.plugins.installed import HOOKS, PROVIDERS, Installed, State
from buckia.plugins.registry import Plugins

__all__ = ["HOOKS", "PROVIDERS", "Installed", "Plugins", "State", "hookimpl"]
