"""Addresses that the edge accepts for a while: pure, from an address and a key to another address.

The edge computes the token anew from what it sees, so all that is signed stands in the address,
except the key and the visitor's IP address.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

Scheme = Literal["hmac-sha256", "sha256", "md5"]

RESERVED = frozenset(
    {"token", "expires", "bcdn_token", "token_path", "token_ignore_params"}
    | {"token_countries", "token_countries_blocked"}
)
"""Parameters that only signing adds; an address that has one was signed already, or is wrong."""
_COUNTRY = re.compile(r"[A-Z]{2}")
_SHOWN = "***"


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """With what an address is signed. The older schemes are for zones that still ask for them."""

    key: str
    """The pull zone's security key. No repr shows it."""
    scheme: Scheme = "hmac-sha256"

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("the security key is empty")

    def __repr__(self) -> str:
        return f"Signing(key={_SHOWN}, scheme={self.scheme!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("key", _SHOWN), ("scheme", self.scheme)]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed address is bound to, besides its time; `ValueError` for what cannot be."""

    ip: str | None = None
    """The one visitor. Of an IPv6 address only the network counts; an IPv4 address that ends in
    .0 stands for its last 256.
    """
    countries: tuple[str, ...] = ()
    """The only countries served, as two capital letters each."""
    countries_blocked: tuple[str, ...] = ()
    limit: int | None = None
    """kB/s for one visitor."""
    token_path: str | None = None
    """Everything whose path begins so may be fetched with the same token."""
    ignore_params: bool = False
    """Visitors may change and add parameters."""
    as_directory: bool = False
    """The token stands in front of the path, so that relative links keep it."""

    def __post_init__(self) -> None:
        if self.ip is not None:
            _address(self.ip)
        for code in (*self.countries, *self.countries_blocked):
            if not _COUNTRY.fullmatch(code):
                raise ValueError(f"{code!r} is no country: it takes two capital letters")
        if self.limit is not None and self.limit < 1:
            raise ValueError("a limit is at least 1 kB/s")
        if self.token_path is not None and not self.token_path.startswith("/"):
            raise ValueError("token_path begins with a slash")
        if self.ignore_params and (self.countries or self.countries_blocked or self.limit):
            raise ValueError("where parameters are ignored, neither countries nor limit are signed")


NO_OPTIONS = Options()


class _Parts(NamedTuple):
    origin: str
    path: str
    parameters: Mapping[str, str]


def signed(url: str, signing: Signing, *, expires: int, options: Options = NO_OPTIONS) -> str:
    """The address with a token that holds until `expires`, in seconds of Unix time.

    The path is signed as it is written in `url`. `ValueError` for an address that cannot be
    signed, and for options that the scheme does not know.
    """
    if expires <= 0:
        raise ValueError("expires is counted in seconds since 1970")
    _check(signing.scheme, options)
    parts = _parts(url)
    bound, free = _parameters(parts, signing.scheme, options)
    path = parts.path if options.token_path is None else options.token_path
    if not parts.path.startswith(path):
        raise ValueError("the address does not begin with token_path")
    token = _token(signing, f"{path}{expires}", _joined(bound), options.ip)
    tail = "".join(f"&{_written(name, value)}" for name, value in bound.items())
    rest = "&".join(_written(name, value) for name, value in free.items())
    if options.as_directory:
        behind = f"{parts.path}?{rest}" if rest else parts.path
        return f"{parts.origin}/bcdn_token={token}{tail}&expires={expires}{behind}"
    behind = f"&{rest}" if rest else ""
    return f"{parts.origin}{parts.path}?token={token}{tail}&expires={expires}{behind}"


def _check(scheme: Scheme, options: Options) -> None:
    if scheme == "hmac-sha256":
        return
    if options.ip is not None and isinstance(_address(options.ip), IPv6Address):
        raise ValueError(f"{scheme} knows no IPv6 addresses")
    if scheme == "md5" and options != Options(ip=options.ip):
        raise ValueError("md5 signs nothing but the path, the time and the visitor's address")


def _parts(url: str) -> _Parts:
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        raise ValueError("an address holds no spaces and no control characters")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("only an address that begins with https:// and a host can be signed")
    if "#" in url:
        raise ValueError("an address with a # is signed without what follows it")
    if parts.path.startswith("/bcdn_token="):
        raise ValueError("the address is signed already")
    return _Parts(f"{parts.scheme}://{parts.netloc}", parts.path or "/", _query(parts.query))


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    # What is no UTF-8 would not be signed as it is sent.
    for name, value in parse_qsl(text, keep_blank_values=True, errors="strict"):
        if name in RESERVED:
            raise ValueError(f"the address is signed already: it has the parameter {name}")
        if name in found:
            raise ValueError(f"the address has the parameter {name} twice")
        found[name] = value
    return found


def _parameters(
    parts: _Parts, scheme: Scheme, options: Options
) -> tuple[dict[str, str], Mapping[str, str]]:
    """Those that are signed, sorted, and those that are only sent."""
    if scheme == "md5":
        return {}, parts.parameters
    given = {
        "token_ignore_params": "true" if options.ignore_params else "",
        "token_countries": ",".join(options.countries),
        "token_countries_blocked": ",".join(options.countries_blocked),
        "limit": str(options.limit or ""),
        "token_path": options.token_path or "",
    }
    added = {name: value for name, value in given.items() if value}
    if both := sorted(added.keys() & parts.parameters.keys()):
        raise ValueError(f"the address has a {both[0]} of its own")
    bound = added if options.ignore_params else {**parts.parameters, **added}
    return dict(sorted(bound.items())), parts.parameters if options.ignore_params else {}


def _token(signing: Signing, begun: str, parameters: str, ip: str | None) -> str:
    """`begun` is what every scheme signs first: the path and the time."""
    key, first, last = signing.key.encode(), begun.encode(), parameters.encode()
    visitor = None if ip is None else _address(ip)
    if signing.scheme == "hmac-sha256":
        flags = "" if visitor is None else "1-"
        message = first + _packed(visitor) + last
        return f"HS256-{flags}{_base64(hmac.digest(key, message, 'sha256'))}"
    text = b"" if visitor is None else str(visitor).encode()
    if signing.scheme == "sha256":
        return _base64(hashlib.sha256(key + first + last + text).digest())
    return _base64(hashlib.md5(key + first + text, usedforsecurity=False).digest())


def _address(text: str) -> IPv4Address | IPv6Address:
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    if found.scope_id is not None:
        raise ValueError(f"{text!r} is an address of one machine's own network only")
    # An IPv4 visitor, in the way that some servers write it.
    return found.ipv4_mapped or found


def _packed(visitor: IPv4Address | IPv6Address | None) -> bytes:
    """The bytes that are signed: of IPv6 the network, for a machine changes the rest at will."""
    if visitor is None:
        return b""
    if isinstance(visitor, IPv6Address):
        return visitor.packed[:8] + bytes(8)
    return visitor.packed


def _joined(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _written(name: str, value: str) -> str:
    return f"{quote(name, safe='')}={quote(value, safe='')}"


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
