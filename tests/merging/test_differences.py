"""What became of rows, for people who want to see it."""

from __future__ import annotations

import pytest

from buckia.errors import StorageError, Unmergeable
from buckia.merging.diffing import differences
from buckia.merging.model import RowChange
from tests.merging.files import Three

BASE = """CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, v, PRIMARY KEY (b, a)) WITHOUT ROWID;
  CREATE TABLE n (v); INSERT INTO t VALUES ('x', 1, 'old'), ('y', 2, 'gone'), ('z', 3, 'same');
  INSERT INTO n VALUES ('p'), ('q'), ('q');"""


def test_rows_that_came_went_and_changed_are_told(three: Three) -> None:
    three.make(
        BASE,
        """UPDATE t SET v = x'00', a = 'X' WHERE b = 1; DELETE FROM t WHERE b = 2;
           INSERT INTO t VALUES ('w', 4, CAST(x'ff' AS TEXT));
           DELETE FROM n WHERE v = 'q'; INSERT INTO n VALUES ('r'), ('r');""",
    )
    assert list(differences(three.base, three.local)) == [
        RowChange("n", "delete", {}, {"v": "q"}, None),
        RowChange("n", "delete", {}, {"v": "q"}, None),
        RowChange("n", "insert", {}, None, {"v": "r"}),
        RowChange("n", "insert", {}, None, {"v": "r"}),
        RowChange(
            "t",
            "update",
            {"b": 1, "a": "X"},
            {"a": "x", "b": 1, "v": "old"},
            {"a": "X", "b": 1, "v": b"\0"},
        ),
        RowChange("t", "delete", {"b": 2, "a": "y"}, {"a": "y", "b": 2, "v": "gone"}, None),
        RowChange("t", "insert", {"b": 4, "a": "w"}, None, {"a": "w", "b": 4, "v": "\udcff"}),
    ]


def test_equal_files_do_not_differ(three: Three) -> None:
    three.make(BASE)
    assert list(differences(three.base, three.local)) == []


def test_looking_may_stop_early(three: Three) -> None:
    three.make(BASE, "DELETE FROM t")
    changes = differences(three.base, three.local)
    assert next(changes).kind == "delete"
    changes.close()  # type: ignore[attr-defined] # it is a generator, so that this closes files


def test_another_schema_and_missing_files_are_told(three: Three) -> None:
    three.make(BASE, "CREATE TABLE u (a)")
    with pytest.raises(Unmergeable, match="'u' was added"):
        list(differences(three.base, three.local))
    with pytest.raises(StorageError, match="could not be read"):
        list(differences(three.base, three.result))
    assert not three.result.exists()
