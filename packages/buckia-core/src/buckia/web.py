"""What providers that speak HTTP themselves have in common: keys, addresses, waits."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from buckia.errors import ConfigError
from buckia.secrets import Secret

_LONGEST_WAIT = 300.0
"""Nobody waits for longer than it takes to look at it again."""


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


def wished_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a service asks for: as such, or as a moment beside its own clock's.

    `headers` are looked up in small letters.
    """
    wished = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", wished):
        return min(float(wished), _LONGEST_WAIT)
    try:
        then, now = (parsedate_to_datetime(text) for text in (wished, headers["date"]))
        return min(max(0.0, (then - now).total_seconds()), _LONGEST_WAIT)
    except (ValueError, TypeError, LookupError):
        # Neither form, or no moment to compare with: then nothing is known.
        return None


def unanswered_hint(error: BaseException) -> str:
    """What to do about a service that gave no answer."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted here: check the address, and this machine's time"
        cause = cause.__cause__ or cause.__context__
    return "check the network"
