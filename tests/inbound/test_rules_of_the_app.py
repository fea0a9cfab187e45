"""Triggers, references and virtual tables: the app's own rules hold, and nobody evades them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.inbound.permission import Permission
from tests.inbound.world import World

ALL = Permission({"t": "*", "u": "*"})


def insert(number: int, table: str = "t", **values: Any) -> dict[str, Any]:
    return {"table": table, "action": "insert", "key": {"id": number}, "values": values}


def update(number: int, table: str = "t", **values: Any) -> dict[str, Any]:
    return {"table": table, "action": "update", "key": {"id": number}, "values": values}


def made(tmp_path: Path, *statements: str) -> World:
    return World(tmp_path / "world", statements)


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT made_by_the_app(new.id); END",
        "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO missing VALUES (1); END",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, r REFERENCES t (v))",
    ],
)
def test_rules_that_only_the_app_can_follow_stop_it_and_no_file_is_blamed(
    tmp_path: Path, broken: str
) -> None:
    world = made(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", broken)
    world.send(insert(1, "u" if "CREATE TABLE u" in broken else "t"))
    result = world.apply(ALL)
    assert result.stopped is not None
    assert result.quarantined == ()


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT json(new.v); END", "JSON"),
        (
            "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'never'); END",
            "never",
        ),
        ("CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE); END", "ignores"),
        ("CREATE TRIGGER tr BEFORE UPDATE ON t BEGIN SELECT RAISE(IGNORE); END", "ignores"),
        ("CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(FAIL, 'never'); END", "never"),
        ("CREATE UNIQUE INDEX one ON t (v)", "UNIQUE"),
    ],
)
def test_what_the_rules_of_the_app_refuse_is_refused(
    tmp_path: Path, rule: str, reason: str
) -> None:
    world = made(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO t VALUES (1, 'x')",
        rule,
    )
    world.send(insert(2, v="y"), update(1, v="z"), insert(3, v="z"))
    before = world.rows(ours=True)
    result = world.apply(ALL)
    assert [reason in one.reason for one in result.quarantined] == [True]
    assert world.rows(ours=True) == before


def test_an_index_for_searching_is_kept_and_cannot_be_written_itself(tmp_path: Path) -> None:
    world = made(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE VIRTUAL TABLE words USING fts5 (v, content = 't', content_rowid = 'id')",
        "CREATE TRIGGER tr AFTER INSERT ON t"
        " BEGIN INSERT INTO words (rowid, v) VALUES (new.id, new.v); END",
    )
    world.send(insert(1, v="a boat at sea"))
    assert len(world.apply(ALL).applied) == 1
    with closing(sqlite3.connect(world.database)) as connection:
        found = connection.execute("SELECT rowid FROM words WHERE words MATCH 'boat'").fetchall()
    assert found == [(1,)]
    tables = ("words", "words_data", "words_config", "words_idx", "words_docsize")
    for number, table in enumerate(tables, 2):
        world.send(insert(1, table, v="x"), number=number)
    result = world.apply(Permission(dict.fromkeys(tables, "*")))
    assert all("no ordinary table" in one.reason for one in result.quarantined)
    assert len(result.quarantined) == len(tables)


REFERENCES = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
    "CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id))",
    "INSERT INTO t VALUES (1, 'x')",
    "INSERT INTO u VALUES (1, 1), (2, 77), (3, NULL)",
)


def test_references_that_were_broken_before_are_nobodys_fault(tmp_path: Path) -> None:
    world = made(tmp_path, *REFERENCES)
    world.send(insert(4, "u", t=1), update(1, v="y"))
    assert len(world.apply(ALL).applied) == 1


def test_one_reference_mended_does_not_pay_for_another_that_is_broken(tmp_path: Path) -> None:
    """The database itself only counts: one less and one more would be none."""
    world = made(tmp_path, *REFERENCES)
    world.send(update(2, "u", t=1), update(3, "u", t=88))
    before = world.rows(ours=True)
    assert ["not there" in one.reason for one in world.apply(ALL).quarantined] == [True]
    assert world.rows(ours=True) == before


def test_a_reference_in_a_table_that_is_not_written_is_looked_at(tmp_path: Path) -> None:
    world = made(tmp_path, *REFERENCES)
    gone = {"table": "t", "action": "delete", "key": {"id": 1}}
    world.send(update(2, "u", t=None), insert(77), gone)
    assert ["not there" in one.reason for one in world.apply(ALL).quarantined] == [True]


def test_a_reference_that_only_the_apps_own_rules_break_is_seen_by_the_database(
    tmp_path: Path,
) -> None:
    world = made(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, t REFERENCES t (id) ON DELETE CASCADE)",
        "CREATE TABLE w (id INTEGER PRIMARY KEY, u REFERENCES u (id))",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO u VALUES (1, 1)",
        "INSERT INTO w VALUES (1, 1)",
    )
    world.send({"table": "t", "action": "delete", "key": {"id": 1}})
    before = world.rows(ours=True)
    assert ["together" in one.reason for one in world.apply(ALL).quarantined] == [True]
    assert world.rows(ours=True) == before


def test_names_that_need_quotes_are_names_like_others(tmp_path: Path) -> None:
    world = made(
        tmp_path,
        'CREATE TABLE "select ""all"" from"'
        ' ("key" TEXT, "a;b" TEXT, "ä ö" TEXT, PRIMARY KEY ("key", "a;b"))',
    )
    table = 'select "all" from'
    key = {"key": "1", "a;b": "2"}
    world.send({"table": table, "action": "insert", "key": key, "values": {"ä ö": "3"}})
    assert len(world.apply(Permission({table: ("key", "a;b", "ä ö")})).applied) == 1
    assert world.rows()[table] == [{**key, "ä ö": "3"}]


def test_a_row_of_bytes_that_are_no_text_is_another_row(tmp_path: Path) -> None:
    world = made(
        tmp_path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT))",
    )
    world.send(insert(1, v="x"), number=1)
    world.send(update(1, v="x"), number=2)
    result = world.apply(ALL)
    assert ["another row" in one.reason for one in result.quarantined] == [True]
    assert len(result.applied) == 1
