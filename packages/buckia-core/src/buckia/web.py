"""What providers that speak HTTP themselves have in common: keys, addresses, waits."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from buckia.errors import ConfigError, StorageError, Unavailable
from buckia.secrets import Secret

AS_IT_IS = {"Accept-Encoding": "identity"}
"""Nothing is unpacked here: a few bytes can be packed that fill any memory."""
_LONGEST_ANSWER = 64 << 20
"""Bytes of what is read as a whole."""
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


def is_open(url: str) -> bool:
    """Whether what is sent there can be read on its way: without TLS, to another machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # It is no address at all, to which nothing is sent.
        return False
    return parts.scheme == "http" and not _is_here(parts.hostname or "")


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def insist_on_tls(url: str, name: str) -> None:
    """For an address to which a password itself is sent, and not a signature made with it."""
    if is_open(url):
        raise ConfigError(
            f"{name} would get the password without TLS, where everybody on the way can read it",
            hint="let the address begin with https://",
        )


def trusted(ca_bundle: str | None, base: Path) -> Path | None:
    """The file of certificates that alone are trusted; None for those of this machine."""
    if ca_bundle is None:
        return None
    path = base / Path(ca_bundle).expanduser()
    try:
        ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", hint="check ca_bundle") from None
    except (OSError, ValueError) as error:
        # An SSLError is an OSError, and says in its own words that there is no certificate in it.
        raise ConfigError(
            f"{path} cannot be read as certificates: {error}", hint="check ca_bundle"
        ) from error
    logging.getLogger("buckia").info("ca_bundle: %s", trust_in(path))
    return path


def trust_in(bundle: Path) -> str:
    """What follows from a `ca_bundle`, for the log and for doctor."""
    return f"only servers that {bundle} vouches for are trusted"


def verified(bundle: Path | None) -> ssl.SSLContext | bool:
    """How an HTTP client looks at certificates; there is no way to have it look away."""
    return True if bundle is None else ssl.create_default_context(cafile=bundle)


def whole(pieces: Iterable[bytes], subject: str) -> bytes:
    """All of an answer, which must not fill the memory because somebody sends on and on."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > _LONGEST_ANSWER:
            raise Unavailable(f"{subject}: the answer is longer than any should be")
    return bytes(found)


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


def unanswered(error: BaseException, subject: str, address: str) -> StorageError:
    """What it means that a request got no answer."""
    if said := distrusted(error):
        failed = StorageError(
            f"{subject}: no secure connection to {address}: {said}",
            hint="check the address, and this machine's time; for a certificate of your own set "
            "ca_bundle",
        )
        # The service could not be reached, but trying again would not help.
        failed.exit_code = Unavailable.exit_code
        return failed
    words = str(error) or type(error).__name__
    return Unavailable(f"{subject}: {address} gave no answer: {words}", hint="check the network")


def distrusted(error: BaseException | None) -> str | None:
    """Why the certificate of the service is not trusted; None where that is not the trouble."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return None
