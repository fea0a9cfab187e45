"""Tables with a primary key: whose row is in the result."""

from __future__ import annotations

import pytest

from buckia.merging.model import RowConflict
from tests.merging.files import Three, exact, rows, sound

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v, at);"
BASE = f"{TABLE} INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1);"

EDIT_1 = "UPDATE t SET v = 'mine', at = 5 WHERE id = 1;"
EDIT_2 = "UPDATE t SET v = 'theirs', at = 6 WHERE id = 2;"
OTHER_1 = "UPDATE t SET v = 'theirs', at = 6 WHERE id = 1;"
DELETE_1 = "DELETE FROM t WHERE id = 1;"


@pytest.mark.parametrize(
    ("local", "remote", "wanted", "taken"),
    [
        ("", "", [(1, "a", 1), (2, "b", 1), (3, "c", 1)], (0, 0)),
        (EDIT_1, "", [(1, "mine", 5), (2, "b", 1), (3, "c", 1)], (1, 0)),
        ("", EDIT_1, [(1, "mine", 5), (2, "b", 1), (3, "c", 1)], (0, 1)),
        (EDIT_1, EDIT_2, [(1, "mine", 5), (2, "theirs", 6), (3, "c", 1)], (1, 1)),
        (EDIT_1, EDIT_1, [(1, "mine", 5), (2, "b", 1), (3, "c", 1)], (0, 0)),
        (DELETE_1, EDIT_2, [(2, "theirs", 6), (3, "c", 1)], (1, 1)),
        (DELETE_1, DELETE_1, [(2, "b", 1), (3, "c", 1)], (0, 0)),
        (
            "INSERT INTO t VALUES (4, 'd', 1);",
            "INSERT INTO t VALUES (5, 'e', 1); DELETE FROM t WHERE id < 4;",
            [(4, "d", 1), (5, "e", 1)],
            (1, 4),
        ),
        (
            "UPDATE t SET id = 9 WHERE id = 1;",
            EDIT_2,
            [(2, "theirs", 6), (3, "c", 1), (9, "a", 1)],
            (2, 1),
        ),
    ],
)
def test_what_one_side_did_is_in_the_result(
    three: Three, local: str, remote: str, wanted: list[object], taken: tuple[int, int]
) -> None:
    merged = three.make(BASE, local, remote).merge()
    assert three.rows() == wanted
    assert (merged.from_local, merged.from_remote) == taken
    assert merged.conflicts == ()
    sound(three.result)


MINE, THEIRS = (1, "mine", 5), (1, "theirs", 6)


@pytest.mark.parametrize(
    ("local", "remote", "rule", "kept", "wanted"),
    [
        (EDIT_1, OTHER_1, "local", "local", MINE),
        (EDIT_1, OTHER_1, "remote", "remote", THEIRS),
        (EDIT_1, OTHER_1, "newest by at", "remote", THEIRS),
        (EDIT_1, OTHER_1, "newest by AT", "remote", THEIRS),
        (OTHER_1, EDIT_1, "newest by at", "local", THEIRS),
        (EDIT_1, OTHER_1, "newest by v", "remote", THEIRS),
        (EDIT_1, OTHER_1, "newest by nothing", "none yet", None),
        (EDIT_1, OTHER_1, "ask", "none yet", None),
        (EDIT_1, OTHER_1.replace("6", "5"), "newest by at", "none yet", None),
        (EDIT_1, OTHER_1.replace("6", "5.5"), "newest by at", "remote", (1, "theirs", 5.5)),
        (EDIT_1, OTHER_1.replace("6", "'6'"), "newest by at", "none yet", None),
        (EDIT_1, OTHER_1.replace("6", "NULL"), "newest by at", "none yet", None),
        (
            EDIT_1.replace("5", "x'01'"),
            OTHER_1.replace("6", "x'02'"),
            "newest by at",
            "none yet",
            None,
        ),
        (DELETE_1, OTHER_1, "local", "local", None),
        (DELETE_1, OTHER_1, "remote", "remote", THEIRS),
        (DELETE_1, OTHER_1, "newest by at", "remote", THEIRS),
        (EDIT_1, DELETE_1, "newest by at", "local", MINE),
        (EDIT_1, DELETE_1, "newest by nothing", "local", MINE),
        (EDIT_1, DELETE_1, "ask", "none yet", None),
    ],
)
def test_what_both_did_differently_is_decided_by_the_rule_and_told(
    three: Three, local: str, remote: str, rule: str, kept: str, wanted: tuple[object] | None
) -> None:
    merged = three.make(BASE, local, remote).merge(rule)
    [conflict] = merged.conflicts
    assert (conflict.table, conflict.key, conflict.kept) == ("t", {"id": 1}, kept)
    assert conflict.base == {"id": 1, "v": "a", "at": 1}
    assert merged.waiting is (kept == "none yet")
    if merged.waiting:
        assert (merged.from_local, merged.from_remote) == (0, 0)
    else:
        assert [row for row in three.rows() if row[0] == 1] == [wanted] * (wanted is not None)
        assert (merged.from_local, merged.from_remote) == (kept == "local", kept == "remote")


