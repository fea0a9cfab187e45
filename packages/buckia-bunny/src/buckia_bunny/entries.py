"""What the service tells of files and folders."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote

import msgspec

from buckia.errors import Unavailable
from buckia.model import NOTHING_KNOWN, BasicEntry

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**63 - 1
"""Bytes; more than any service or disk can hold."""
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One file or folder; what else it tells does not matter here."""

    object_name: str
    path: str | None = None
    """The folder it is in, with the zone before it, where that is told."""
    length: int = 0
    last_changed: str | None = None
    is_directory: bool = False
    checksum: str | None = None
    guid: str | None = None


def lies_in(row: Row, zone: str, folder: str) -> bool:
    """Whether it is from that folder, as far as it tells; the number of slashes does not count."""
    if not row.path:
        return True
    told = [segment for segment in unquote(row.path).split("/") if segment]
    asked = [segment for segment in unquote(f"{zone}/{folder}").split("/") if segment]
    return not told or (told[0].casefold(), told[1:]) == (asked[0].casefold(), asked[1:])


def decoded(data: bytes, where: str) -> list[Row]:
    """The rows of a folder."""
    try:
        return msgspec.json.decode(data, type=list[Row])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(f"the listing of {where} cannot be read: {error}") from error


def described(data: bytes, key: str) -> Row:
    try:
        return msgspec.json.decode(data, type=Row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable(f"{key}: the answer cannot be read: {error}", key=key) from error


def entry(key: str, row: Row) -> BasicEntry:
    """A file. Its version is the digest of its bytes: equal bytes need no transfer, ever."""
    if not 0 <= row.length <= _LARGEST:
        raise Unavailable(f"{key}: {row.length} is no length of a file", key=key)
    digest = (row.checksum or "").lower()
    is_digest = _SHA256.fullmatch(digest) is not None
    changed = moment(row.last_changed or "")
    # The same moment is written with more digits or fewer.
    version = digest if is_digest else f"{changed or row.last_changed}/{row.length}/{row.guid}"
    return BasicEntry(
        key=key,
        size=row.length,
        version=version,
        changed=changed,
        digests={"sha256": digest} if is_digest else NOTHING_KNOWN,
    )


def moment(text: str) -> datetime | None:
    """A time as the service writes it, which is UTC and has no digits, three, or any number."""
    cut = _FRACTION.sub(lambda found: f".{found[1]:0<6}", text.removesuffix("Z"))
    try:
        return datetime.fromisoformat(cut).replace(tzinfo=UTC)
    except ValueError:
        return None
