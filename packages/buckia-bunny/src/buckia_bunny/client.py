"""The vendor's client as all requests to Bunny use it: no detours, bounded waits, sound keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buckia.errors import ConfigError
from buckia.secrets import Secret

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


def showing(key: Secret) -> Mapping[str, str]:
    """The header that opens a zone or an account."""
    return {"AccessKey": key.reveal()}


def checked_key(key: Secret, name: str, hint: str) -> Secret:
    """The key, if it can be sent; an error of the client would show one that cannot."""
    text = key.reveal()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(f"{name} is none: it is empty, or holds what no key holds", hint=hint)
    return key


def is_address(url: str) -> bool:
    """Whether that is the address of a service, without a user, a password or a query."""
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in {"http", "https"} and has_place and is_plain