def test_two_inserts_of_one_key_are_a_conflict_without_a_base(three: Three) -> None:
    three.make(TABLE, "INSERT INTO t VALUES (1, 'a', 1)", "INSERT INTO t VALUES (1, 'b', 2)")
    assert three.merge("newest by at").conflicts == (
        RowConflict(
            "t",
            {"id": 1},
            None,
            {"id": 1, "v": "a", "at": 1},
            {"id": 1, "v": "b", "at": 2},
            "remote",
        ),
    )
    assert three.rows() == [(1, "b", 2)]


def test_a_table_has_the_rule_of_its_name_in_any_capitals(three: Three) -> None:
    two = f"{TABLE} CREATE TABLE Other (id PRIMARY KEY, v);"
    three.make(
        two,
        "INSERT INTO t VALUES (1, 'l', 1); INSERT INTO Other VALUES (1, 'l')",
        "INSERT INTO t VALUES (1, 'r', 1); INSERT INTO Other VALUES (1, 'r')",
    )
    assert [conflict.kept for conflict in three.merge("local", oTHER="remote").conflicts] == [
        "remote",
        "local",
    ]
    assert (three.rows(), three.rows("Other")) == ([(1, "l", 1)], [(1, "r")])


@pytest.mark.parametrize("tail", ["", " WITHOUT ROWID"])
@pytest.mark.parametrize(
    "declared",
    [
        "k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, v",
        "k TEXT NOT NULL, v, PRIMARY KEY (k COLLATE NOCASE)",
        "k TEXT COLLATE NOCASE NOT NULL, n INT DEFAULT 1 NOT NULL, v, PRIMARY KEY (n, k DESC)",
    ],
)
def test_keys_are_one_if_their_collation_says_so(three: Three, declared: str, tail: str) -> None:
    base = f"CREATE TABLE t ({declared}) {tail}; INSERT INTO t (k, v) VALUES ('a', 1), ('b', 1);"
    three.make(
        base,
        "UPDATE t SET k = 'A' WHERE k = 'a'; INSERT INTO t (k, v) VALUES ('New', 1)",
        "DELETE FROM t WHERE k = 'b'; INSERT INTO t (k, v) VALUES ('NEW', 2)",
    )
    merged = three.merge("local")
    assert [conflict.key["k"] for conflict in merged.conflicts] == ["New"]
    assert [(row[0], row[-1]) for row in three.rows()] == [("A", 1), ("New", 1)]
    sound(three.result)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'a'", "'A'"),
        ("'a'", "'a '"),
        ("1", "1.0"),
        ("1", "'1'"),
        ("'a'", "x'61'"),
        ("0.0", "-0.0"),
        ("1", "9e999"),
        ("9223372036854775807", "9223372036854775806"),
        ("9007199254740993", "9007199254740992.0"),
        ("'a'", "'a' || char(0) || 'b'"),
        ("'a' || char(0) || 'b'", "'a' || char(0) || 'c'"),
        ("'a'", "CAST(x'61ff' AS TEXT)"),
        ("CAST(x'61fe' AS TEXT)", "CAST(x'61ff' AS TEXT)"),
        ("NULL", "''"),
        ("x''", "''"),
        ("'a'", "zeroblob(3000000)"),
    ],
)
@pytest.mark.parametrize("declared", ["v", "v COLLATE NOCASE", "v COLLATE RTRIM"])
def test_every_change_of_a_value_counts_and_is_carried_exactly(
    three: Three, declared: str, old: str, new: str
) -> None:
    base = f"CREATE TABLE t (id INTEGER PRIMARY KEY, {declared}); CREATE TABLE n ({declared});"
    base += f"INSERT INTO t VALUES (1, {old}); INSERT INTO n VALUES ({old});"
    three.make(base, f"UPDATE t SET v = {new}; UPDATE n SET v = {new};")
    merged = three.merge()
    assert (merged.from_local, merged.from_remote) == (3, 0)
    for table in ("t", "n"):
        assert exact(three.result, table) == exact(three.local, table)
    swapped = three.swapped()
    swapped.merge()
    for table in ("t", "n"):
        assert exact(swapped.result, table) == exact(three.local, table)


