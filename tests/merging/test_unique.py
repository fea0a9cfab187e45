"""Rows of both sides that cannot both be there, though each has a key of its own."""

from __future__ import annotations

import pytest

from buckia.errors import Unmergeable
from tests.merging.files import Three, rows, run, sound

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, at);"
BASE = f"{TABLE} INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1);"
ADD_4 = "INSERT INTO t VALUES (4, 'x', 5);"
ADD_5 = "INSERT INTO t VALUES (5, 'x', 6);"
OLD = [(1, "a", 1), (2, "b", 1), (3, "c", 1)]


@pytest.mark.parametrize(
    ("rule", "kept", "wanted"),
    [
        ("local", "local", (4, "x", 5)),
        ("remote", "remote", (5, "x", 6)),
        ("newest by at", "remote", (5, "x", 6)),
        ("newest by u", "none yet", None),
        ("ask", "none yet", None),
    ],
)
def test_two_new_rows_with_one_value_are_a_conflict(
    three: Three, rule: str, kept: str, wanted: object
) -> None:
    merged = three.make(BASE, ADD_4, ADD_5).merge(rule)
    [conflict] = merged.conflicts
    assert (conflict.reason, conflict.kept, conflict.base) == ("unique", kept, None)
    assert conflict.local == {"id": 4, "u": "x", "at": 5}
    assert conflict.remote == {"id": 5, "u": "x", "at": 6}
    assert conflict.key == {"id": 5 if kept == "local" else 4}
    if wanted:
        assert three.rows() == [*OLD, wanted]
        assert (merged.from_local, merged.from_remote) == (kept == "local", kept == "remote")
        sound(three.result)


@pytest.mark.parametrize(
    "index",
    [
        "CREATE UNIQUE INDEX i ON t (v)",
        "CREATE UNIQUE INDEX i ON t (v COLLATE NOCASE)",
        "CREATE UNIQUE INDEX i ON t (lower(v))",
        "CREATE UNIQUE INDEX i ON t (v, w)",
        "CREATE UNIQUE INDEX i ON t (v) WHERE w = 1",
        "CREATE UNIQUE INDEX i ON t (v || w) WHERE w > 0",
    ],
)
@pytest.mark.parametrize("tail", ["", " WITHOUT ROWID"])
def test_any_index_makes_rows_unique(three: Three, index: str, tail: str) -> None:
    base = f"CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, v, w) {tail}; {index};"
    three.make(
        base,
        "INSERT INTO t VALUES ('l', 'x', 1), ('l0', 'y', 0)",
        "INSERT INTO t VALUES ('r', 'x', 1), ('r0', 'z', 0)",
    )
    [conflict] = three.merge("local").conflicts
    assert conflict.key == {"id": "r"}
    assert three.rows() == [("l", "x", 1), ("l0", "y", 0), ("r0", "z", 0)]


@pytest.mark.parametrize("rule", ["local", "remote", "ask"])
def test_values_may_change_places(three: Three, rule: str) -> None:
    swap = """UPDATE t SET u = 'tmp' WHERE id = 1; UPDATE t SET u = 'a' WHERE id = 2;
      UPDATE t SET u = 'b' WHERE id = 1;"""
    for local, remote in ((swap, ADD_5), (ADD_5, swap)):
        merged = three.make(BASE, local, remote).merge(rule)
        assert merged.conflicts == ()
        assert three.rows() == [(1, "b", 1), (2, "a", 1), (3, "c", 1), (5, "x", 6)]
        three.result.unlink()
        three.base.unlink()


def test_a_value_may_go_from_one_side_s_row_to_one_of_the_same_side(three: Three) -> None:
    three.make(BASE, "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (9, 'a', 1)", ADD_5)
    assert three.merge().conflicts == ()
    assert three.rows() == [*OLD[1:], (5, "x", 6), (9, "a", 1)]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("local", [(1, "x", 5), (2, "b", 1), (3, "c", 1)]),
        ("remote", [(1, "a", 1), (2, "x", 6), (3, "c", 1)]),
        ("newest by at", [(1, "a", 1), (2, "x", 6), (3, "c", 1)]),
    ],
)
def test_an_edit_that_gives_way_is_not_done(three: Three, rule: str, wanted: list[object]) -> None:
    three.make(
        BASE,
        "UPDATE t SET u = 'x', at = 5 WHERE id = 1",
        "UPDATE t SET u = 'x', at = 6 WHERE id = 2",
    )
    [conflict] = three.merge(rule).conflicts
    assert conflict.base == dict(zip(("id", "u", "at"), OLD[rule == "local"], strict=True))
    assert three.rows() == wanted


def test_what_comes_back_may_drive_out_another(three: Three) -> None:
    """Row 5 took the value that row 2 gave away, and row 2 gets it back."""
    three.make(
        BASE,
        "INSERT INTO t VALUES (4, 'x', 9)",
        "UPDATE t SET u = 'x' WHERE id = 2; INSERT INTO t VALUES (5, 'b', 2)",
    )
    merged = three.merge("local")
    assert [conflict.key["id"] for conflict in merged.conflicts] == [2, 5]
    assert three.rows() == [*OLD, (4, "x", 9)]
    assert (merged.from_local, merged.from_remote) == (1, 0)
    other = three.swapped()
    assert len(other.merge("remote").conflicts) == 2
    assert other.rows() == three.rows()


