"""What cannot be merged soundly is refused, says why, and leaves nothing behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.errors import BuckiaError, Corrupted, PluginError, StorageError, Unmergeable
from buckia.merging.diffing import differences
from buckia.merging.rules import RowRules, Rule
from tests.merging.files import Three, rows, run

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v);"


@pytest.mark.parametrize(
    ("base", "local", "remote", "words"),
    [
        (TABLE, "CREATE TABLE u (a)", "", r"in local: table 'u' was added"),
        (TABLE, "", "DROP TABLE t", r"in remote: table 't' was removed"),
        (TABLE, "ALTER TABLE t ADD COLUMN w", "", r"in local: table 't' was changed"),
        (TABLE, "CREATE INDEX i ON t (v)", "CREATE VIEW w AS SELECT 1", r"local.*'i'.*remote.*'w'"),
        (TABLE, "PRAGMA user_version = 2", "", "in local: user_version was changed"),
        (TABLE, "", "PRAGMA application_id = 2", "in remote: application_id was changed"),
        (TABLE, "CREATE TABLE u (a)", "CREATE TABLE u (a)", "in local: .*; in remote: "),
        (
            "CREATE TABLE t (id, v DEFAULT 'a  b');",
            "DROP TABLE t; CREATE TABLE t (id, v DEFAULT 'a b');",
            "",
            "was changed",
        ),
        ("CREATE TABLE t (k TEXT PRIMARY KEY, v);", "INSERT INTO t VALUES (NULL, 1)", "", "NULL"),
        ("CREATE TABLE t (k TEXT PRIMARY KEY, v);", "", "INSERT INTO t VALUES (NULL, 1)", "NULL"),
        (
            "CREATE TABLE t (a, b, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, NULL);",
            "",
            "DELETE FROM t",
            "'t' has a row with NULL in its primary key",
        ),
        (
            "CREATE TABLE t (k INTEGER PRIMARY KEY DESC, v);",
            "INSERT INTO t VALUES (NULL, 1)",
            "",
            "NULL",
        ),
        ("CREATE TABLE t (rowid, oid, _rowid_);", "", "", "'t' cannot be told apart"),
    ],
)
def test_it_is_refused_and_said_why(
    three: Three, base: str, local: str, remote: str, words: str
) -> None:
    three.make(base, local, remote)
    with pytest.raises(Unmergeable, match=words) as caught:
        three.merge("local")
    assert caught.value.hint
    assert {path.name for path in three.base.parent.iterdir()} == {
        "base.db",
        "local.db",
        "remote.db",
    }


def test_a_schema_written_with_other_spaces_is_the_same(three: Three) -> None:
    three.make(TABLE)
    three.local.unlink()
    run(three.local, "CREATE TABLE t (id   INTEGER\n PRIMARY KEY, v); INSERT INTO t VALUES (1, 2)")
    three.merge()
    assert three.rows() == [(1, 2)]


PARENTS = "CREATE TABLE p (id INTEGER PRIMARY KEY, u UNIQUE); INSERT INTO p VALUES (1, 'a');"


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("CREATE TABLE c (id TEXT PRIMARY KEY, p REFERENCES p);", r"\{'id': 'x'\} of table 'c'"),
        (
            "CREATE TABLE c (id TEXT PRIMARY KEY, p REFERENCES P (id)) WITHOUT ROWID;",
            r"\{'id': 'x'\} of table 'c' would belong to a row of 'P'",
        ),
        ("CREATE TABLE c (id, p REFERENCES p);", r"\{'id': 'x', 'p': 1\} of table 'c'"),
    ],
)
def test_a_row_without_its_parent_is_named(three: Three, child: str, words: str) -> None:
    three.make(PARENTS + child, "DELETE FROM p", "INSERT INTO c VALUES ('x', 1)")
    for one in (three, three.swapped()):
        with pytest.raises(Unmergeable, match=words):
            one.merge("local")
        assert not one.result.exists()


def test_orphans_of_before_are_no_matter_of_the_merge(three: Three) -> None:
    child = """CREATE TABLE c (id TEXT PRIMARY KEY, p REFERENCES p);
      CREATE TABLE n (p REFERENCES nowhere); INSERT INTO n VALUES (5);
      INSERT INTO c VALUES ('x', 7);"""
    three.make(PARENTS + child, "INSERT INTO c VALUES ('y', 8)", "INSERT INTO c VALUES ('z', 9)")
    three.merge()
    assert rows(three.result, "c") == [("x", 7), ("y", 8), ("z", 9)]


def test_an_orphan_of_before_that_found_a_parent_is_none_any_more(three: Three) -> None:
    child = (
        """CREATE TABLE c (id TEXT PRIMARY KEY, p REFERENCES p); INSERT INTO c VALUES ('x', 7);"""
    )
    three.make(PARENTS + child, "DELETE FROM p", "UPDATE c SET p = 1")
    with pytest.raises(Unmergeable, match=r"\{'id': 'x'\} of table 'c'"):
        three.merge()


@pytest.mark.parametrize("declared", ["TEXT", "INT", ""])
def test_parents_are_found_whatever_the_types(three: Three, declared: str) -> None:
    base = f"""CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL); CREATE TABLE c (id INTEGER PRIMARY KEY,
      p {declared} REFERENCES p); INSERT INTO p VALUES ('1');"""
    three.make(base, "INSERT INTO c VALUES (1, 1)", "INSERT INTO c VALUES (2, '1')")
    three.merge()
    assert len(rows(three.result, "c")) == 2


def test_a_parent_that_is_only_nearly_the_one_is_none(three: Three) -> None:
    base = """CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL); CREATE TABLE c (id INTEGER PRIMARY KEY,
      p INT REFERENCES p); INSERT INTO p VALUES ('1'), ('01');"""
    three.make(base, "DELETE FROM p WHERE k = '1'", "INSERT INTO c VALUES (1, 1)")
    with pytest.raises(Unmergeable, match=r"\{'id': 1\} of table 'c'"):
        three.merge()


def test_references_that_nobody_can_heed_are_not_heeded(three: Three) -> None:
    base = "CREATE TABLE p (a, b); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (b));"
    three.make(base, "INSERT INTO c VALUES (1, 1)", "INSERT INTO c VALUES (2, '1')")
    three.merge()
    assert len(rows(three.result, "c")) == 2


def test_unknown_collations_and_functions_are_refused(three: Three) -> None:
    with closing(sqlite3.connect(three.base)) as db:
        db.create_collation("mine", lambda one, other: (one > other) - (one < other))
        db.execute("CREATE TABLE t (k TEXT COLLATE mine PRIMARY KEY NOT NULL, v)")
        db.execute("INSERT INTO t VALUES ('a', 1)")
        db.commit()
    for path in (three.local, three.remote):
        path.write_bytes(three.base.read_bytes())
    with pytest.raises(Unmergeable, match="mine"):
        three.merge()
    assert not three.result.exists()


def test_text_in_another_encoding_is_refused(three: Three) -> None:
    three.make(TABLE)
    three.local.unlink()
    run(three.local, f"PRAGMA encoding = 'UTF-16le'; {TABLE}")
    with pytest.raises(Unmergeable, match="encoding"):
        three.merge()


@pytest.mark.parametrize("side", ["base", "local", "remote"])
@pytest.mark.parametrize("content", [b"no database at all " * 99, b"SQLite format 3\0" + b"x" * 99])
def test_what_is_no_database_is_refused(three: Three, side: str, content: bytes) -> None:
    three.make(TABLE)
    getattr(three, side).write_bytes(content)
    with pytest.raises(Corrupted):
        three.merge()
    assert not three.result.exists()


@pytest.mark.parametrize("side", ["base", "local", "remote"])
def test_a_file_that_is_missing_is_told(three: Three, side: str) -> None:
    three.make(TABLE)
    getattr(three, side).unlink()
    with pytest.raises(StorageError, match="could not be read"):
        three.merge()
    assert not three.result.exists()


@pytest.mark.parametrize("side", ["base", "local", "remote"])
def test_a_file_with_a_log_beside_it_is_refused(three: Three, side: str) -> None:
    three.make(TABLE)
    path: Path = getattr(three, side)
    path.with_name(path.name + "-wal").write_bytes(b"x")
    with pytest.raises(Unmergeable, match="not complete"):
        three.merge()
    assert not three.result.exists()


def test_a_result_that_is_there_is_not_touched(three: Three) -> None:
    three.make(TABLE)
    three.result.write_text("mine")
    with pytest.raises(StorageError, match="exists"):
        three.merge()
    assert three.result.read_text() == "mine"


def test_a_damaged_result_is_no_result(three: Three) -> None:
    base = f"{TABLE} CREATE INDEX i ON t (v); INSERT INTO t VALUES (1, 5), (2, 4);"
    broken = """PRAGMA writable_schema = 1;
      UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (id)' WHERE name = 'i';"""
    three.make(base + broken)
    with pytest.raises(Corrupted, match="does not pass"):
        three.merge()
    assert not three.result.exists()


def test_without_the_library_it_is_said_what_to_install(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apsw", None)
    three.make(TABLE)
    for call in (three.merge, lambda: list(differences(three.base, three.local))):
        with pytest.raises(PluginError, match="apsw") as caught:
            call()
        assert caught.value.hint == "pip install 'buckia-core[merge]'"
    assert not three.result.exists()


def test_an_error_of_any_kind_leaves_no_result(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_words: object, **_named: object) -> None:
        raise KeyboardInterrupt

    three.make(TABLE, "INSERT INTO t VALUES (1, 1)")
    monkeypatch.setattr("buckia.merging.whole.refuse_orphans", interrupted)
    with pytest.raises(KeyboardInterrupt):
        three.merge()
    assert {path.suffix for path in three.base.parent.iterdir()} == {".db"}
    assert not three.result.exists()


def test_errors_are_of_the_tree() -> None:
    assert issubclass(Unmergeable, StorageError)
    assert issubclass(Unmergeable, BuckiaError)
    assert RowRules(default=Rule("ask")).tables == {}
