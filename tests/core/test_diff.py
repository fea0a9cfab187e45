"""Each side against its own past: what a version, a size, a digest and a hint can show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests
from buckia.diff import (
    Case,
    Change,
    agreed_by,
    came_true,
    holds_bytes,
    plain,
    same,
)
from buckia.model import Agreed, BasicEntry, Intent, SideName
from tests.core.cases import (
    BASE,
    LEFT,
    OURS,
    RIGHT,
    THEIRS,
    World,
    case,
    change,
    entry,
    known,
    row,
    told,
    worlds,
)

KEPT, WRITTEN, REMOVED, UNSURE = Change

MD5 = ("md5",)
NONE: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("found", "became"),
    [
        (None, REMOVED),
        (entry(BASE, "L0"), KEPT),
        (entry(BASE, "L0", knows=NONE), KEPT),
        # Another version of the same bytes: a touch, or the same bytes uploaded once more.
        (entry(BASE, "L1"), KEPT),
        (entry(BASE, "L1", knows=NONE, hints=["sha256"]), KEPT),
        (entry(OURS, "L1"), WRITTEN),
        (entry("longer than the base", "L1", knows=NONE), WRITTEN),
        (entry("", "L1", knows=NONE), WRITTEN),
        # Nothing common to compare by, or only a hint that differs.
        (entry(BASE, "L1", knows=NONE), UNSURE),
        (entry(OURS, "L1", knows=NONE), UNSURE),
        (entry(OURS, "L1", knows=MD5), UNSURE),
        (entry(OURS, "L1", knows=NONE, hints=["sha256"]), UNSURE),
        (entry(BASE, "L1", knows=NONE, hints=["md5"]), UNSURE),
    ],
)
def test_a_side_is_compared_with_its_own_past(found: BasicEntry | None, became: Change) -> None:
    assert change(case(found, None, row(BASE)), LEFT) is became
    mirrored = case(None, found, row(BASE, left="R0", right="L0"))
    assert change(mirrored, RIGHT) is became


def test_without_a_base_row_a_present_key_is_written_and_an_absent_one_as_it_was() -> None:
    assert change(case(entry(OURS), None), LEFT) is WRITTEN
    assert change(case(entry(OURS), None), RIGHT) is KEPT
    assert change(case(None, entry(OURS)), RIGHT) is WRITTEN


def test_a_version_of_the_other_side_says_nothing_about_this_one() -> None:
    swapped = case(entry(OURS, "R0"), entry(OURS, "L0"), row(BASE))
    assert [change(swapped, side) for side in SideName] == [WRITTEN, WRITTEN]


def test_one_digest_that_differs_outweighs_all_that_agree() -> None:
    odd = BasicEntry(
        key="k",
        size=4,
        version="L1",
        digests={**told(BASE, MD5), **told(OURS)},
        hints=told(BASE),
    )
    assert change(case(odd, None, row(BASE, knows=["md5", "sha256"])), LEFT) is WRITTEN


def test_a_digest_outweighs_a_hint_of_the_same_algorithm() -> None:
    odd = BasicEntry(key="k", size=4, version="L1", digests=told(OURS), hints=told(BASE))
    assert holds_bytes(odd, 4, digests.pack(told(BASE))) is False


def test_a_digest_in_capitals_is_the_same_digest() -> None:
    loud = {name: value.upper() for name, value in told(BASE).items()}
    assert holds_bytes(BasicEntry("k", 4, "v", digests=loud), 4, digests.pack(told(BASE))) is True


@given(worlds(based=True), st.sampled_from(SideName))
def test_what_a_change_says_is_true_of_the_bytes(world: World, side: SideName) -> None:
    became, text = change(world.case, side), world.text(side)
    assert (became is REMOVED) is (text is None)
    if became is KEPT:
        assert text == world.base
    if became is WRITTEN:
        assert text != world.base


@given(worlds(based=True), st.sampled_from(SideName))
def test_with_all_digests_known_nothing_is_unsure(world: World, side: SideName) -> None:
    assert change(world.proven(), side) is not UNSURE


# Whether two entries have the same bytes.


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (entry(OURS), entry(OURS), True),
        (entry(OURS), entry(THEIRS), False),
        (entry(OURS, knows=NONE), entry("longer", knows=NONE), False),
        (entry(OURS, knows=NONE), entry(OURS, knows=NONE), None),
        (entry(OURS, knows=MD5), entry(OURS), None),
        (entry(OURS, knows=MD5), entry(THEIRS), None),
        # A hint that equals a digest proves sameness, one that differs proves nothing.
        (entry(OURS, knows=MD5), entry(OURS, knows=NONE, hints=MD5), True),
        (entry(OURS, knows=NONE, hints=MD5), entry(OURS, knows=MD5), True),
        (entry(OURS, knows=MD5), entry(THEIRS, knows=NONE, hints=MD5), None),
        # Two hints prove nothing, not even when they are equal.
        (entry(OURS, knows=NONE, hints=MD5), entry(OURS, knows=NONE, hints=MD5), None),
    ],
)
def test_same_bytes_are_proven_and_never_assumed(
    one: BasicEntry, other: BasicEntry, answer: bool | None
) -> None:
    assert same(one, other) is answer
    assert same(other, one) is answer


@given(
    st.sampled_from([BASE, OURS, THEIRS, "longer"]),
    st.sampled_from([BASE, OURS, THEIRS, "longer"]),
    known,
    known,
    known,
    known,
)
def test_an_answer_about_two_entries_is_true_or_there_is_none(
    one: str, other: str, known1: list[str], known2: list[str], hints1: list[str], hints2: list[str]
) -> None:
    first = entry(one, knows=known1, hints=hints1)
    second = entry(other, knows=known2, hints=hints2)
    answer = same(first, second)
    assert answer in (one == other, None)
    assert answer == same(second, first)
    if set(known1) & set(known2):
        assert answer is not None


# Both sides of a case are treated alike.


@given(worlds())
def test_a_case_seen_from_the_other_side_and_back_is_itself(world: World) -> None:
    assert world.case.swapped().swapped() == world.case


@given(worlds())
def test_seen_from_the_other_side_each_side_has_changed_as_before(world: World) -> None:
    swapped = world.case.swapped()
    assert change(swapped, RIGHT) is change(world.case, LEFT)
    assert change(swapped, LEFT) is change(world.case, RIGHT)
    assert swapped.side(LEFT) == world.case.side(RIGHT)


def test_an_entry_of_ours_under_its_own_key_is_taken_as_it_is() -> None:
    """There are as many as there are objects, and they never change."""
    found = entry(OURS, "v7", key="k")
    assert plain(found, "k") is found
    assert plain(found, "other").key == "other"


def test_an_entry_becomes_a_value_under_the_key_of_the_engine() -> None:
    found = entry(OURS, "v7", key="inner/k", hints=MD5, mtime_ns=12)
    value = plain(found, "outer/k")
    assert value.key == "outer/k"
    assert (value.size, value.version, value.mtime_ns) == (4, "v7", 12)
    assert (value.digests, value.hints) == (found.digests, found.hints)


# What an intent of a run that was killed came to.

PACKED = digests.pack(told(OURS))
WISH = Intent(key="k", side=RIGHT, digests=PACKED, size=4, source="L1", origin="docs")
REMOVAL = Intent(key="k", side=RIGHT, digests="")


@pytest.mark.parametrize(
    ("right", "answer"),
    [
        (entry(OURS, "R1"), True),
        (entry(OURS, "R1", knows=NONE, hints=["sha256"]), True),
        (entry(THEIRS, "R1"), False),
        (entry(BASE, "R0"), False),
        (entry("longer", "R1", knows=NONE), False),
        (entry(OURS, "R1", knows=NONE), None),
        (None, False),
    ],
)
def test_a_wish_came_true_when_the_side_holds_its_bytes(
    right: BasicEntry | None, answer: bool | None
) -> None:
    assert came_true(case(entry(OURS, "L1"), right, row(BASE)), WISH) is answer


def test_a_wish_for_a_removal_came_true_when_nothing_is_there() -> None:
    assert came_true(case(None, None, row(BASE)), REMOVAL) is True
    assert came_true(case(None, entry(BASE, "R0"), row(BASE)), REMOVAL) is False


def test_only_the_side_of_the_wish_is_looked_at() -> None:
    left_wish = Intent(key="k", side=LEFT, digests=PACKED, size=4, source="R1")
    assert came_true(case(entry(OURS, "L1"), entry(THEIRS, "R2"), row(BASE)), left_wish) is True
    assert came_true(case(entry(THEIRS, "L1"), entry(OURS, "R1"), row(BASE)), left_wish) is False


def test_a_wish_that_came_true_is_what_both_sides_agreed_on() -> None:
    found = case(entry(THEIRS, "L2"), entry(OURS, "R1"), row(BASE))
    assert agreed_by(found, WISH) == Agreed(
        key="k", left="L1", right="R1", size=4, digests=PACKED, origin="docs"
    )


def test_a_wish_for_the_left_side_agrees_the_other_way_round() -> None:
    wish = Intent(key="k", side=LEFT, digests=PACKED, size=4, source="R1", origin="docs")
    agreed = agreed_by(case(entry(OURS, "L2"), entry(OURS, "R9"), None), wish)
    assert agreed is not None
    assert (agreed.left, agreed.right) == ("L2", "R1")


def test_a_removal_that_came_true_leaves_no_row() -> None:
    assert agreed_by(case(entry(OURS, "L2"), None, row(BASE)), REMOVAL) is None


def test_after_a_kill_the_edit_made_since_is_an_edit_and_no_conflict() -> None:
    seen = case(entry(THEIRS, "L2"), entry(OURS, "R1"), row(BASE))
    assert [change(seen, side) for side in SideName] == [WRITTEN, WRITTEN]
    after = Case(key="k", left=seen.left, right=seen.right, base=agreed_by(seen, WISH))
    assert [change(after, side) for side in SideName] == [WRITTEN, KEPT]


def test_after_a_kill_without_any_edit_nothing_has_changed() -> None:
    seen = case(entry(OURS, "L1", knows=NONE), entry(OURS, "R1", knows=NONE), row(BASE))
    after = Case(key="k", left=seen.left, right=seen.right, base=agreed_by(seen, WISH))
    assert [change(after, side) for side in SideName] == [KEPT, KEPT]


def test_a_source_that_had_no_version_is_compared_by_its_bytes() -> None:
    wish = Intent(key="k", side=RIGHT, digests=PACKED, size=4)
    seen = case(entry(OURS, "L1"), entry(OURS, "R1"))
    after = Case(key="k", left=seen.left, right=seen.right, base=agreed_by(seen, wish))
    assert change(after, LEFT) is KEPT
    edited = Case(key="k", left=entry(THEIRS, "L1"), right=seen.right, base=after.base)
    assert change(edited, LEFT) is WRITTEN
