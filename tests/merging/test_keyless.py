"""Tables without a primary key: rows come and go as wholes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.merging.files import Three, exact, sound

BASE = "CREATE TABLE t (a, b); INSERT INTO t VALUES ('x', 1), ('x', 1), ('y', NULL), ('z', 1.5);"


def times(**rows: int) -> list[str]:
    return sorted(name for name, count in rows.items() for _ in range(count))


@pytest.mark.parametrize(
    ("base", "local", "remote", "wanted"),
    [
        ("", "a", "b", "ab"),
        ("", "a", "a", "a"),
        ("", "aa", "a", "aa"),
        ("a", "", "a", ""),
        ("a", "", "", ""),
        ("aa", "a", "", ""),
        ("aa", "a", "a", "a"),
        ("a", "aa", "", "a"),
        ("aab", "ab", "aabc", "abc"),
        ("ab", "ba", "ab", "ab"),
        ("abc", "xabc", "abcy", "abcxy"),
        ("abc", "bc", "ac", "c"),
        ("abcde", "edcba", "ace", "ace"),
    ],
)
def test_rows_added_are_added_and_rows_removed_are_removed(
    three: Three, base: str, local: str, remote: str, wanted: str
) -> None:
    def filled(letters: str) -> str:
        values = ", ".join(f"('{letter}')" for letter in letters)
        return "DELETE FROM t;" + (f"INSERT INTO t VALUES {values};" if letters else "")

    three.make(f"CREATE TABLE t (a);{filled(base)}", filled(local), filled(remote))
    assert three.merge().conflicts == ()
    assert "".join(row[0] for row in three.rows()) == wanted
    other = three.swapped()
    other.merge()
    assert other.rows() == three.rows()
    sound(three.result)


@pytest.mark.parametrize(
    ("local", "remote", "taken"),
    [
        ("INSERT INTO t VALUES (1, 1), (2, 2)", "", (2, 0)),
        ("", "DELETE FROM t", (0, 4)),
        ("UPDATE t SET b = 9 WHERE a = 'z'", "INSERT INTO t VALUES (1, 1)", (2, 1)),
        ("INSERT INTO t VALUES (1, 1)", "INSERT INTO t VALUES (1, 1), (1, 1)", (0, 1)),
        ("INSERT INTO t VALUES (1, 1)", "INSERT INTO t VALUES (1, 1)", (0, 0)),
    ],
)
def test_rows_are_counted(three: Three, local: str, remote: str, taken: tuple[int, int]) -> None:
    merged = three.make(BASE, local, remote).merge()
    assert (merged.from_local, merged.from_remote) == taken


@pytest.mark.parametrize(
    ("stays", "goes"),
    [
        ("1", "1.0"),
        ("1.0", "1"),
        ("0.0", "-0.0"),
        ("-0.0", "0.0"),
        ("'a'", "'A'"),
        ("'a'", "x'61'"),
        ("NULL", "''"),
    ],
)
@pytest.mark.parametrize("declared", ["v", "v COLLATE NOCASE"])
def test_of_rows_that_are_nearly_equal_the_right_one_goes(
    three: Three, declared: str, stays: str, goes: str
) -> None:
    base = f"CREATE TABLE t ({declared}); INSERT INTO t VALUES ({stays}), ({goes}), ({stays});"
    three.make(base, "DELETE FROM t WHERE rowid = 2")
    three.merge()
    assert exact(three.result, "t") == exact(three.local, "t")
    assert exact(three.result, "t").total() == 2


def test_equal_numbers_of_rows_mean_nothing(three: Three) -> None:
    three.make(
        BASE,
        "DELETE FROM t WHERE a = 'y'; INSERT INTO t (rowid, a) VALUES (3, 'mine')",
        "DELETE FROM t WHERE a = 'x'; VACUUM; INSERT INTO t (rowid, a) VALUES (9, 'theirs')",
    )
    assert three.merge().conflicts == ()
    assert three.rows() == [("mine", None), ("theirs", None), ("z", 1.5)]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("local", [("i", "mine", 5), ("k", 1, 1), ("l", 2, 2)]),
        ("remote", [("i", "theirs", 6), ("k", 1, 1), ("l", 2, 2)]),
        ("newest by at", [("i", "theirs", 6), ("k", 1, 1), ("l", 2, 2)]),
        ("newest by id", None),
        ("ask", None),
    ],
)
def test_rows_that_cannot_both_come_are_a_conflict(
    three: Three, rule: str, wanted: Sequence[object] | None
) -> None:
    base = "CREATE TABLE t (id UNIQUE, v, at); INSERT INTO t VALUES ('i', 'old', 1);"
    three.make(
        base,
        "UPDATE t SET v = 'mine', at = 5; INSERT INTO t VALUES ('k', 1, 1)",
        "UPDATE t SET v = 'theirs', at = 6; INSERT INTO t VALUES ('l', 2, 2)",
    )
    merged = three.merge(rule)
    [conflict] = merged.conflicts
    assert (conflict.key, conflict.base, conflict.reason) == ({}, None, "unique")
    assert conflict.local == {"id": "i", "v": "mine", "at": 5}
    assert conflict.remote == {"id": "i", "v": "theirs", "at": 6}
    assert merged.waiting is (wanted is None)
    if wanted:
        assert three.rows() == wanted
        sound(three.result)
