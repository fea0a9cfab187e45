"""The change file as bytes: one JSON document, read strictly and written so that it can be read."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from buckia.ids import is_change_id
from buckia.inbound.changes import Action, Change, ChangeFile, Limits, Row, Value
from buckia.inbound.trouble import Refused, shown
from buckia.inbound.values import unsound

ENDING = ".json"
FORMAT: Literal["buckia-changes/1"] = "buckia-changes/1"


class _Blob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base64: str


_Written = None | int | float | str | _Blob


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    table: str
    action: Action
    key: Mapping[str, _Written]
    values: Mapping[str, _Written] = {}


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["buckia-changes/1"]
    id: str
    database: str
    changes: tuple[_Change, ...]


# Its types are what bounds the depth: a value that is nested is refused where it begins.
_decoder = msgspec.json.Decoder(_Document)
_encoder = msgspec.json.Encoder()


def decode(content: bytes, limits: Limits) -> ChangeFile:
    """What the file says; `Refused` where it is not exactly what the format allows."""
    _within(content, limits)
    try:
        found = _decoder.decode(content)
        _refuse_twins(content)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Refused(f"it is no change file: {str(error)[:200]}") from error
    changes = tuple(_plain(number, one, limits) for number, one in enumerate(found.changes, 1))
    file = ChangeFile(found.id, found.database, changes)
    _check(file, limits)
    return file


def _within(content: bytes, limits: Limits) -> None:
    if len(content) > limits.file:
        raise Refused(
            f"the file has {len(content):,} bytes, and {limits.file:,} are allowed",
            hint="write several files",
        )


def _refuse_twins(content: bytes) -> None:
    """Of two fields with one name other programs read the other one, so there may be no two."""
    # Numbers stay text: they were looked at before, and nothing of this is kept.
    json.loads(content.decode(), object_pairs_hook=_once, parse_int=str, parse_float=str)


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise msgspec.ValidationError("a field is there twice")


def _plain(number: int, written: _Change, limits: Limits) -> Change:
    where = f"change {number}"
    return Change(
        written.table,
        written.action,
        _row(where, written.key, limits),
        _row(where, written.values, limits),
    )


def _row(where: str, written: Mapping[str, _Written], limits: Limits) -> Row:
    values: dict[str, Value] = {}
    for column, given in written.items():
        at = f"{where}, column {shown(column)}"
        values[column] = value = _blob(at, given.base64) if isinstance(given, _Blob) else given
        if reason := unsound(value, limits.value):
            raise Refused(f"{at}: {reason}")
    return values


def _blob(where: str, text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{where}: it is no base64") from error
    # Bits behind the last byte and other ways to write the same are somebody's mistake.
    if base64.b64encode(found).decode() != text:
        raise Refused(f"{where}: it is base64 in an unusual form")
    return found


def encode(file: ChangeFile, limits: Limits) -> bytes:
    """The bytes of the file; `Refused` where nobody would accept them."""
    _check(file, limits)
    changes = tuple(_written(number, one, limits) for number, one in enumerate(file.changes, 1))
    document = _Document(FORMAT, file.id, file.database, changes)
    try:
        content = _encoder.encode(document) + b"\n"
    except UnicodeEncodeError as error:
        raise Refused("a name is not valid Unicode") from error
    _within(content, limits)
    return content


def _written(number: int, change: Change, limits: Limits) -> _Change:
    rows = []
    for row in (change.key, change.values):
        for column, value in row.items():
            if reason := unsound(value, limits.value):
                raise Refused(f"change {number}, column {shown(column)}: {reason}")
        rows.append({column: _token(value) for column, value in row.items()})
    return _Change(change.table, change.action, *rows)


def _token(value: Value) -> _Written:
    return _Blob(base64.b64encode(value).decode()) if isinstance(value, bytes) else value


def _check(file: ChangeFile, limits: Limits) -> None:
    """What holds whatever the database is like."""
    if not is_change_id(file.id):
        raise Refused("its `id` is no change ID", hint="take a UUIDv7 in lower-case letters")
    if not file.changes:
        raise Refused("it changes nothing")
    if len(file.changes) > limits.changes:
        raise Refused(
            f"it has {len(file.changes):,} changes, and {limits.changes:,} are allowed",
            hint="write several files",
        )
    for number, change in enumerate(file.changes, 1):
        if reason := _senseless(change):
            raise Refused(f"change {number}: {reason}")


def _senseless(change: Change) -> str:
    if not change.key:
        return "the key is empty"
    if None in change.key.values():
        return "a key cannot be null"
    if change.key.keys() & change.values.keys():
        return "a column of the key is among the values; a key never changes"
    if change.action is Action.UPDATE and not change.values:
        return "an update needs values"
    if change.action is Action.DELETE and change.values:
        return "a deletion has no values"
    return ""
