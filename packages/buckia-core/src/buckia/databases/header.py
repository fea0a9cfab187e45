"""The first hundred bytes of a database, and what of them says nothing about its content."""

from __future__ import annotations

import os

MAGIC = b"SQLite format 3\x00"
SIZE = 100

_COUNTER = slice(24, 28)
_PAGES = slice(28, 32)
_COOKIE = slice(40, 44)
_VALID_FOR = slice(92, 96)
_WRITER = slice(96, 100)
_ONE = (1).to_bytes(4)


def is_database(beginning: bytes) -> bool:
    return beginning.startswith(MAGIC)


def plain(header: bytes, size: int) -> bytes:
    """The header as it is in all copies of one content, whoever made them.

    How often a file was written and its schema changed, by which SQLite, and whether there is a
    log beside it, is different in each place where the database lies.
    """
    page = int.from_bytes(header[16:18])
    # 64 KiB do not fit into two bytes.
    page = 65536 if page == 1 else page
    made = bytearray(header)
    made[18:20] = b"\x01\x01"
    # The number of pages counts only while these two are the same.
    made[_COUNTER] = made[_VALID_FOR] = _ONE
    if page:
        made[_PAGES] = (size // page).to_bytes(4)
    made[_COOKIE] = _ONE
    made[_WRITER] = bytes(4)
    return bytes(made)


def plainly(data: bytes) -> bytes:
    """All bytes of a file, as they are in a copy of it if it is a database."""
    return plain(data[:SIZE], len(data)) + data[SIZE:] if is_database(data) else data


def flatten(handle: int) -> bool:
    """Give an open file the plain header; whether it had another. No database is left alone."""
    os.lseek(handle, 0, os.SEEK_SET)
    header = os.read(handle, SIZE)
    if len(header) < SIZE or not is_database(header):
        return False
    made = plain(header, os.fstat(handle).st_size)
    if made == header:
        return False
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, made)
    return True
