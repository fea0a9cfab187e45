"""Overlaid roots and mapped files: which of them a key belongs to, and what of the others."""

from __future__ import annotations

import pytest

from buckia.align import Block, align
from buckia.body import BytesBody
from buckia.compare import Comparison
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.scan import Seen, left_blocks
from buckia.engine.side import Side
from buckia.model import SideName
from buckia.stores.memory import MemoryStore
from tests.core.cases import entry, row
from tests.core.scopes import PULL, PUSH, ROOT, Given, mapping, root, scope
from tests.core.slices import ROOMY, compared

TWO = Given(roots=[root("one"), root("two", direction=PUSH)])
THREE = Given(roots=[root("one"), root("two", direction=PUSH), root("three", direction=PUSH)])


def test_a_new_local_key_belongs_to_the_first_root_that_has_it() -> None:
    found = compared({"a": {"two": "2"}, "b": {"one": "1"}}, {}, {}, TWO)
    assert {key: case.origin for key, case in found.cases.items()} == {"a": "two", "b": "one"}
    assert not found.skipped


def test_a_shadowed_key_is_told_of() -> None:
    found = compared({"a": {"one": "1", "two": "2", "three": "3"}}, {}, {}, THREE)
    case = found.cases["a"]
    assert case.origin == "one"
    assert case.left is not None
    assert case.left.version == "left 1"
    assert "one in two" in found.skipped["a"]
    assert "one in three" in found.skipped["a"]
    assert case.elsewhere == "two"


def test_a_key_stays_with_the_root_that_its_row_names() -> None:
    found = compared({"a": {"one": "1", "two": "2"}}, {"a": ("old", "two")}, {"a": "old"}, TWO)
    case = found.cases["a"]
    assert case.origin == "two"
    assert case.left is not None
    assert case.left.version == "left 2"
    assert "two" in found.skipped["a"]
    assert case.elsewhere == "one"


def test_a_shadowed_key_is_told_of_in_every_run() -> None:
    found = compared({"a": {"one": "1", "two": "2"}}, {"a": ("1", "one")}, {"a": "1"}, TWO)
    assert "two" in found.skipped["a"]


def test_a_file_that_vanished_from_its_root_is_not_replaced_by_that_of_another() -> None:
    found = compared({"a": {"two": "2"}}, {"a": ("old", "one")}, {"a": "old"}, TWO)
    case = found.cases["a"]
    assert case.left is None
    assert case.base is not None
    assert (case.origin, case.elsewhere) == ("one", "two")
    assert "the one in two waits, for that in one is gone" in found.skipped["a"]


def test_without_another_root_it_is_simply_gone() -> None:
    found = compared({}, {"a": ("old", "two")}, {"a": "old"}, TWO)
    case = found.cases["a"]
    assert case.left is None
    assert (case.origin, case.elsewhere) == ("two", "")


def test_a_key_of_the_bucket_comes_to_the_root_that_lets_it_in() -> None:
    given_ = Given(roots=[root("one"), root("data", "data/", PULL), root("raw", "raw/", PUSH)])
    found = compared({}, {}, {"a": "1", "data/a": "2", "raw/a": "3"}, given_)
    assert {key: case.origin for key, case in found.cases.items()} == {
        "a": "one",
        "data/a": "data",
        "raw/a": "one",
    }


def test_a_key_that_no_root_reaches_is_left_alone() -> None:
    given_ = Given(roots=[root("data", "data/")])
    assert compared({}, {}, {"a": "1"}, given_).is_silent


def test_unchanged_keys_of_many_roots_are_only_counted() -> None:
    left = {"a": {"one": "1"}, "b": {"two": "2"}}
    base = {"a": ("1", "one"), "b": ("2", "two"), "c": ("3", "one")}
    found = compared(left, base, {"a": "1", "b": "2"}, TWO)
    assert found.unchanged == 2
    assert list(found.cases) == ["c"]