@pytest.mark.parametrize(
    "name",
    ['a "quoted" name', "select", "with space", "naïve ☃", "it's", "[x]", "`", "?1", "x", "main"],
)
def test_tables_and_columns_may_be_called_anything(three: Three, name: str) -> None:
    called = '"' + name.replace('"', '""') + '"'
    base = f"CREATE TABLE {called} ({called} TEXT PRIMARY KEY NOT NULL, rowid, oid UNIQUE);"
    base += f"CREATE TABLE keyless ({called}, rowid UNIQUE, oid);"
    three.make(
        base,
        f"INSERT INTO {called} VALUES ('x', 1, 2); INSERT INTO keyless VALUES (1, 1, 1)",
        f"INSERT INTO {called} VALUES ('y', 2, 2); INSERT INTO keyless VALUES (1, 1, 2)",
    )
    merged = three.merge("local")
    assert [conflict.reason for conflict in merged.conflicts] == ["unique", "unique"]
    assert three.rows(name) == [("x", 1, 2)]
    assert three.rows("keyless") == [(1, 1, 1)]


def test_what_sqlite_computes_is_computed_again(three: Three) -> None:
    base = """CREATE TABLE t (a INTEGER PRIMARY KEY, b INT AS (a * 2), v, c INT AS (v * 3) STORED);
      CREATE TABLE n (b INT AS (v * 2) STORED, v UNIQUE);"""
    three.make(base, "INSERT INTO t (a, v) VALUES (1, 5); INSERT INTO n (v) VALUES (4);")
    three.merge()
    assert three.rows() == [(1, 2, 5, 15)]
    assert three.rows("n") == [(8, 4)]


def test_triggers_stay_silent(three: Three) -> None:
    base = f"""{BASE} CREATE TABLE log (what);
      CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('i'); END;
      CREATE TRIGGER u AFTER UPDATE ON t BEGIN INSERT INTO log VALUES ('u'); END;
      CREATE TRIGGER d AFTER DELETE ON t BEGIN INSERT INTO log VALUES ('d'); END;
      CREATE TRIGGER n BEFORE INSERT ON t BEGIN SELECT raise(ABORT, 'no'); END;"""
    three.make(base, "UPDATE t SET v = 'x' WHERE id = 1", "DELETE FROM t WHERE id = 2")
    three.merge()
    assert three.rows("log") == [("d",), ("u",)]


def test_rows_are_added_where_a_constraint_would_make_them_disappear(three: Three) -> None:
    base = """CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,
      u UNIQUE ON CONFLICT REPLACE, n NOT NULL ON CONFLICT IGNORE);"""
    three.make(base, "INSERT INTO t VALUES (1, 'x', 1)", "INSERT INTO t VALUES (2, 'x', 1)")
    [conflict] = three.merge("remote").conflicts
    assert conflict.local == {"id": 1, "u": "x", "n": 1}
    assert three.rows() == [(2, "x", 1)]


def test_numbers_given_away_once_are_not_given_again(three: Three) -> None:
    base = """CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
      CREATE TABLE o (id INTEGER PRIMARY KEY AUTOINCREMENT, v);"""
    three.make(
        base,
        "INSERT INTO t VALUES (50, 1); DELETE FROM t; INSERT INTO o VALUES (3, 1); DELETE FROM o",
        "INSERT INTO t VALUES (7, 1)",
    )
    three.merge()
    assert rows(three.result, "sqlite_sequence") == [("o", 3), ("t", 50)]
    assert three.rows() == [(7, 1)]


def test_statistics_are_nobodys_rows(three: Three) -> None:
    three.make(
        f"{BASE} CREATE INDEX i ON t (v); ANALYZE;", "DELETE FROM t; ANALYZE", "DROP INDEX i"
    )
    three.remote.write_bytes(three.base.read_bytes())
    assert three.merge().from_local == 3


def test_a_database_of_nine_hundred_columns_is_merged(three: Three) -> None:
    columns = ", ".join(f"c{n}" for n in range(900))
    base = f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns}); INSERT INTO t (id) VALUES (1);"
    base += f"CREATE TABLE n ({columns}); INSERT INTO n (c0) VALUES (1);"
    three.make(base, "UPDATE t SET c899 = 1; UPDATE n SET c899 = 1", "UPDATE t SET c0 = 1")
    [conflict] = three.merge("local").conflicts
    assert conflict.local
    assert conflict.local["c899"] == 1
    assert three.rows()[0][-1] == 1
    assert three.rows("n")[0][-1] == 1
