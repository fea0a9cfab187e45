"""The table of ours comes when it is needed, which is no change of the app's schema."""

from __future__ import annotations

import pytest

from buckia.errors import Unmergeable
from tests.merging.files import Three

APP = "CREATE TABLE t (id INTEGER PRIMARY KEY, text); INSERT INTO t VALUES (1, 'one');"
MADE = "CREATE TABLE buckia_applied (id TEXT NOT NULL PRIMARY KEY, digest TEXT) WITHOUT ROWID;"


def row(name: str) -> str:
    return f"INSERT INTO buckia_applied VALUES ('{name}', 'digest');"


@pytest.mark.parametrize(
    ("base", "local", "remote", "wanted"),
    [
        ("", MADE + row("a"), "", ["a"]),
        ("", "", MADE + row("a"), ["a"]),
        ("", MADE + row("a") + row("c"), MADE + row("b") + row("c"), ["a", "b", "c"]),
        (MADE + row("a"), row("b"), row("c"), ["a", "b", "c"]),
    ],
)
def test_rows_of_both_are_kept(
    three: Three, base: str, local: str, remote: str, wanted: list[str]
) -> None:
    edit = "INSERT INTO t VALUES (2, 'here');"
    merged = three.make(APP + base, edit + local, remote).merge()
    assert three.rows("buckia_applied") == [(name, "digest") for name in wanted]
    assert three.rows() == [(1, "one"), (2, "here")]
    assert merged.conflicts == ()


def test_what_came_from_here_counts_though_it_is_no_row_of_the_app(three: Three) -> None:
    assert three.make(APP, MADE + row("a")).merge().from_local == 1


def test_one_that_was_made_otherwise_is_not_touched(three: Three) -> None:
    other = "CREATE TABLE buckia_applied (id);"
    with pytest.raises(Unmergeable, match="buckia_applied"):
        three.make(APP, MADE, other).merge()
