"""How values lie in the base: digests as bytes, origins as numbers, prefixes as ranges."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import lt

import msgspec

from buckia.columns import Columns

_CODES = {"md5": (1, 16), "sha1": (2, 20), "sha256": (3, 32), "blake2b": (4, 64)}
"""Algorithm to its mark and the number of bytes; part of the format on disk."""
_MARKS = {name: (bytes((code,)), size) for name, (code, size) in _CODES.items()}
_NAMES = {f"{code:02x}": (f"{name}:", size * 2) for name, (code, size) in _CODES.items()}
"""By two hexadecimals, and how many follow."""

READ = ", ".join(
    f"json_group_array({column})"
    for column in (
        "key",
        "left",
        "right",
        "size",
        "CASE typeof(digests) WHEN 'text' THEN ' ' || digests WHEN 'blob' THEN hex(digests) END",
        "origin",
    )
)
"""All of some rows of the base in one, each column an array of JSON.

Of digests, a blob comes as its hexadecimals, and text behind a space.
"""
_TEXTS = msgspec.json.Decoder(list[str])
_NUMBERS = msgspec.json.Decoder(list[int])

_WRITTEN = re.compile(
    "(?:" + "|".join(f"{code:02x}.{{{size * 2}}}" for code, size in _CODES.values()) + ")*| .*",
    re.DOTALL,
)
"""What `_unwritten` can read; there are no others than hexadecimals where there is no space."""

_LAST = "\U0010ffff"


def pack(packed: str) -> bytes | str:
    """Packed digests in less than half the room; as they are where they are of another kind."""
    parts: list[bytes] = []
    for word in packed.split(" ") if packed else ():
        name, _, value = word.partition(":")
        mark, size = _MARKS.get(name, (b"", 0))
        try:
            digest = bytes.fromhex(value)
        except ValueError:
            return packed
        if len(digest) != size or digest.hex() != value or not size:
            # An algorithm without a mark, or another way to write it: kept word for word.
            return packed
        parts += (mark, digest)
    return b"".join(parts)


def unpack(stored: object) -> str:
    """The reverse of `pack`; `ValueError` for what it never made."""
    if isinstance(stored, str):
        return stored
    if not isinstance(stored, bytes):
        raise ValueError("digests are neither text nor bytes")  # noqa: TRY004 - one class for all damage
    return _words(stored.hex())


def _words(digits: str) -> str:
    parts = []
    at = 0
    while at < len(digits):
        start = at + 2
        name, size = _NAMES.get(digits[at:start], ("", 0))
        at = start + size
        if not size or at > len(digits):
            raise ValueError("a digest is unknown or cut short")
        parts.append(name + digits[start:at])
    return " ".join(parts)


def after(prefix: str) -> str | None:
    """The first string behind all that begin with `prefix`; None when nothing is behind them."""
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    code = ord(stem[-1]) + 1
    # Between these two lie the surrogates, which no text holds.
    return stem[:-1] + chr(0xE000 if code == 0xD800 else code)


def within(prefix: str, *, start: str = "") -> tuple[str, tuple[str, ...]]:
    """A condition on `key`, and its values, for the keys that begin with `prefix`.

    Only from one of them on, if it is told.
    """
    end = after(prefix)
    if end is None:
        return "key >= ?", (start or prefix,)
    return "key >= ? AND key < ?", (start or prefix, end)


def agreed(found: Sequence[str], origins: Mapping[int, str]) -> Columns:
    """The rows that `READ` found; `ValueError` for what is none."""
    key, left, right, size, written, origin = found
    try:
        digests = _TEXTS.decode(written)
        if not all(map(_WRITTEN.fullmatch, digests)):
            raise ValueError("a digest is unknown or cut short")
        return Columns(
            _TEXTS.decode(key),
            (_TEXTS.decode(left), _TEXTS.decode(right)),
            _NUMBERS.decode(size),
            (digests, _unwritten),
            [origins[number] for number in _NUMBERS.decode(origin)],
        )
    except (KeyError, msgspec.DecodeError) as error:
        raise ValueError("a row is not one") from error


def _unwritten(written: str) -> str:
    return written[1:] if written.startswith(" ") else _words(written.lower())


def ascend(keys: Sequence[str]) -> bool:
    """Whether each key is behind the one before it."""
    return all(map(lt, keys, keys[1:]))


def origins(connection: sqlite3.Connection) -> dict[int, str]:
    return dict(connection.execute("SELECT id, name FROM origins"))


def numbers(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, int]:
    """The number of each origin, given to it now where it has none; part of a transaction."""
    known = {}
    for name in set(names):
        connection.execute("INSERT OR IGNORE INTO origins (name) VALUES (?)", (name,))
        ((known[name],),) = connection.execute("SELECT id FROM origins WHERE name = ?", (name,))
    return known
