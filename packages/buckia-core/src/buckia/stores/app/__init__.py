"""A folder that an app works in: like any folder, but its databases are handled as such."""

from buckia.stores.app.store import AppFolder

__all__ = ["AppFolder"]
