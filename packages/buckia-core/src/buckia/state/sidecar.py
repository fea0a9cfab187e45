"""What stands beside each version in the trash: all that is needed to bring it back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from buckia.model import NOTHING_KNOWN, SideName

ENDING = ".json"
PART = ".part"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"\.?((\d{8}T\d{12}Z)-([0-9a-f]{8})-[0-9a-f]{8})(\..*)?")
"""A version, or with an ending (and while it is written a dot in front) what belongs to it."""
_STAMP = "%Y%m%dT%H%M%S%fZ"


class Sidecar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The JSON beside the bytes, so that the trash can be read without any database."""

    key: str
    side: SideName
    reason: str
    size: int
    mtime_ns: int | None = None
    when: datetime
    version: str = ""
    digests: Mapping[str, str] = NOTHING_KNOWN
    origin: str = ""
    run: str = ""
    mode: int | None = None
    """Permissions that the file had where it came from, once they are known."""
    fetched: bool = False
    """The bytes came from a store, so the permissions of this file mean nothing."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A version in the trash, whole."""

    key: str
    side: SideName
    reason: str
    size: int
    mtime_ns: int | None
    when: datetime
    """When it was replaced or deleted, that is, until when it was the current one."""
    path: Path
    version: str
    digests: Mapping[str, str]
    origin: str
    run: str
    mode: int | None
    """Permissions to give back with it; None where it had none."""


def mark(key: str) -> str:
    """Eight letters of a key's own, by which most others are told apart without reading."""
    return blake2b(key.encode(), digest_size=4).hexdigest()


def name(key: str, when: datetime) -> str:
    """A name that sorts by time and that nothing else will have."""
    return f"{when.astimezone(UTC):{_STAMP}}-{mark(key)}-{secrets.token_hex(4)}"


def day(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d}"


class Named(msgspec.Struct, frozen=True):
    """What the name of a file in the trash says."""

    stem: str
    """The name of the version that it is or belongs to."""
    when: datetime
    mark: str


def named(name: str) -> Named | None:
    """None for a name that `name` did not make."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        # Many times as fast as strptime, and there may be a hundred thousand.
        when = datetime.fromisoformat(f"{found[2][:15]}.{found[2][15:21]}+00:00")
    except ValueError:
        return None
    return Named(found[1], when, found[3])


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sidecar)


def encode(sidecar: Sidecar) -> bytes:
    return msgspec.json.format(_encoder.encode(sidecar), indent=1) + b"\n"


def decode(content: bytes) -> Sidecar | None:
    """None for a sidecar that a kill cut short, which no bytes can have followed, or a damaged one.

    Numbers that no file can have count as if they had never been written down.
    """
    try:
        found = _decoder.decode(content)
        when = found.when if found.when.tzinfo is not None else found.when.replace(tzinfo=UTC)
        return msgspec.structs.replace(
            found,
            when=when.astimezone(UTC),
            mtime_ns=_within(found.mtime_ns, -(2**63), 2**63 - 1),
            mode=_within(found.mode, 0, 0o7777),
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def _within(number: int | None, least: int, most: int) -> int | None:
    return number if number is not None and least <= number <= most else None
