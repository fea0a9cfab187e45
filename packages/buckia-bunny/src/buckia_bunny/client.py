"""The vendor's client as all requests to Bunny use it: no detours, bounded waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buckia.errors import ConfigError
from buckia.patience import Patience
from buckia.web import verified

if TYPE_CHECKING:
    import httpx

_CONNECTING = 20.0
"""Seconds in which a connection must stand; the rest of `timeout` is for answers."""
_USUAL = 100
"""Connections at once, where nobody says how many."""


def made(
    *,
    timeout: float,
    width: int = _USUAL,
    trust: Path | None = None,
    patience: Patience | None = None,
) -> httpx.Client:
    """A client without a key, which each request brings. Safe to use from many threads.

    `trust` is a file of certificates that alone are trusted. `patience` is for who wants to say
    where the heads of answers begin and end.
    """
    # It takes a while to import, which only those pay who send requests.
    import httpx

    from buckia_bunny.stream import be_patient

    try:
        client = httpx.Client(
            headers={"User-Agent": "buckia"},
            verify=verified(trust),
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
    for one in (client._transport, *client._mounts.values()):  # noqa: SLF001 - all ways it has
        if isinstance(one, httpx.HTTPTransport):
            be_patient(one, patience or Patience(timeout))
    return client
