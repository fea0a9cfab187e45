"""What is kept with an object in its user metadata, and what of it can be believed.

- `mtime`: the file's time in decimal seconds, as other tools write and read it too.
- `buckia-digest`: the digest of the whole file, `sha256:...`.
- `buckia-etag`: the ETag that exactly these bytes get.
- `buckia-pieces`: of a large object the size of its pieces and a short sum of each, `327680:...`.

Metadata outlives the bytes where a program writes an object anew and carries them over. So digest
and sums count only while the object still has the ETag that was written beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from buckia import digests, pieces
from buckia.model import NOTHING_KNOWN
from buckia.pieces import Pieces

MTIME = "mtime"
OURS = "buckia-"
DIGEST = f"{OURS}digest"
ETAG = f"{OURS}etag"
PIECES = f"{OURS}pieces"
_BILLION = 10**9
_LATEST = 2**63
_LONGEST_TIME = 2000
"""Characters; longer ones would keep a run busy."""
_DIGITS = 64
"""Enough to calculate with, whatever a program has set."""
_USUAL = re.compile(r"([0-8]?[0-9]{1,9})\.([0-9]{9})")
"""As we write it for any time of which there are files."""
_HEX = re.compile(r"[0-9a-f]+")
_LENGTHS = {name: len(digests.of(b"", name)) for name in digests.ALGORITHMS}
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(r"[\x20-\x7e]*")
MOST = 2048
"""Bytes of all names and values together; services of S3's kind keep no more with an object."""


def made(mtime_ns: int | None, digest: Mapping[str, str], etag: str) -> dict[str, str]:
    """The metadata of an object of ours."""
    found = {DIGEST: digests.pack(digest), ETAG: etag} if digest and etag else {}
    if mtime_ns is not None:
        found[MTIME] = seconds(mtime_ns)
    return found


def is_ours(name: str) -> bool:
    """Whether the name is one that Buckia keeps something under."""
    return name.lower() == MTIME or name.lower().startswith(OURS)


def is_name(name: str) -> bool:
    """Whether it can be the name of metadata: it becomes a part of a header's name."""
    return _NAME.fullmatch(name) is not None


def is_text(value: str) -> bool:
    """Whether a header can hold it: ASCII on one line. Nothing is encoded to fit."""
    return _TEXT.fullmatch(value) is not None


def weight(metadata: Mapping[str, str]) -> int:
    """What counts against `MOST`."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())


def seconds(mtime_ns: int) -> str:
    """Decimal seconds, exact to the nanosecond."""
    sign = "-" if mtime_ns < 0 else ""
    whole, rest = divmod(abs(mtime_ns), _BILLION)
    return f"{sign}{whole}.{rest:09d}"


def mtime_ns(metadata: Mapping[str, str]) -> int | None:
    """The file's time; None where there is none, or one that nobody can read."""
    text = metadata.get(MTIME, "")
    if usual := _USUAL.fullmatch(text):
        return int(usual[1] + usual[2])
    if len(text) > _LONGEST_TIME:
        return None
    try:
        with localcontext(prec=_DIGITS):
            seconds = Decimal(text)
            if not -_LATEST <= seconds <= _LATEST:
                return None
            found = int(seconds * _BILLION)
    except (InvalidOperation, OverflowError, ValueError):
        return None
    return found if -_LATEST <= found < _LATEST else None


def sent_as(answer: Mapping[str, Any]) -> str:
    """The ETag with which the object of a HEAD was sent; empty where it does not say."""
    kept: Mapping[str, str] = answer.get("Metadata", {})
    return kept.get(ETAG, "")


def proven(metadata: Mapping[str, str], etag: str) -> Mapping[str, str]:
    """The digests that are certainly of the bytes with this ETag."""
    if metadata.get(ETAG) != etag:
        return NOTHING_KNOWN
    words = (word.partition(":") for word in metadata.get(DIGEST, "").split())
    return {
        name: value
        for name, _, value in words
        if _LENGTHS.get(name) == len(value) and _HEX.fullmatch(value)
    }


def proven_pieces(metadata: Mapping[str, str], etag: str, size: int) -> Pieces | None:
    """The sums that were kept beside a digest which counts."""
    if not proven(metadata, etag):
        return None
    return pieces.unpacked(metadata.get(PIECES, ""), size)
