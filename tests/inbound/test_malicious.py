"""Files that somebody made to do harm change nothing and are set aside."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from buckia.inbound import folder
from buckia.inbound.changes import DEFAULT_LIMITS, Limits
from buckia.inbound.permission import Permission
from buckia.inbound.trouble import Refused
from tests.inbound.world import ID, World, document, note

TABLES = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, n NUMERIC, r REAL, b BLOB)",
    "CREATE TABLE circle (id INTEGER PRIMARY KEY, next INTEGER NOT NULL REFERENCES circle (id))",
    "CREATE TABLE secrets (id INTEGER PRIMARY KEY, text TEXT)",
    "INSERT INTO notes (id, text) VALUES (1, 'one')",
    "INSERT INTO circle VALUES (1, 2), (2, 1), (3, 3)",
    "INSERT INTO secrets VALUES (1, 'key')",
)
PERMISSION = Permission({"notes": "*", "circle": "*"})


def change(**fields: Any) -> dict[str, Any]:
    return {
        "table": "notes",
        "action": "update",
        "key": {"id": 1},
        "values": {"text": "x"},
    } | fields


def raw(value: str) -> bytes:
    """A file with this very text as a value."""
    marked = document([change(values={"text": "MARK"})])
    return marked.replace(b'"MARK"', value.encode("utf-8", "surrogatepass"))


CHANGES: dict[str, dict[str, Any]] = {
    "SQL as a table": change(table="notes; DROP TABLE secrets"),
    "SQL as a quoted table": change(table='notes" SET text = (SELECT text FROM secrets); --'),
    "SQL as a column": change(values={"text = (SELECT text FROM secrets) --": "x"}),
    "SQL as a key": change(key={"id = 1 OR 1": 1}),
    "another schema": change(table="main.notes"),
    "a table with NUL": change(table="notes\0"),
    "a column with NUL": change(values={"text\0": "x"}),
    "the row's number": change(key={"rowid": 1}),
    "a table of nobody": change(table=""),
    "a secret table": change(table="secrets"),
    "the schema": change(table="sqlite_schema", key={"name": "notes"}, values={"sql": ""}),
    "an integer for a text": change(values={"text": 1}),
    "a text for an integer": change(key={"id": "1"}),
    "a real for an integer": change(key={"id": 1.0}),
    "a text for a real": change(values={"r": "1.0"}),
    "a number as a text": change(values={"n": "1e3"}),
    "a text for a blob": change(values={"b": "x"}),
    "a blob for a text": change(values={"text": {"base64": "AA=="}}),
    "an integer that overflows": change(values={"n": 2**63}),
    "an integer that underflows": change(values={"n": -(2**63) - 1}),
    "an integer that is no real": change(values={"r": 2**63 - 1}),
    "an integer without end": change(values={"n": 10**4000}),
    "a truth value": change(values={"n": True}),
    "a map": change(values={"text": {}}),
    "a list": change(values={"text": ["x"]}),
    "NUL in a text": change(values={"text": "a\0b"}),
    "half of a character": change(values={"text": "\ud800"}),
    "half of a character in a column": change(values={"text\udc00": "x"}),
    "the key as a value": change(values={"id": 2}),
    "half of a circle": change(table="circle", action="insert", key={"id": 4}, values={"next": 5}),
    "a circle broken": change(table="circle", action="delete", key={"id": 1}, values={}),
    "a long table": change(table="n" * 1_000_000),
    "a long column": change(values={"n" * 1_000_000: "x"}),
    "a value that is too long": change(values={"text": "x" * (DEFAULT_LIMITS.value + 1)}),
    "a value that is too long in bytes": change(
        values={"text": "ä" * (DEFAULT_LIMITS.value // 2 + 1)}
    ),
    "digits without end": change(values={"n": "1" * 4_000_000 + "x" + "1" * 300_000}),
}
FILES: dict[str, bytes] = {
    "NaN": raw("NaN"),
    "infinity": raw("Infinity"),
    "a number beyond all": raw("1e999"),
    "half of a character in UTF-8": raw('"\ud800"'),
    "bytes that are no UTF-8": raw('"MARK"').replace(b"MARK", b"\xff"),
    "a control character": raw('"\x01"'),
    "UTF-16": document([change()]).decode().encode("utf-16"),
    "the same field twice": raw('"a", "text": "b"'),
    "nested without end": raw("[" * 1_000_000),
    "maps without end": raw('{"a":' * 1_000_000),
    "nested in an unknown field": b'{"x":' + b"[" * 1_000_000,
    "nested in the format": b'{"format":' + b"[" * 1_000_000,
    "zeros": bytes(100_000),
    "digits without end": raw("1" * 5_000_000),
    "a fraction without end": raw("0." + "1" * 5_000_000 + "e999"),
    "no map": b"[]",
    "a word": b'"buckia-changes/1"',
    "a database with a folder": document([change()]).replace(b"App.sqlite", b"../App.sqlite"),
    "50 MB": document([change(values={"text": "x" * 50_000_000})]),
    "very many changes": document([change()] * (DEFAULT_LIMITS.changes + 1)),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_malicious_file_changes_nothing(content: bytes, tmp_path: Path) -> None:
    changes_nothing(content, tmp_path)


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_malicious_change_changes_nothing(changed: dict[str, Any], tmp_path: Path) -> None:
    sound = change(values={"text": "gone again"})
    changes_nothing(document([sound, changed, sound]), tmp_path)


def changes_nothing(content: bytes, tmp_path: Path) -> None:
    world = World(tmp_path / "world", TABLES)
    before = world.rows(ours=True)
    world.put(content)
    started = time.monotonic()
    result = world.apply(PERMISSION)
    assert time.monotonic() - started < 5
    assert result.stopped is None
    [refused] = result.quarantined
    assert refused.name == f"{ID}.json"
    assert refused.path.stat().st_size == len(content)
    assert 0 < len(refused.reason) < 500
    assert refused.reason.isprintable()
    assert world.rows(ours=True) == before


def test_a_circle_that_closes_is_sound(tmp_path: Path) -> None:
    world = World(tmp_path / "world", TABLES)
    circle = change(table="circle", action="insert")
    world.put(
        document(
            [circle | {"key": {"id": n}, "values": {"next": 4 + (n - 3) % 3}} for n in (4, 5, 6)]
            + [change(table="circle", action="delete", key={"id": n}, values={}) for n in (1, 2, 3)]
        )
    )
    assert len(world.apply(PERMISSION).applied) == 1
    assert [row["id"] for row in world.rows()["circle"]] == [4, 5, 6]


def test_as_much_as_is_allowed_is_applied_at_once(tmp_path: Path) -> None:
    world = World(tmp_path / "world", TABLES)
    many = [change(action="insert", key={"id": n}) for n in range(2, DEFAULT_LIMITS.changes + 2)]
    world.put(document(many))
    started = time.monotonic()
    assert len(world.apply(PERMISSION).applied) == 1
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("limit", "words"), [("file", "bytes"), ("value", "bytes"), ("changes", "changes")]
)
def test_each_limit_can_be_set(world: World, limit: str, words: str) -> None:
    content = document([note(3, "12345"), note(4, "12345")])
    world.put(content)
    least = {"file": len(content), "value": 5, "changes": 2}
    result = world.apply(limits=Limits(**{limit: least[limit] - 1}))
    assert [words in one.reason for one in result.quarantined] == [True]
    world.put(content)
    assert len(world.apply(limits=Limits(**least)).applied) == 1


def test_a_file_that_is_too_large_is_not_read_at_all(world: World) -> None:
    with world.put(b"").open("r+b") as file:
        file.truncate(DEFAULT_LIMITS.file * 2)
    assert f"{DEFAULT_LIMITS.file * 2:,} bytes" in world.apply().quarantined[0].reason


def test_a_file_that_grows_while_it_is_read_is_not_read_to_its_end(world: World) -> None:
    content = document([note(3)])
    path = world.put(content)

    class Growing:
        st_mode = path.stat().st_mode
        st_size = 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fstat", lambda _handle: Growing)
        with pytest.raises(Refused):
            folder.read(path, len(content) - 1)
    assert json.loads(folder.read(path, len(content)))["id"] == ID
