"""Whether an address with a token is to be served: written for the fake, from what the edge sees.

Nothing of it comes from the part of this package that signs, so that the two can be held against
each other.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_plus

_FRONT = "/bcdn_token="
_LIMIT = "limit"
_OF_TOKENS = frozenset(
    {"token", "expires", "token_path", "token_ignore_params", "token_countries"}
    | {"token_countries_blocked", _LIMIT}
)
_OF_SHA256, _OF_MD5 = 43, 22
"""Characters of the tokens of older schemes."""


class Denied(Exception):
    """The address is not served; the words say why."""


class Gate(NamedTuple):
    """What a pull zone asks of addresses."""

    key: str
    checks_ip: bool
    """A token has to be bound to the visitor's address; otherwise it must not be."""


class Visitor(NamedTuple):
    ip: str
    country: str | None
    """Two capital letters; None where nobody knows."""


class _Claim(NamedTuple):
    """What an address says of itself."""

    path: str
    """As it is written."""
    token: str
    expires: str
    signed: Mapping[str, str]
    """The parameters that the token has to vouch for."""

    @property
    def scope(self) -> str:
        """What the token is for: all paths that begin so, or the one path."""
        return self.signed.get("token_path", self.path)


def without_token(target: str) -> str:
    """The path and the query that are asked for, as they would be without a token."""
    path, query = _split(target)[1:]
    parts = [one for one in query.split("&") if one and _name(one) not in _OF_TOKENS]
    return f"{path}?{'&'.join(parts)}" if parts else path


def check(target: str, gate: Gate, visitor: Visitor, now: float) -> None:
    """`Denied` unless there is a token for this target, at this time, for this visitor.

    The schemes are told by what the token looks like, as the service does. How fast the answer
    may be sent is part of what is signed, and else of no concern here.
    """
    claim = _claim(target)
    if not (claim.expires.isascii() and claim.expires.isdecimal()):
        raise Denied("expires is no time")
    if now >= int(claim.expires):
        raise Denied("its time is over")
    if not claim.path.startswith(claim.scope):
        raise Denied("it is for another path")
    found = claim.token.encode()
    if not any(hmac.compare_digest(found, one.encode()) for one in _right(claim, gate, visitor)):
        raise Denied("the token is not right")
    _check_country(claim.signed, visitor.country)


def _claim(target: str) -> _Claim:
    front, path, query = _split(target)
    pairs = parse_qsl("&".join(filter(None, (front, query))), keep_blank_values=True)
    sent = dict(pairs)
    if len(sent) < len(pairs):
        raise Denied("a parameter comes twice")
    token, expires = sent.pop("token", ""), sent.pop("expires", "")
    if not token or not expires:
        raise Denied("there is no token")
    if len(token) == _OF_MD5:
        sent = {}
    elif sent.get("token_ignore_params") == "true":
        sent = {name: sent[name] for name in sent if name in ("token_ignore_params", "token_path")}
    return _Claim(path, token, expires, sent)


def _split(target: str) -> tuple[str, str, str]:
    """Parameters in front of the path, the path, the query."""
    path, _, query = target.partition("?")
    if not path.startswith(_FRONT):
        return "", path, query
    front, _, path = path[1:].partition("/")
    return front.removeprefix("bcdn_"), f"/{path}", query


def _right(claim: _Claim, gate: Gate, visitor: Visitor) -> Iterator[str]:
    """The tokens that would do."""
    begun = f"{claim.scope}{claim.expires}"
    parameters = "&".join(f"{name}={claim.signed[name]}" for name in sorted(claim.signed))
    key = gate.key.encode()
    addresses = _addresses(visitor.ip) if gate.checks_ip else (None,)
    for ip in addresses:
        text = "" if ip is None else str(ip)
        if len(claim.token) == _OF_MD5:
            raw = hashlib.md5(key + f"{begun}{text}".encode(), usedforsecurity=False).digest()
            yield _written(raw)
        elif len(claim.token) == _OF_SHA256:
            yield _written(hashlib.sha256(key + f"{begun}{parameters}{text}".encode()).digest())
        else:
            packed, flags = (b"", "") if ip is None else (ip.packed, "1-")
            message = begun.encode() + packed + parameters.encode()
            yield f"HS256-{flags}{_written(hmac.new(key, message, hashlib.sha256).digest())}"


def _addresses(ip: str) -> tuple[IPv4Address | IPv6Address, ...]:
    """Those for which a token may have been made: the visitor's own and its network's."""
    own = ip_address(ip)
    if isinstance(own, IPv4Address):
        return own, IPv4Address(int(own) >> 8 << 8)
    return (IPv6Address(int(own) >> 64 << 64),)


def _check_country(signed: Mapping[str, str], country: str | None) -> None:
    if country is None:
        return
    if "token_countries" in signed and country not in signed["token_countries"].split(","):
        raise Denied("it is for other countries")
    if country in signed.get("token_countries_blocked", "").split(","):
        raise Denied("it is not for this country")


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