def test_a_row_that_wins_and_loses_is_for_a_person(three: Three) -> None:
    base = "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, w UNIQUE, at);"
    three.make(
        base,
        "INSERT INTO t VALUES (1, 'a', NULL, 1), (2, NULL, 'b', 9)",
        "INSERT INTO t VALUES (3, 'a', 'b', 5)",
    )
    merged = three.merge("newest by at")
    assert [conflict.kept for conflict in merged.conflicts] == ["none yet", "none yet"]
    three.result = three.result.with_name("sides.db")
    assert not three.merge("local").waiting
    assert rows(three.result) == [(1, "a", None, 1), (2, None, "b", 9)]


def test_a_row_that_won_by_its_age_does_not_lose_by_another_s(three: Three) -> None:
    base = f"{TABLE} INSERT INTO t VALUES (1, 'a', 1);"
    three.make(
        base,
        "UPDATE t SET u = 'x', at = 5 WHERE id = 1; INSERT INTO t VALUES (7, 'y', 9)",
        "UPDATE t SET u = 'y', at = 6 WHERE id = 1",
    )
    merged = three.merge("newest by at")
    assert merged.waiting
    assert [(conflict.reason, conflict.kept) for conflict in merged.conflicts] == [
        ("edited", "remote"),
        ("unique", "none yet"),
    ]


def test_a_row_that_gave_way_does_not_come_back(three: Three) -> None:
    """Row 1 loses to row 5, becomes what it was, and would then lose to row 4."""
    base = f"{TABLE} INSERT INTO t VALUES (1, 'p', 1);"
    three.make(
        base,
        "UPDATE t SET u = 'x', at = 5; INSERT INTO t VALUES (4, 'p', 9)",
        "INSERT INTO t VALUES (5, 'x', 6)",
    )
    for one in (three, three.swapped()):
        first, second = one.merge("newest by at").conflicts
        assert first.kept == ("remote" if one is three else "local")
        assert second.kept == "none yet"


def test_one_row_may_stand_in_the_way_of_several(three: Three) -> None:
    base = "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, w UNIQUE);"
    three.make(
        base,
        "INSERT INTO t VALUES (1, 'a', NULL), (2, NULL, 'b'), (3, 'c', 'd')",
        "INSERT INTO t VALUES (4, 'a', 'b'), (5, 'c', NULL), (6, NULL, 'd')",
    )
    assert len(three.merge("local").conflicts) == 4
    assert [row[0] for row in three.rows()] == [1, 2, 3]
    other = three.swapped()
    assert len(other.merge("local").conflicts) == 4
    assert [row[0] for row in other.rows()] == [4, 5, 6]


@pytest.mark.parametrize("name", ["buckia_keys", "buckia_hit", "buckia_net", "buckia_moved"])
def test_tables_may_be_called_as_our_own_are(three: Three, name: str) -> None:
    base = f"CREATE TABLE {name} (number UNIQUE, local); CREATE TABLE t (id PRIMARY KEY, u UNIQUE);"
    three.make(
        base,
        f"INSERT INTO {name} VALUES (1, 'l'); INSERT INTO t VALUES (1, 1)",
        f"INSERT INTO {name} VALUES (1, 'r'); INSERT INTO t VALUES (2, 1)",
    )
    assert len(three.merge("local").conflicts) == 2
    assert (three.rows(name), three.rows()) == ([(1, "l")], [(1, 1)])


@pytest.mark.parametrize("unique", ["", "UNIQUE"])
def test_a_row_that_breaks_a_constraint_is_refused(three: Three, unique: str) -> None:
    base = f"CREATE TABLE t (id INTEGER PRIMARY KEY, v CHECK (v > 0), u {unique});"
    three.make(base, "PRAGMA ignore_check_constraints = 1; INSERT INTO t VALUES (1, -1, 1)")
    with pytest.raises(Unmergeable, match=r"'t' does not take a row .* v > 0"):
        three.merge("local")
    assert not three.result.exists()


def test_a_side_that_is_not_unique_itself_is_refused(three: Three) -> None:
    def declared(kind: str) -> str:
        return f"""PRAGMA writable_schema = 1;
          UPDATE sqlite_schema SET sql = 'CREATE {kind} i ON t (u)' WHERE name = 'i';"""

    three.make("CREATE TABLE t (id INTEGER PRIMARY KEY, u); CREATE UNIQUE INDEX i ON t (u);")
    for edits in (
        declared("INDEX"),
        "INSERT INTO t VALUES (1, 1), (2, 1)",
        declared("UNIQUE INDEX"),
    ):
        run(three.local, edits)
    with pytest.raises(Unmergeable, match=r"'t' does not take the local row \{'id': 2\}"):
        three.merge("local")
    assert not three.result.exists()