def test_a_scan_of_many_roots_in_which_all_is_as_the_base_says_is_only_counted() -> None:
    stores = {"one": MemoryStore(), "two": MemoryStore()}
    written = {
        ("one", "a"): stores["one"].write("a", BytesBody(data=b"1")),
        ("two", "b"): stores["two"].write("b", BytesBody(data=b"2")),
    }
    mounts = {origin: Mount(store) for origin, store in stores.items()}
    left = left_blocks(Side(SideName.LEFT, mounts, Limits()), scope(TWO), Seen())
    rows = [
        row("1", key=key, origin=origin, left=entry.version)
        for (origin, key), entry in written.items()
    ]
    base = iter([Block([one.key for one in rows], rows)])
    right = iter([Block(["a", "b"], [entry("1", "R0", key=key) for key in ("a", "b")])])
    comparison = Comparison(scope(TWO), root="one", left_traits=ROOMY)
    aligned = align(("left", left), ("base", base), ("right", right))
    results = [comparison.slice(here, agreed, there) for here, agreed, there in aligned]
    assert sum(result.unchanged for result in results) == 2
    assert not any(result.cases or result.forgotten for result in results)


# Rows whose root is not what it was.


@pytest.mark.parametrize(
    ("given_", "origin"),
    [
        (Given(), "gone"),
        (Given(roots=[root(ROOT), root("two", "x/")]), "two"),
        (Given(files={"c.json": "a"}), ROOT),
        (Given(hidden={(ROOT, "a")}, roots=[root(ROOT), root("two")]), ROOT),
    ],
)
def test_a_key_whose_row_came_through_a_root_that_does_not_reach_it_any_more_is_new(
    given_: Given, origin: str
) -> None:
    found = compared({}, {"a": ("old", origin)}, {"a": "old"}, given_)
    case = found.cases["a"]
    assert case.base is None
    assert case.left is None
    assert case.right is not None
    # Whatever becomes of the case, the old row is no part of it.
    assert found.forgotten == ["a"]


def test_a_row_of_a_root_that_is_gone_ends_where_nobody_has_the_key() -> None:
    found = compared({}, {"a": ("old", "gone")}, {})
    assert found.forgotten == ["a"]
    assert not found.cases


# Mapped files.

MAPPED = Given(files={"c.json": "conf/c.json"}, upload_files={"r.pdf": "public/r.pdf"})


C_JSON = mapping("c.json", "conf/c.json")


def test_a_mapped_key_is_its_file_and_no_other() -> None:
    left = {"conf/c.json": {ROOT: "shown by the root", C_JSON: "mapped"}}
    found = compared(left, {}, {"conf/c.json": "theirs"}, MAPPED)
    case = found.cases["conf/c.json"]
    assert case.origin == C_JSON
    assert case.left is not None
    assert case.left.version == "left mapped"
    assert case.right is not None


def test_a_mapped_key_that_only_a_root_has_is_not_taken_from_there() -> None:
    found = compared({"conf/c.json": {ROOT: "shown by the root"}}, {}, {}, MAPPED)
    assert not found.cases


def test_a_mapped_file_is_not_shown_under_its_own_path() -> None:
    found = compared({"c.json": {ROOT: "mapped"}, "d": {ROOT: "other"}}, {}, {}, MAPPED)
    assert list(found.cases) == ["d"]


def test_a_key_of_the_bucket_does_not_overwrite_a_file_that_is_mapped_to_another() -> None:
    found = compared({"c.json": {ROOT: "mapped"}}, {}, {"c.json": "a stranger's"}, MAPPED)
    assert not found.cases


def test_a_row_of_a_path_that_is_mapped_now_is_forgotten() -> None:
    found = compared({"c.json": {ROOT: "2"}}, {"c.json": ("1", ROOT)}, {"c.json": "1"}, MAPPED)
    assert not found.cases
    assert found.forgotten == ["c.json"]


def test_a_row_of_a_path_that_is_mapped_now_is_forgotten_though_nothing_changed() -> None:
    found = compared({"c.json": {ROOT: "1"}}, {"c.json": ("1", ROOT)}, {"c.json": "1"}, MAPPED)
    assert not found.cases
    assert found.forgotten == ["c.json"]


def test_a_mapped_key_of_the_bucket_comes_to_its_file_in_spite_of_folders_and_filters() -> None:
    given_ = Given(files={"c.json": "conf/c.json"}, folders=["team"], exclude=["conf/"])
    found = compared({}, {}, {"conf/c.json": "1"}, given_)
    assert found.cases["conf/c.json"].origin == C_JSON
