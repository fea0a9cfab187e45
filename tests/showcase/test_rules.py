"""What becomes of rows and files of the demo, as tables and as properties."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.errors import Unsound
from buckia.keys import folders_above
from buckia.showcase import files
from buckia.showcase.rules import (
    ByColumn,
    ByIds,
    ByTables,
    Deed,
    Owner,
    Row,
    RowRule,
    concerned,
    deed,
    needed,
)
from buckia.showcase.tables import Table

PHOTOS = Table("Photos", ("id", "title", "is_demo"), ("id",), is_numbered=True)
WORDS = Table("words", ("word",), ("word",), is_numbered=False)
LOOSE = Table("loose", ("is_demo",), (), is_numbered=False)


@pytest.mark.parametrize(
    ("in_demo", "owner", "same", "wanted"),
    [
        (True, Owner.NOBODY, False, Deed.INSERT),
        (True, Owner.DEMO, False, Deed.UPDATE),
        (True, Owner.DEMO, True, Deed.NOTHING),
        (True, Owner.USER, False, Deed.CLASH),
        (True, Owner.USER, True, Deed.CLASH),
        (False, Owner.DEMO, False, Deed.DELETE),
        (False, Owner.USER, False, Deed.NOTHING),
        (False, Owner.NOBODY, False, Deed.NOTHING),
    ],
)
def test_each_row_gets_what_its_owner_says(
    in_demo: bool, owner: Owner, same: bool, wanted: Deed
) -> None:
    assert deed(in_demo=in_demo, owner=owner, same=same) is wanted


@pytest.mark.parametrize(
    ("is_here", "same", "is_cloned", "wanted"),
    [
        (False, False, False, files.Deed.CLONE),
        (True, True, False, files.Deed.NOTHING),
        (True, True, True, files.Deed.NOTHING),
        (True, False, True, files.Deed.CLONE),
        (True, False, False, files.Deed.LEAVE),
    ],
)
def test_a_file_of_the_users_own_stays(
    is_here: bool, same: bool, is_cloned: bool, wanted: files.Deed
) -> None:
    assert files.deed(is_here=is_here, same=same, is_cloned=is_cloned) is wanted


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (ByColumn("IS_DEMO", 1), ["Photos"]),
        (ByTables(("WORDS", "photos")), ["Photos", "words"]),
        (ByIds(1, 9), ["Photos"]),
    ],
)
def test_which_tables_take_part_says_the_rule(rule: RowRule, wanted: list[str]) -> None:
    known = {table.name.lower(): table for table in (PHOTOS, WORDS)}
    assert [table.name for table in concerned(rule, known, known)] == wanted


def named(*tables: Table) -> dict[str, Table]:
    return {table.name.lower(): table for table in tables}


@pytest.mark.parametrize(
    ("rule", "demo", "here", "reason"),
    [
        (ByTables(("cats",)), named(PHOTOS), named(PHOTOS), "demo's database has no table 'cats'"),
        (ByTables(("photos",)), named(PHOTOS), named(WORDS), "here has no table 'photos'"),
        (ByColumn("is_demo", 1), named(WORDS), named(PHOTOS), "demo's database has no table"),
        (ByColumn("tag", 1), named(PHOTOS), named(PHOTOS), "no table that has a column 'tag'"),
        (ByIds(1, 2), named(WORDS), named(WORDS), "no table that has numbers"),
        (ByColumn("is_demo", 1), named(LOOSE), named(LOOSE), "'loose' has no primary key"),
        (
            ByTables(("photos",)),
            named(Table("photos", ("id", "title", "is_demo", "more"), ("id",), is_numbered=True)),
            named(PHOTOS),
            "no column 'more' here",
        ),
        (
            ByTables(("photos",)),
            named(Table("photos", ("id", "is_demo"), ("id",), is_numbered=True)),
            named(PHOTOS),
            "no column 'title' in the demo's database",
        ),
        (
            ByTables(("photos",)),
            named(Table("photos", PHOTOS.columns, ("title",), is_numbered=False)),
            named(PHOTOS),
            "has another primary key",
        ),
    ],
)
def test_tables_that_are_not_alike_stop_it(
    rule: RowRule, demo: dict[str, Table], here: dict[str, Table], reason: str
) -> None:
    with pytest.raises(Unsound, match=reason):
        concerned(rule, demo, here)


def row(name: str) -> Row:
    return name, ()


def test_a_row_that_a_needed_row_refers_to_is_needed_too() -> None:
    gone = {row("album"), row("photo"), row("other")}
    uses = [(row("photo"), None), (row("album"), row("photo")), (row("other"), row("other"))]
    assert needed(gone, uses) == {row("album"), row("photo")}


def test_rows_that_only_refer_to_each_other_are_not_needed() -> None:
    gone = {row("a"), row("b")}
    assert needed(gone, [(row("a"), row("b")), (row("b"), row("a"))]) == set()


KEYS = st.sets(st.sampled_from(["a", "b", "a/b", "a/b/c", "b/c", "c", "App.sqlite"]))


@given(KEYS, KEYS)
def test_what_comes_before_the_database_disturbs_nothing(demo: set[str], here: set[str]) -> None:
    planned = files.steps(demo, here, "App.sqlite")
    assert not set(planned.added) & set(planned.rest)
    assert {*planned.added, *planned.rest} == (demo | here) - {"App.sqlite"}
    for key in planned.added:
        assert key in demo - here
        assert not any(key in folders_above(old) or old in folders_above(key) for old in here)


def test_a_value_stands_in_sql_as_it_is() -> None:
    sql: list[Any] = [ByColumn("a", value).condition(PHOTOS, "m") for value in ("it's", 1, 1.5)]
    assert sql == ["""m."a" IS 'it''s'""", 'm."a" IS 1', 'm."a" IS 1.5']
