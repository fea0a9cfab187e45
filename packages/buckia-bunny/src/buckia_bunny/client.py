"""The vendor's client as all requests to Bunny use it: no detours, bounded waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buckia.errors import ConfigError

if TYPE_CHECKING:
    import httpx

_CONNECTING = 20.0
"""Seconds in which a connection must stand; the rest of `timeout` is for answers."""
_USUAL = 100
"""Connections at once, where nobody says how many."""


def made(*, timeout: float, width: int = _USUAL) -> httpx.Client:
    """A client without a key, which each request brings. Safe to use from many threads."""
    # It takes a while to import, which only those pay who send requests.
    import httpx

    try:
        return httpx.Client(
            headers={"User-Agent": "buckia"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECTING)),
            limits=httpx.Limits(max_connections=width, max_keepalive_connections=width),
            # The key is for this service, not for whoever it points to.
            follow_redirects=False,
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"no connection can be prepared: {error}",
            hint="check the variables of the environment that name certificates and proxies",
        ) from error
