"""Signatures of requests, as Amazon's fourth version of them wants it."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import NamedTuple

from buckia_s3.lane.requests import Request

_HOW = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_BLANKS = re.compile(" +")
"""What stands between words; to those who sign, it is always one."""
_EMPTY = hashlib.sha256(b"").hexdigest()


class Keys(NamedTuple):
    """Those of one who may sign."""

    access: str
    secret: str
    token: str | None = None


def sign(
    request: Request, path: str, keys: Keys, region: str, moment: str, *, payload: str
) -> None:
    """Add what proves whose request this is to its headers, among which is that of the host.

    `moment` is in the form of 20261231T235959Z, `payload` that of `payload_of`.
    """
    headers = request.headers
    headers["x-amz-date"] = moment
    headers["x-amz-content-sha256"] = payload
    if keys.token is not None:
        headers["x-amz-security-token"] = keys.token
    lines = sorted(headers.items())
    names = ";".join([name for name, _ in lines])
    query = "&".join([f"{name}={value}" for name, value in request.query])
    plain = "".join([f"{name}:{value}\n" for name, value in lines])
    if "  " in plain:
        plain = _BLANKS.sub(" ", plain)
    whole = f"{request.method}\n{path}\n{query}\n{plain}\n{names}\n{payload}"
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    told = f"{_HOW}\n{moment}\n{scope}\n{hashlib.sha256(whole.encode()).hexdigest()}"
    proving = _proving(keys.secret, moment[:8], region).copy()
    proving.update(told.encode())
    headers["authorization"] = (
        f"{_HOW} Credential={keys.access}/{scope}, SignedHeaders={names}, "
        f"Signature={proving.hexdigest()}"
    )


def payload_of(request: Request, *, is_open: bool, sha256: str = "") -> str:
    """What is signed of the body, of which the digest may be known.

    Where the line `is_open` the bytes are signed, too; a line under TLS needs that only where
    nothing else in the request proves them.
    """
    if not (is_open or request.is_document) and "content-md5" in request.headers:
        return _UNSIGNED
    if not request.body:
        return _EMPTY
    return sha256 or hashlib.sha256(request.body).hexdigest()


@lru_cache(maxsize=8)
def _proving(secret: str, day: str, region: str) -> hmac.HMAC:
    """What proves requests of a day. It is copied for each: to make it anew takes much longer."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")
