"""Full-text tables and R-trees."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from buckia.errors import Unmergeable
from buckia.merging.diffing import differences
from tests.merging.files import Three, quoted, sound


def found(three: Three, table: str, word: str) -> list[int]:
    name = quoted(table)
    with closing(sqlite3.connect(three.result)) as db:
        declared = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        if "fts5" in declared[0].lower():
            db.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
        sql = f"SELECT rowid FROM {name} WHERE {name} MATCH ? ORDER BY rowid"
        return [row[0] for row in db.execute(sql, (word,))]


@pytest.mark.parametrize("module", ["fts5", "fts4", "fts3"])
def test_text_that_is_kept_here_is_merged_row_by_row(three: Three, module: str) -> None:
    base = f"""CREATE VIRTUAL TABLE "a ""b" USING {module}(title, body);
      INSERT INTO "a ""b" (rowid, title, body) VALUES (1, 'one', 'alpha'), (2, 'two', 'beta');"""
    three.make(
        base,
        """UPDATE "a ""b" SET body = 'gamma delta' WHERE rowid = 1;
           INSERT INTO "a ""b" (rowid, title) VALUES (7, 'seven')""",
        """DELETE FROM "a ""b" WHERE rowid = 2;
           INSERT INTO "a ""b" (rowid, title) VALUES (7, 'sept')""",
    )
    [conflict] = three.merge("local").conflicts
    assert conflict.key == {"rowid": 7}
    assert conflict.remote == {"rowid": 7, "title": "sept", "body": None}
    assert found(three, 'a "b', "gamma") == [1]
    assert found(three, 'a "b', "alpha OR beta OR sept") == []
    assert found(three, 'a "b', "seven") == [7]
    sound(three.result)


@pytest.mark.parametrize(
    "declared",
    [
        "fts5(v, content='t', content_rowid='id')",
        "fts5(v, content=t)",
        'fts4(content="t", v)',
        "FTS5 (v, content = 'w', content_rowid = 'id')",
    ],
)
def test_text_that_stands_elsewhere_is_indexed_again(three: Three, declared: str) -> None:
    base = f"""CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE VIEW w AS SELECT id, v FROM t;
      CREATE VIRTUAL TABLE f USING {declared}; INSERT INTO t VALUES (1, 'alpha'), (2, 'beta');
      INSERT INTO f (f) VALUES ('rebuild');
      CREATE TRIGGER i AFTER INSERT ON t BEGIN
        INSERT INTO f (rowid, v) VALUES (new.id, new.v); END;"""
    three.make(base, "INSERT INTO t VALUES (3, 'gamma')", "INSERT INTO t VALUES (4, 'delta')")
    for one in (three, three.swapped()):
        one.merge()
        assert found(one, "f", "gamma OR delta OR alpha") == [1, 3, 4]
        sound(one.result)


def test_rtrees_are_merged_by_their_first_column(three: Three) -> None:
    base = """CREATE VIRTUAL TABLE t USING rtree(id, x0, x1, +note);
      INSERT INTO t VALUES (1, 0.1, 0.3, 'a'), (2, 1, 2, 'b');"""
    three.make(
        base, "UPDATE t SET note = 'c' WHERE id = 1", "INSERT INTO t VALUES (3, 0.7, 7, 'd')"
    )
    merged = three.merge()
    assert (merged.from_local, merged.from_remote, merged.conflicts) == (1, 1, ())
    assert [(row[0], row[3]) for row in three.rows()] == [(1, "c"), (2, "b"), (3, "d")]
    sound(three.result)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("fts5(v, content='')", "does not give back"),
        ('fts5(v, content="")', "does not give back"),
        ('fts4(content="", v)', "does not give back"),
        ("fts4(v, languageid='l')", "does not give back"),
    ],
)
def test_what_cannot_be_merged_is_refused(three: Three, declared: str, words: str) -> None:
    three.make(f"CREATE VIRTUAL TABLE f USING {declared};")
    with pytest.raises(Unmergeable, match=words):
        three.merge()


def test_a_kind_that_nobody_knows_is_refused(three: Three) -> None:
    base = """CREATE TABLE f_nodes (id INTEGER PRIMARY KEY, v); PRAGMA writable_schema = 1;
      INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
      VALUES ('table', 'f', 'f', 0, 'CREATE VIRTUAL TABLE f USING nearest(v)');"""
    three.make(base)
    with pytest.raises(Unmergeable, match="cannot be merged: nearest"):
        three.merge()


def test_tables_that_only_show_others_are_left_alone(three: Three) -> None:
    base = """CREATE VIRTUAL TABLE f USING fts5(v);
      CREATE VIRTUAL TABLE words USING fts5vocab(f, row);
      INSERT INTO f VALUES ('alpha');"""
    three.make(base, "INSERT INTO f VALUES ('beta')", "UPDATE f SET v = 'gamma'")
    assert three.merge().conflicts == ()
    assert [row[0] for row in three.rows("words")] == ["beta", "gamma"]
    changed = [(change.kind, change.key) for change in differences(three.base, three.result)]
    assert changed == [("update", {"rowid": 1}), ("insert", {"rowid": 2})]
