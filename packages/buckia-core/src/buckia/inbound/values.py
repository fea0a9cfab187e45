"""Which values there are, and which of them fit into which column."""

from __future__ import annotations

import math
import re
from enum import StrEnum

from buckia.inbound.changes import Value

_INT64 = range(-(2**63), 2**63)
_EXACT = 2**53
"""Up to here each integer is a real as well."""
_NUMBER = re.compile(
    r"[ \t-\r]*+[+-]?(\d++(\.\d*+)?|\.\d++)(e[+-]?\d++)?[ \t-\r]*+", re.ASCII | re.IGNORECASE
)
"""Texts that the database would turn into a number in a column of numbers."""


class Kind(StrEnum):
    """What a column is for, as its declared type has it."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    BLOB = "blob"
    NUMERIC = "numeric"
    ANY = "any"


_PARTS = (
    (("INT",), Kind.INTEGER),
    (("CHAR", "CLOB", "TEXT"), Kind.TEXT),
    (("BLOB",), Kind.BLOB),
    (("REAL", "FLOA", "DOUB"), Kind.REAL),
)
"""The rules by which the database itself finds a column's affinity, in its order."""


def kind(declared: str, *, strict: bool) -> Kind:
    """The kind of a column of this declared type, in a table that is STRICT or not."""
    name = declared.upper()
    if not name or (strict and name == "ANY"):
        return Kind.ANY
    for parts, found in _PARTS:
        if any(part in name for part in parts):
            return found
    return Kind.NUMERIC


def unsound(value: object, limit: int) -> str:
    """Why no column can hold this; empty where one can."""
    match value:
        case bool():
            return "a truth value is written as 0 or 1"
        case int():
            return "" if value in _INT64 else "the integer does not fit into 64 bits"
        case float():
            return "" if math.isfinite(value) else "a number has to be finite"
        case str():
            return _unsound_text(value, limit)
        case bytes():
            return _too_long(len(value), limit)
        case None:
            return ""
    return f"no column holds a {type(value).__name__}"


def _unsound_text(text: str, limit: int) -> str:
    if "\0" in text:
        return "a text cannot hold the character NUL"
    try:
        return _too_long(len(text.encode()), limit)
    except UnicodeEncodeError:
        return "the text is not valid Unicode"


def _too_long(size: int, limit: int) -> str:
    return f"the value has {size:,} bytes, and {limit:,} are allowed" if size > limit else ""


def fits(value: Value, column: Kind) -> bool:
    """Whether a column of this kind holds the value, and gives back the very same."""
    if value is None or column is Kind.ANY:
        return True
    match column:
        case Kind.INTEGER:
            return isinstance(value, int)
        case Kind.REAL:
            return isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT)
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.BLOB:
            return isinstance(value, bytes)
        case Kind.NUMERIC:
            if isinstance(value, str):
                return _NUMBER.fullmatch(value) is None
            return isinstance(value, int | float)
