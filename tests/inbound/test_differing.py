"""The changes that turn one database into another do, or are not given out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from buckia.errors import ConfigError
from buckia.inbound.changes import DEFAULT_LIMITS, Action, Change, Limits
from buckia.inbound.differing import differences
from buckia.inbound.permission import Permission
from buckia.inbound.writing import write_changes
from tests.inbound.test_writing import NOW
from tests.inbound.world import World

SCHEMA = (
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, t TEXT, n NUMERIC, r REAL, b BLOB, v)",
    (
        "CREATE TABLE pairs (a TEXT COLLATE NOCASE, b INT, c TEXT COLLATE NOCASE,"
        " PRIMARY KEY (a, b)) WITHOUT ROWID"
    ),
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INT REFERENCES plain (id))",
    'CREATE TABLE "odd ""name" ("the key" INT PRIMARY KEY, twice AS ("the key" * 2))',
)
ALL = Permission(dict.fromkeys(("plain", "pairs", "children", 'odd "name'), "*"))
texts = st.sampled_from(["", "a", "A", "12", "ä"])
numbers = st.integers(0, 3)
anything = st.one_of(st.none(), texts, numbers, st.just(1.0), st.just(b"\x00\xff"), st.just(2**62))
plain = st.fixed_dictionaries(
    {},
    optional={
        "t": st.none() | texts,
        "n": st.none() | numbers | st.sampled_from([0.5, "x"]),
        "r": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "b": st.none() | st.binary(max_size=2),
        "v": anything,
    },
)


@st.composite
def contents(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Rows that keep all rules of the schema."""
    found: list[tuple[str, dict[str, Any]]] = []
    ids = draw(st.sets(st.integers(1, 5)))
    found += [("plain", {"id": number, **draw(plain)}) for number in ids]
    keys = draw(st.sets(st.tuples(texts.map(str.lower), numbers), max_size=3))
    for a, b in keys:
        spelled = draw(st.sampled_from([a, a.upper() if a.isascii() else a]))
        found.append(("pairs", {"a": spelled, "b": b, "c": draw(st.none() | texts)}))
    for number in draw(st.sets(st.integers(1, 4))):
        parent = draw(st.none() | (st.sampled_from(sorted(ids)) if ids else st.none()))
        found.append(("children", {"id": number, "parent": parent}))
    found += [('odd "name', {"the key": number}) for number in draw(st.sets(numbers))]
    return found


def filled(folder: Path, rows: list[tuple[str, dict[str, Any]]]) -> World:
    world = World(folder, SCHEMA)
    with closing(sqlite3.connect(world.database)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, row in rows:
            name, *columns = (one.replace('"', '""') for one in (table, *row))
            listed = ", ".join(f'"{column}"' for column in columns)
            marks = ", ".join("?" * len(row))
            connection.execute(f'INSERT INTO "{name}" ({listed}) VALUES ({marks})', [*row.values()])
    return world


@pytest.mark.usefixtures("quick_disk")
@settings(deadline=None, max_examples=80)
@given(contents(), contents())
def test_with_the_changes_made_the_old_rows_are_the_new_ones(
    tmp_path_factory: pytest.TempPathFactory,
    old: list[tuple[str, dict[str, Any]]],
    new: list[tuple[str, dict[str, Any]]],
) -> None:
    folder = tmp_path_factory.mktemp("differing")
    here, there = filled(folder / "old", old), filled(folder / "new", new)
    before = here.rows()
    found = differences(here.database, there.database, DEFAULT_LIMITS)
    assert here.rows() == before
    event(f"{bool(found)}")
    if found:
        write_changes(here.inbound, found, "App.sqlite", NOW)
        result = here.apply(ALL)
        assert (result.quarantined, result.stopped) == ((), None)
    assert repr(here.rows()) == repr(there.rows())
    assert differences(here.database, there.database, DEFAULT_LIMITS) == ()


def both(tmp_path: Path, schema: str, old: str = "", new: str = "") -> tuple[Path, Path]:
    worlds = [
        World(tmp_path / name, [schema, *(part for part in (rows,) if part)])
        for name, rows in (("old", old), ("new", new))
    ]
    return worlds[0].database, worlds[1].database


def test_only_what_changed_is_said(tmp_path: Path) -> None:
    schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)"
    old, new = both(
        tmp_path,
        schema,
        "INSERT INTO t VALUES (1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y')",
        "INSERT INTO t VALUES (1, 'x', 'y'), (2, 'x', 'z'), (4, 'x', NULL)",
    )
    assert differences(old, new, DEFAULT_LIMITS) == (
        Change("t", Action.DELETE, {"id": 3}),
        Change("t", Action.UPDATE, {"id": 2}, {"b": "z"}),
        Change("t", Action.INSERT, {"id": 4}, {"a": "x", "b": None}),
    )


def test_a_database_that_an_app_has_open_is_compared_as_it_is_now(tmp_path: Path) -> None:
    old, new = both(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with closing(sqlite3.connect(new, isolation_level=None)) as app:
        app.execute("PRAGMA journal_mode=wal")
        app.execute("INSERT INTO t VALUES (1)")
        assert differences(old, new, DEFAULT_LIMITS) == (Change("t", Action.INSERT, {"id": 1}),)
        app.execute("INSERT INTO t VALUES (2)")


@pytest.mark.parametrize(
    ("schema", "old", "new", "said"),
    [
        ("CREATE TABLE t (id INTEGER PRIMARY KEY)", "", "CREATE TABLE u (id INT)", "only one"),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            "",
            "ALTER TABLE t ADD COLUMN x TEXT",
            "declared otherwise",
        ),
        ("CREATE TABLE t (v TEXT)", "", "INSERT INTO t VALUES ('x')", "no primary key"),
        ("CREATE TABLE t (id TEXT PRIMARY KEY)", "", "INSERT INTO t VALUES (NULL)", "null"),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT)",
            "",
            "INSERT INTO t VALUES (1, 'x')",
            "fit",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
            "",
            "INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT))",
            "Unicode",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT UNIQUE)",
            "INSERT INTO t VALUES (1, 1), (2, 2)",
            "INSERT INTO t VALUES (1, 2), (2, 1)",
            "UNIQUE",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT REFERENCES t (id))",
            "",
            "INSERT INTO t VALUES (1, 7)",
            "not there",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INT)",
            "",
            "INSERT INTO t SELECT value, 1 FROM json_each('[1,2,3]')",
            "3 changes",
        ),
    ],
)
def test_what_cannot_be_said_is_an_error(
    tmp_path: Path, schema: str, old: str, new: str, said: str
) -> None:
    limits = Limits(changes=2)
    with pytest.raises(ConfigError, match=said):
        differences(*both(tmp_path, schema, old, new), limits)


def test_a_table_without_a_key_may_be_there_as_long_as_it_is_equal(tmp_path: Path) -> None:
    schema = "CREATE TABLE t (a, b)"
    rows = "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (NULL, 2)"
    old, new = both(tmp_path, schema, rows, rows)
    assert differences(old, new, DEFAULT_LIMITS) == ()
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("UPDATE t SET b = 'y' WHERE rowid = 2")
    with pytest.raises(ConfigError, match="no primary key"):
        differences(old, new, DEFAULT_LIMITS)


def test_rows_that_a_trigger_adds_are_an_error(tmp_path: Path) -> None:
    old, new = both(tmp_path, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    for path in (old, new):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)")
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log (what) VALUES ('x'); END"
        )
    with pytest.raises(ConfigError, match="would still differ") as caught:
        differences(old, new, DEFAULT_LIMITS)
    assert caught.value.hint
