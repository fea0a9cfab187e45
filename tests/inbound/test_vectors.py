"""What docs/vectors shows to those who write clients is what happens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.inbound.changes import DEFAULT_LIMITS
from buckia.inbound.document import decode, encode
from buckia.inbound.permission import Permission
from buckia.inbound.values import fits, kind
from tests.inbound.world import ID, World, document, literal, plain, vectors

FILES = vectors("change-files")
APPLYING = vectors("applying")
SMALL = ["CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h)"]


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", FILES["valid"], ids=named)
def test_a_valid_file_is_applied(case: dict[str, Any], tmp_path: Path) -> None:
    world = World(tmp_path / "world", [*SMALL, "INSERT INTO t (id) VALUES (1)"])
    world.put(case["text"].encode())
    result = world.apply(Permission({"t": "*"}))
    assert result.applied == tuple(result.done) == (f"{ID}.json",)
    assert result.stopped is None
    assert result.quarantined == ()


@pytest.mark.parametrize("case", FILES["valid"], ids=named)
def test_a_valid_file_written_again_says_the_same(case: dict[str, Any]) -> None:
    file = decode(case["text"].encode(), DEFAULT_LIMITS)
    assert decode(encode(file, DEFAULT_LIMITS), DEFAULT_LIMITS) == file


@pytest.mark.parametrize("case", FILES["refused"], ids=named)
def test_a_file_that_is_refused_changes_nothing(case: dict[str, Any], tmp_path: Path) -> None:
    world = World(tmp_path / "world", [*SMALL, "INSERT INTO t (id) VALUES (1)"])
    world.put(case["text"].encode())
    before = world.rows(ours=True)
    result = world.apply(Permission({"t": "*"}))
    [refused] = result.quarantined
    assert case["reason"] in refused.reason
    assert refused.path.read_bytes() == case["text"].encode()
    assert world.rows(ours=True) == before
    assert list(world.inbound.iterdir()) == []


def applying(folder: Path) -> World:
    """The world that all cases of docs/vectors/applying.json begin in."""
    statements = list(APPLYING["schema"])
    for table, rows in APPLYING["before"].items():
        for row in rows:
            columns = {name: value for name, value in row.items() if name != "letters"}
            values = ", ".join(map(literal, columns.values()))
            statements.append(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})")
    return World(folder, statements)


def shown(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [{name: plain(value) for name, value in row.items()} for row in found]
        for table, found in rows.items()
    }


@pytest.mark.parametrize("case", APPLYING["cases"], ids=named)
def test_a_file_does_to_rows_what_the_vectors_show(case: dict[str, Any], tmp_path: Path) -> None:
    world = applying(tmp_path / "world")
    before = world.rows()
    assert before == shown(APPLYING["before"])
    world.put(document(case["changes"]))
    permission = {**APPLYING["permission"], **case.get("permission", {})}
    result = world.apply(msgspec.convert({"tables": permission}, Permission))
    assert result.stopped is None
    if "refused" in case:
        assert [case["refused"] in one.reason for one in result.quarantined] == [True]
        assert world.rows(ours=True) == before
    else:
        assert result.quarantined == ()
        assert result.applied == (f"{ID}.json",)
        assert world.rows() == before | shown(case["after"])


def columns() -> Iterator[tuple[str, bool, dict[str, Any]]]:
    for case in vectors("values")["columns"]:
        for declared in case["types"]:
            yield declared, case.get("strict", False), case


@pytest.mark.parametrize(("declared", "strict", "case"), list(columns()))
def test_a_value_that_fits_comes_back_from_the_column_and_no_other_fits(
    declared: str, strict: bool, case: dict[str, Any]
) -> None:
    found = kind(declared, strict=strict)
    for value in map(plain, case["unfit"]):
        assert not fits(value, found), value
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t (v {declared}) {'STRICT' if strict else ''}")
        for value in map(plain, case["fit"]):
            assert fits(value, found), value
            connection.execute("DELETE FROM t")
            connection.execute("INSERT INTO t VALUES (?)", (value,))
            [(stored,)] = connection.execute("SELECT v FROM t")
            if case.get("stored", {}).get(str(value)) is None:
                assert (stored, type(stored) is str) == (value, type(value) is str)
            else:
                assert stored == case["stored"][str(value)]
