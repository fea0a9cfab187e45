"""From three streams to the cases that need a verdict, and what is left alone on the way."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.align import Block
from buckia.compare import Comparison
from buckia.filters import RunFilter
from buckia.model import BasicEntry, Gap, Skipped, Traits
from tests.core.cases import entry
from tests.core.scopes import PUSH, ROOT, Given, root, scope
from tests.core.slices import ROOMY, base_block, compared

# What is as it was.


def test_a_slice_in_which_all_is_as_the_base_says_is_only_counted() -> None:
    same = {"a": "one", "b/c": "two", "d": "three"}
    found = compared(same, same, same)
    assert found.unchanged == 3
    assert found.is_silent


def test_a_slice_without_any_key_is_nothing() -> None:
    found = compared({}, {}, {})
    assert found.unchanged == 0
    assert found.is_silent


@pytest.mark.parametrize(
    ("left", "base", "right"),
    [
        ({"a": "new"}, {"a": "old"}, {"a": "old"}),
        ({"a": "old"}, {"a": "old"}, {"a": "new"}),
        ({}, {"a": "old"}, {"a": "old"}),
        ({"a": "old"}, {"a": "old"}, {}),
        ({"a": "old"}, {}, {"a": "old"}),
        ({"a": "old"}, {}, {}),
        ({}, {}, {"a": "old"}),
        ({}, {"a": "old"}, {}),
    ],
)
def test_whatever_differs_from_the_base_is_a_case_among_unchanged_ones(
    left: dict[str, object], base: dict[str, str | tuple[str, str]], right: dict[str, str]
) -> None:
    others = {"0": "x", "z": "y"}
    found = compared(left | others, base | others, right | others)
    assert list(found.cases) == ["a"]
    assert found.unchanged == 2
    case = found.cases["a"]
    assert (case.left is not None, case.base is not None, case.right is not None) == (
        bool(left),
        bool(base),
        bool(right),
    )
    assert case.origin == ROOT


def test_a_case_holds_what_each_stream_told_under_the_key_of_the_engine() -> None:
    inner = BasicEntry(
        key="prefix/a",
        size=3,
        version="R7",
        mtime_ns=9,
        digests={"sha256": "00"},
        hints={"md5": "1"},
    )
    comparison = Comparison(scope(Given()), root=ROOT, left_traits=ROOMY)
    result = comparison.slice(
        Block(["a"], [entry("new", "L7", key="inside/a")]),
        base_block({"a": "old"}),
        Block(["a"], [inner]),
    )
    [case] = result.cases
    assert case.right == msgspec.structs.replace(inner, key="a")
    assert case.left == entry("new", "L7", key="a")
    assert case.base == base_block({"a": "old"}).items[0]


def test_a_row_of_another_root_is_looked_at_though_no_version_moved() -> None:
    found = compared({"a": "one"}, {"a": ("one", "gone")}, {"a": "one"})
    assert list(found.cases) == ["a"]
    assert found.unchanged == 0


def test_a_key_with_a_pending_intent_is_always_a_case() -> None:
    same = {"a": "one", "b": "two"}
    found = compared(same, same, same, pending=["b"])
    assert list(found.cases) == ["b"]
    assert found.unchanged == 1


# What is not in scope.


@pytest.mark.parametrize(
    "given_",
    [
        Given(exclude=["x/"]),
        Given(include=["/y/"]),
        Given(folders=["y"]),
        Given(state=["x"]),
    ],
)
def test_a_row_that_the_configuration_does_not_cover_any_more_is_forgotten_and_no_deletion(
    given_: Given,
) -> None:
    # The scan of the left side leaves out what the filters leave out.
    for right in ({"x/a": "old"}, {"x/a": "new"}, {}):
        found = compared({}, {"x/a": "old"}, right, given_)
        assert found.forgotten == ["x/a"]
        assert not found.cases


def test_a_key_out_of_scope_without_a_row_is_passed_over() -> None:
    assert compared({}, {}, {"x/a": "new"}, Given(exclude=["x/"])).is_silent


def test_local_files_outside_the_synced_folders_are_told_of_once() -> None:
    found = compared({"a": "1", "b/c": "2", "y/d": "3"}, {}, {}, Given(folders=["y"]))
    assert list(found.cases) == ["y/d"]
    assert found.foreign == {ROOT: "a"}


def test_and_once_for_each_root() -> None:
    given_ = Given(roots=[root("one"), root("two", direction=PUSH)], folders=["y"])
    left = {"a": {"one": "1"}, "b": {"one": "2", "two": "3"}, "c": {"two": "4"}}
    found = compared(left, {}, {}, given_)
    assert found.foreign == {"one": "a", "two": "b"}


def test_what_the_bucket_holds_outside_the_folders_is_not_told_of() -> None:
    assert compared({}, {}, {"a": "1"}, Given(folders=["y"])).is_silent


def test_secrets_are_named_and_their_rows_forgotten() -> None:
    found = compared({".env": "1"}, {"x/.env": "old"}, {"k.pem": "2"})
    assert found.secrets == {".env", "x/.env", "k.pem"}
    assert found.forgotten == ["x/.env"]
    assert not found.cases
    # They are named by themselves, and do not lie outside of anything.
    assert not found.skipped


def test_a_key_that_became_a_secret_is_forgotten_though_nothing_changed() -> None:
    # The scan of the left side leaves secrets out.
    same = {".env": "1", "a": "2"}
    found = compared({"a": "2"}, same, same)
    assert found.forgotten == [".env"]
    assert found.secrets == {".env"}
    assert found.unchanged == 1


def test_a_narrowed_run_leaves_all_other_rows_alone() -> None:
    given_ = Given(run=RunFilter(paths=["y/"]))
    base = {"x/a": "old", "x/b": "old", "x/c": "old", "y/a": "old"}
    found = compared({"x/a": "new"}, base, {"x/b": "new", "z": "1", ".env": "2"}, given_)
    assert list(found.cases) == ["y/a"]
    assert not found.forgotten
    assert not found.skipped
    assert not found.secrets


def test_a_narrowed_run_forgets_what_it_looks_at_and_what_is_out_of_scope() -> None:
    given_ = Given(run=RunFilter(paths=["y/"]), exclude=["*.log"])
    found = compared({}, {"x/a.log": "old", "y/a.log": "old"}, {}, given_)
    assert found.forgotten == ["y/a.log"]


def test_names_of_ours_are_nobodys_files() -> None:
    found = compared({}, {}, {".buckia": "1", "x/.buckia.state/base": "2", ".buckia-tmp-1": "3"})
    assert found.is_silent


@pytest.mark.parametrize("key", [".BUCKIA.state/base.sqlite", "x/.Buckia"])
def test_names_of_ours_are_ours_in_capitals_too(key: str) -> None:
    # Where the local side does not tell them apart, they would overwrite the state.
    assert compared({}, {}, {key: "1"}).is_silent


# Keys from strangers.


@pytest.mark.parametrize(
    "key", ["../a", "/a", "a/../b", "a//b", "./a", "a/.", "C:x", "a\\b", "a\0b", "x/"]
)
def test_a_hostile_key_is_told_of_and_nothing_is_done(key: str) -> None:
    found = compared({}, {}, {key: "1", "ok": "2"})
    assert list(found.cases) == ["ok"]
    assert list(found.skipped) == [key]
    assert found.skipped[key]


def test_a_folder_marker_is_passed_over_silently() -> None:
    assert compared({}, {}, {"x/": "", "x/y/": ""}).is_silent


@pytest.mark.parametrize(
    ("traits", "key"),
    [
        (Traits(max_name_bytes=4), "abcde"),
        (Traits(max_key_bytes=4), "ab/cd"),
        (Traits(forbidden="?"), "a?b"),
    ],
)
def test_what_the_local_side_cannot_hold_is_told_of(traits: Traits, key: str) -> None:
    found = compared({}, {}, {key: "1", "ok": "2"}, traits=traits)
    assert list(found.cases) == ["ok"]
    assert list(found.skipped) == [key]


def test_what_the_local_side_holds_all_the_same_takes_part() -> None:
    found = compared({"abcde": "1"}, {}, {}, traits=Traits(max_name_bytes=4))
    assert list(found.cases) == ["abcde"]


# What could not be seen.

SEEN = {"a": "1", "a-b": "2", "a.b": "3", "a/b": "4", "a/b/c": "5", "ab": "6", "b": "7"}
UNSEEN = ["a", "a/b", "a/b/c"]


@pytest.mark.parametrize("item", [Gap("a", "permission denied"), Skipped("a", "a link")])
def test_what_could_not_be_seen_holds_out_its_key_and_everything_below(item: object) -> None:
    base = dict.fromkeys(SEEN, "old")
    found = compared({"a": item}, base, SEEN)
    assert sorted(found.cases) == sorted(set(SEEN) - set(UNSEEN))
    assert not found.forgotten
    assert found.unchanged == 0
    assert (list(found.gaps), list(found.skipped)) == (
        ([item], []) if isinstance(item, Gap) else ([], ["a"])
    )


def test_what_is_unchanged_below_a_gap_is_not_counted_as_seen() -> None:
    same = {"a/b": "1", "b": "2"}
    found = compared({"a": Gap("a", "denied"), "b": "2"}, same, same)
    assert found.unchanged == 1
    assert not found.cases


def test_gaps_inside_gaps_end_where_their_own_folder_ends() -> None:
    left = {"a": Gap("a", "1"), "a!": Gap("a!", "2"), "a/b": Gap("a/b", "3"), "c": Gap("c", "4")}
    right = {"a!/x": "1", "a!x": "2", "a/b/x": "3", "a/c": "4", "ab": "5", "c/x": "6", "d": "7"}
    found = compared(left, {}, right)
    assert sorted(found.cases) == ["a!x", "ab", "d"]
    assert [gap.key for gap in found.gaps] == ["a", "a!", "a/b", "c"]


segments = st.sampled_from(["a", "b", "a-", "a!", "aa"])
paths = st.lists(segments, min_size=1, max_size=3).map("/".join)


@given(st.sets(paths, max_size=4), st.sets(paths, max_size=8))
def test_exactly_what_is_at_or_below_a_gap_is_held_out(gaps: set[str], seen: set[str]) -> None:
    left = {key: Gap(key, "denied") for key in gaps}
    found = compared(left, {}, dict.fromkeys(seen, "1"))
    held = {key for key in seen if any(f"{key}/".startswith(f"{gap}/") for gap in gaps)}
    assert set(found.cases) == seen - held
    assert {gap.key for gap in found.gaps} == gaps
