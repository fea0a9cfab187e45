"""What requests carry: bytes that are kept, and documents, byte for byte as the SDK writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_HALF = re.compile(r"[\ud800-\udfff]")
"""No character; the SDK writes something of its own for it."""


def kept(given: Any) -> bytes | bytearray | None:
    """An object or a part; None, here as below, for what only the SDK knows how to send."""
    return given if type(given) in {bytes, bytearray} else None


def deletion(given: Any) -> bytes | None:
    """Keys that are to be deleted."""
    rows = _rows(given, "Objects", "Object", {"Key": str})
    if rows is None:
        return None
    # A line that ends in a key would be read as another one.
    return _document("Delete", rows.replace("\r", "&#xD;").replace("\n", "&#xA;"))


def parts(given: Any) -> bytes | None:
    """Those of which an object is to be made."""
    rows = _rows(given, "Parts", "Part", {"PartNumber": int, "ETag": str})
    return None if rows is None else _document("CompleteMultipartUpload", rows)


def tags(given: Any) -> bytes | None:
    """All that an object is to have."""
    rows = _rows(given, "TagSet", "Tag", {"Key": str, "Value": str})
    return None if rows is None else _document("Tagging", f"<TagSet>{rows}</TagSet>")


def _rows(given: Any, member: str, name: str, kinds: Mapping[str, type]) -> str | None:
    """The one member that is known, with at least one row of all that rows of it have."""
    if not isinstance(given, dict) or given.keys() != {member} or not given[member]:
        return None
    rows: Sequence[Any] = given[member]
    if not all(_is_plain(row, kinds) for row in rows):
        return None
    return "".join([f"<{name}>{''.join(_row(row))}</{name}>" for row in rows])


def _is_plain(row: Any, kinds: Mapping[str, type]) -> bool:
    if not isinstance(row, dict) or row.keys() != kinds.keys() or not row.get("Key", True):
        return False
    is_known = all(type(row[name]) is kind for name, kind in kinds.items())
    return is_known and not any(_HALF.search(str(value)) for value in row.values())


def _row(row: Mapping[str, str | int]) -> Iterator[str]:
    for name, value in row.items():
        text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        yield f"<{name}>{text}</{name}>" if text else f"<{name} />"


def _document(name: str, inside: str) -> bytes:
    return f'<{name} xmlns="{_NAMESPACE}">{inside}</{name}>'.encode()
