"""Files of all kinds that SQLite knows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.merging.files import Three, exact, run, sound

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_text_of_every_encoding_is_carried_and_told(three: Three, encoding: str) -> None:
    three.make(
        f"PRAGMA encoding = '{encoding}'; {TABLE}",
        "UPDATE t SET v = 'é☃😀'; INSERT INTO t VALUES (2, 'x' || char(0) || 'y')",
        "UPDATE t SET v = 'ü'",
    )
    [conflict] = three.merge("local").conflicts
    assert (conflict.local, conflict.remote) == ({"id": 1, "v": "é☃😀"}, {"id": 1, "v": "ü"})
    assert exact(three.result, "t") == exact(three.local, "t")


@pytest.mark.parametrize("page", [512, 65536])
@pytest.mark.parametrize("vacuum", ["NONE", "FULL"])
def test_the_result_is_laid_out_as_the_remote_file_is(three: Three, page: int, vacuum: str) -> None:
    three.make(TABLE, "INSERT INTO t VALUES (2, 'b')")
    three.remote.unlink()
    run(three.remote, f"PRAGMA page_size = {page}; PRAGMA auto_vacuum = {vacuum}; {TABLE}")
    three.merge()
    with closing(sqlite3.connect(three.result)) as db:
        assert db.execute("PRAGMA page_size").fetchone() == (page,)
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (int(vacuum == "FULL"),)
    sound(three.result)


def test_copies_of_databases_with_a_log_are_merged_without_one(three: Three) -> None:
    three.make(f"PRAGMA journal_mode = WAL; {TABLE}", "INSERT INTO t VALUES (2, 'b')")
    for path in (three.base, three.local, three.remote):
        assert path.read_bytes()[18:20] == b"\2\2"
        path.chmod(0o400)
    three.merge()
    assert three.rows() == [(1, "a"), (2, "b")]
    sound(three.result)


def test_databases_without_anything_are_merged(three: Three) -> None:
    for path in (three.base, three.local, three.remote):
        path.touch()
    assert not three.merge().waiting


def test_the_files_given_stay_as_they_are(three: Three) -> None:
    three.make(TABLE, "INSERT INTO t VALUES (2, 'b')", "INSERT INTO t VALUES (3, 'b')")
    files = (three.base, three.local, three.remote)
    before = [path.read_bytes() for path in files]
    three.merge()
    assert [path.read_bytes() for path in files] == before
    assert three.result.stat().st_mode & 0o077 == 0


def test_a_folder_may_be_called_anything(three: Three) -> None:
    folder = three.base.parent / "a ?b=#%41é'\""
    folder.mkdir()
    odd = Three(folder).make(TABLE, "INSERT INTO t VALUES (2, 'b')")
    odd.merge()
    assert odd.rows() == [(1, "a"), (2, "b")]


def test_types_are_strict_where_the_table_is(three: Three) -> None:
    base = "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, i INT, a ANY, r REAL) STRICT;"
    three.make(base, "INSERT INTO t VALUES ('x', 1, '1', 2)", "INSERT INTO t VALUES ('y', 1, 1, 3)")
    three.merge()
    assert three.rows() == [("x", 1, "1", 2.0), ("y", 1, 1, 3.0)]
