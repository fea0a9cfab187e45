"""What lies where the base should be: sound, older, newer, damaged or nothing. Changes nothing."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from buckia.state import schema
from buckia.state.connections import connect
from buckia.state.seam import file_errors, is_damage, sqlite_errors

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_WAL_HEADER = 32
_WAL_MAGIC = 0x377F0682
"""The lowest bit says in which order of bytes the sums are made."""

SUSPECT = ".suspect"
"""Ends the name of the mark that is left when damage is found while reading."""


class Finding(StrEnum):
    MISSING = "missing"
    SOUND = "sound"
    OLDER = "older"
    NEWER = "newer"
    DAMAGED = "damaged"


class Examined(msgspec.Struct, frozen=True):
    finding: Finding
    reason: str = ""
    version: int = 0


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def suspect_of(path: Path) -> Path:
    return path.with_name(path.name + SUSPECT)


def examine(path: Path, *, looking: bool, steps: schema.Steps = schema.STEPS) -> Examined:
    """Look at the files first and let SQLite read them only when they can be what they should.

    With `looking`, another process may be writing, and nothing is tidied up either.
    """
    with file_errors("read", path):
        logged = _size(log_of(path))
        if not path.exists():
            if logged:
                return Examined(Finding.DAMAGED, "its log is there, but it is not")
            return Examined(Finding.MISSING)
        if suspect_of(path).exists():
            return Examined(Finding.DAMAGED, "damage was found when it was last read")
        found = _header(path, len(steps))
        if found is not None:
            return found
        if not _is_log(log_of(path)):
            return Examined(Finding.DAMAGED, "its log is not one")
    # A connection that may write empties the log when it is closed, and a log may hold the word
    # that all this is of a newer version.
    return _asked(path, "ro" if looking or logged else "rw", len(steps))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _header(path: Path, newest: int) -> Examined | None:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if not head:
        return Examined(Finding.DAMAGED, "the file is empty")
    if len(head) < _HEADER or not head.startswith(_MAGIC):
        return Examined(Finding.DAMAGED, "the file is not a database")
    if int.from_bytes(head[68:72], "big") != schema.APPLICATION_ID:
        return Examined(Finding.DAMAGED, "the file is not a database of Buckia's")
    version = int.from_bytes(head[60:64], "big")
    if not version:
        return Examined(Finding.DAMAGED, "the file does not say which version it is")
    if version > newest:
        return Examined(Finding.NEWER, version=version)
    return None


def _is_log(path: Path) -> bool:
    """Whether the log can be one; SQLite takes any other for an empty one, without a word.

    What stands in the log is newer than what stands in the base: without it the base would be
    one of an earlier time, and bytes that came later could be taken for bytes long agreed upon.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_WAL_HEADER)
    except FileNotFoundError:
        return True
    if len(head) < _WAL_HEADER or not any(head):
        # A log whose beginning never reached the disk, so nothing was committed to it.
        return True
    magic = int.from_bytes(head[:4], "big")
    if magic & ~1 != _WAL_MAGIC:
        return False
    return _sum(head[:24], "big" if magic & 1 else "little") == head[24:]


def _sum(head: bytes, order: Literal["big", "little"]) -> bytes:
    """The checksum of a log's header, as the format of SQLite's files defines it."""
    one = two = 0
    for at in range(0, len(head), 8):
        one = (one + int.from_bytes(head[at : at + 4], order) + two) & 0xFFFFFFFF
        two = (two + int.from_bytes(head[at + 4 : at + 8], order) + one) & 0xFFFFFFFF
    return one.to_bytes(4, "big") + two.to_bytes(4, "big")


def _asked(path: Path, mode: str, newest: int) -> Examined:
    with sqlite_errors("read", path):
        try:
            connection = connect(path, mode)
            try:
                return _checked(connection, newest)
            finally:
                connection.close()
        except sqlite3.Error as error:
            if is_damage(error):
                return Examined(Finding.DAMAGED, str(error))
            raise


def _checked(connection: sqlite3.Connection, newest: int) -> Examined:
    version = schema.version(connection)
    if version > newest:
        return Examined(Finding.NEWER, version=version)
    # A fifth of a second for a million rows, which the run is about to read anyway.
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        return Examined(Finding.DAMAGED, str(verdict).strip().splitlines()[-1])
    if version < newest:
        return Examined(Finding.OLDER, version=version)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if missing := schema.TABLES - names:
        return Examined(Finding.DAMAGED, f"it has no table {min(missing)}")
    return Examined(Finding.SOUND, version=version)
