"""The table of what a sync means: every cell, in every direction, with and without a base row.

In the tables `!` says that the key is reported as a conflict, and `+` that the version which
gives way goes to the trash first although nobody agreed on it. A cell that reads `conflict` is
decided by the policy, which has a table of its own.
"""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from buckia.diff import Case
from buckia.model import Agreed, Direction, Policy
from buckia.reconcile import Deed, Rules, Unproven, Verdict, agreement, reconcile
from tests.core.cases import BASE, OURS, THEIRS, case, changed, entry, met, row

NOW_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000

Cell = tuple[str, str, str]


def cells(table: str) -> list[Cell]:
    """Left, right and what the cell says."""
    head, *lines = [
        [part.strip() for part in line.split("|")] for line in table.split("\n") if line
    ]
    return [
        (line[0], right, said)
        for line in lines
        for right, said in zip(head[1:], line[1:], strict=True)
    ]


def said(verdict: Verdict) -> str:
    return verdict.deed + "!" * bool(verdict.conflict) + "+" * verdict.keep


def judged(seen: Case, rules: Rules) -> str:
    return said(reconcile(seen, rules, now_ns=NOW_NS))


def all_rules(direction: Direction, *deletions: bool) -> list[Rules]:
    """Every setting that the table does not speak of, so that none of them changes a cell."""
    return [
        Rules(direction=direction, delete_orphaned=deletes, policy=policy, explicit_policy=chosen)
        for deletes, policy, chosen in product(deletions or (False, True), Policy, (False, True))
    ]


# With a base row.

BOTH = """
left \\ right | kept     | written  | removed
kept          | nothing  | to_left  | to_right
written       | to_right | conflict | to_right!
removed       | to_left  | to_left! | forget
"""
BOTH_DELETE = """
left \\ right | kept         | written  | removed
kept          | nothing      | to_left  | delete_left
written       | to_right     | conflict | to_right!
removed       | delete_right | to_left! | forget
"""
PUSH = """
left \\ right | kept     | written    | removed
kept          | nothing  | to_right!+ | to_right
written       | to_right | to_right!+ | to_right
removed       | forget   | forget     | forget
"""
PUSH_DELETE = """
left \\ right | kept         | written        | removed
kept          | nothing      | to_right!+     | to_right
written       | to_right     | to_right!+     | to_right
removed       | delete_right | delete_right!+ | forget
"""
PULL = """
left \\ right | kept      | written   | removed
kept          | nothing   | to_left   | forget
written       | to_left!+ | to_left!+ | forget
removed       | to_left   | to_left   | forget
"""
PULL_DELETE = """
left \\ right | kept      | written   | removed
kept          | nothing   | to_left   | delete_left
written       | to_left!+ | to_left!+ | delete_left!+
removed       | to_left   | to_left   | forget
"""
WITH_A_ROW = [
    (direction, deletes, *cell)
    for direction, deletes, table in [
        (Direction.BOTH, False, BOTH),
        (Direction.BOTH, True, BOTH_DELETE),
        (Direction.PUSH, False, PUSH),
        (Direction.PUSH, True, PUSH_DELETE),
        (Direction.PULL, False, PULL),
        (Direction.PULL, True, PULL_DELETE),
    ]
    for cell in cells(table)
    if cell[2] != "conflict"
]


@pytest.mark.parametrize(("direction", "deletes", "left", "right", "expected"), WITH_A_ROW)
def test_every_cell_of_a_key_with_a_base_row(
    direction: Direction, deletes: bool, left: str, right: str, expected: str
) -> None:
    for rules in all_rules(direction, deletes):
        assert judged(changed(left, right), rules) == expected, rules


# Without one.

NEW_BOTH = """
left \\ right | absent   | present
absent        | nothing  | to_left
present       | to_right | conflict
"""
NEW_PUSH = """
left \\ right | absent   | present
absent        | nothing  | nothing
present       | to_right | to_right+
"""
NEW_PUSH_DELETE = """
left \\ right | absent   | present
absent        | nothing  | delete_right+
present       | to_right | to_right+
"""
NEW_PULL = """
left \\ right | absent  | present
absent        | nothing | to_left
present       | nothing | to_left+
"""
NEW_PULL_DELETE = """
left \\ right | absent       | present
absent        | nothing      | to_left
present       | delete_left+ | to_left+
"""
WITHOUT_A_ROW = [
    (direction, deletes, *cell)
    for direction, deletes, table in [
        (Direction.BOTH, False, NEW_BOTH),
        (Direction.BOTH, True, NEW_BOTH),
        (Direction.PUSH, False, NEW_PUSH),
        (Direction.PUSH, True, NEW_PUSH_DELETE),
        (Direction.PULL, False, NEW_PULL),
        (Direction.PULL, True, NEW_PULL_DELETE),
    ]
    for cell in cells(table)
    if cell[2] != "conflict"
]


@pytest.mark.parametrize(("direction", "deletes", "left", "right", "expected"), WITHOUT_A_ROW)
def test_every_cell_of_a_key_without_a_base_row(
    direction: Direction, deletes: bool, left: str, right: str, expected: str
) -> None:
    for rules in all_rules(direction, deletes):
        assert judged(met(left, right), rules) == expected, rules


# What both sides wrote.


@pytest.mark.parametrize("base", [row(BASE), None])
@pytest.mark.parametrize("direction", Direction)
def test_the_same_bytes_on_both_sides_are_adopted_and_nothing_is_transferred(
    direction: Direction, base: Agreed | None
) -> None:
    equal = case(entry(OURS, "L1"), entry(OURS, "R1"), base)
    for rules in all_rules(direction):
        assert judged(equal, rules) == "adopt", rules


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.LOCAL_WINS, "to_right!+"),
        (Policy.REMOTE_WINS, "to_left!+"),
        (Policy.KEEP_BOTH, "keep_both!"),
        (Policy.ASK, "ask!"),
    ],
)
@pytest.mark.parametrize("deletes", [False, True])
def test_a_conflict_follows_the_policy(policy: Policy, expected: str, deletes: bool) -> None:
    def found(seen: Case, *, chosen: bool) -> str:
        rules = Rules(policy=policy, explicit_policy=chosen, delete_orphaned=deletes)
        verdict = reconcile(seen, rules, now_ns=NOW_NS)
        # Where both versions stay, there is none that gives way.
        return said(verdict).removesuffix("+" if verdict.deed in {"keep_both", "ask"} else "\0")

    with_row, without = changed("written", "written"), met("present", "present")
    assert found(with_row, chosen=True) == expected
    assert found(with_row, chosen=False) == expected
    assert found(without, chosen=True) == expected
    # On a new device, or with lost state, a default decides nothing: both are kept.
    assert found(without, chosen=False) == "keep_both!"


@pytest.mark.parametrize("policy", Policy)
def test_the_resolution_that_is_reported_is_the_one_that_was_taken(policy: Policy) -> None:
    rules = Rules(policy=policy, explicit_policy=True)
    verdict = reconcile(changed("written", "written"), rules, now_ns=NOW_NS)
    # The entries of this case have no times, so nobody can say which is newer.
    assert verdict.conflict == {Policy.NEWEST_WINS: Policy.KEEP_BOTH}.get(policy, policy)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (NOW_NS, NOW_NS - 10 * SECOND_NS, "to_right"),
        (NOW_NS - 10 * SECOND_NS, NOW_NS, "to_left"),
        (0, 5 * SECOND_NS, "to_left"),
        (2 * SECOND_NS + 1, 0, "to_right"),
        (0, 2 * SECOND_NS + 1, "to_left"),
        # Within two seconds of each other.
        (0, 0, "keep_both"),
        (0, 1, "keep_both"),
        (2 * SECOND_NS, 0, "keep_both"),
        (0, 2 * SECOND_NS, "keep_both"),
        (10 * SECOND_NS, 11 * SECOND_NS, "keep_both"),
        # In the future, on either side.
        (NOW_NS + 1, 0, "keep_both"),
        (0, NOW_NS + 1, "keep_both"),
        (NOW_NS + 90 * SECOND_NS, NOW_NS + 60 * SECOND_NS, "keep_both"),
        # Not stored.
        (None, 0, "keep_both"),
        (0, None, "keep_both"),
        (None, None, "keep_both"),
        (None, NOW_NS + 1, "keep_both"),
    ],
)
def test_the_newest_wins_only_where_two_stored_times_can_tell(
    left: int | None, right: int | None, expected: str
) -> None:
    rules = Rules(policy=Policy.NEWEST_WINS, explicit_policy=True)
    for base in (row(BASE), None):
        seen = case(entry(OURS, "L1", mtime_ns=left), entry(THEIRS, "R1", mtime_ns=right), base)
        verdict = reconcile(seen, rules, now_ns=NOW_NS)
        assert verdict.deed == expected
        assert verdict.conflict
        assert verdict.keep or verdict.deed is Deed.KEEP_BOTH


def test_without_a_row_the_newest_wins_only_if_somebody_chose_so() -> None:
    seen = case(entry(OURS, "L1", mtime_ns=10 * SECOND_NS), entry(THEIRS, "R1", mtime_ns=0))
    rules = Rules(policy=Policy.NEWEST_WINS, explicit_policy=False)
    assert reconcile(seen, rules, now_ns=NOW_NS).deed is Deed.KEEP_BOTH


# What a person is told.


@pytest.mark.parametrize(
    ("seen", "rules", "reason"),
    [
        (met("present", "absent"), Rules(), "new here"),
        (met("absent", "present"), Rules(), "new in the bucket"),
        (changed("written", "kept"), Rules(), "changed here"),
        (changed("kept", "written"), Rules(), "changed in the bucket"),
        (changed("kept", "removed"), Rules(), "missing in the bucket"),
        (changed("removed", "kept"), Rules(), "missing here"),
        (changed("removed", "kept"), Rules(delete_orphaned=True), "deleted here"),
        (changed("kept", "removed"), Rules(delete_orphaned=True), "deleted in the bucket"),
        (changed("written", "written"), Rules(), "changed on both sides"),
        (met("present", "present"), Rules(), "different on both sides"),
        (changed("written", "removed"), Rules(), "deleted in the bucket"),
        (changed("removed", "written"), Rules(), "deleted here"),
        (met("present", "absent"), Rules(direction=Direction.PUSH), "new here"),
        (changed("kept", "removed"), Rules(direction=Direction.PUSH), "missing in the bucket"),
    ],
)
def test_a_verdict_says_why(seen: Case, rules: Rules, reason: str) -> None:
    assert reason in reconcile(seen, rules, now_ns=NOW_NS).reason


def test_by_default_no_deletion_travels_and_nobody_has_chosen_a_policy() -> None:
    assert Rules() == Rules(
        direction=Direction.BOTH,
        delete_orphaned=False,
        policy=Policy.LOCAL_WINS,
        explicit_policy=False,
    )


# What nothing has proven.

NOTHING_KNOWN: tuple[str, ...] = ()


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    "seen",
    [
        # Both wrote as many bytes, and no digest is common to them.
        case(entry(OURS, "L1"), entry(OURS, "R1", knows=NOTHING_KNOWN), row(BASE)),
        case(entry(OURS, "L1"), entry(OURS, "R1", knows=NOTHING_KNOWN)),
        case(entry(OURS, "L1"), entry(OURS, "R1", knows=["md5"])),
        # Another version of as many bytes as before, on one side or on both.
        case(entry(BASE, "L1", knows=NOTHING_KNOWN), entry(BASE, "R0"), row(BASE)),
        case(entry(BASE, "L0"), entry(BASE, "R1", knows=NOTHING_KNOWN), row(BASE)),
        case(entry(BASE, "L1", knows=["md5"]), entry(BASE, "R1", knows=["md5"]), row(BASE)),
    ],
)
def test_a_verdict_that_hangs_on_unproven_bytes_is_none(seen: Case, direction: Direction) -> None:
    for rules in all_rules(direction):
        with pytest.raises(Unproven):
            reconcile(seen, rules, now_ns=NOW_NS)


def test_a_deletion_does_not_follow_from_an_unproven_absence_of_edits() -> None:
    seen = case(None, entry(BASE, "R1", knows=NOTHING_KNOWN), row(BASE))
    with pytest.raises(Unproven):
        reconcile(seen, Rules(delete_orphaned=True), now_ns=NOW_NS)


# Rows that have to learn something.


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (case(entry(BASE, "L0"), entry(BASE, "R0"), row(BASE)), "nothing"),
        (case(entry(BASE, "L1"), entry(BASE, "R0"), row(BASE)), "refresh"),
        (case(entry(BASE, "L0"), entry(BASE, "R1"), row(BASE)), "refresh"),
        (case(entry(BASE, "L1"), entry(BASE, "R1"), row(BASE)), "refresh"),
        (case(entry(BASE, "L0"), entry(BASE, "R0"), row(BASE), origin="docs"), "refresh"),
    ],
)
def test_new_versions_of_the_same_bytes_are_written_down_and_move_nothing(
    seen: Case, expected: str, direction: Direction
) -> None:
    for rules in all_rules(direction):
        assert judged(seen, rules) == expected


def test_an_agreement_holds_what_was_seen_on_both_sides() -> None:
    seen = case(entry(OURS, "L1"), entry(OURS, "R1"), row(BASE), origin="docs")
    agreed = agreement(seen, "sha256:00")
    assert (agreed.key, agreed.left, agreed.right) == ("k", "L1", "R1")
    assert (agreed.size, agreed.digests, agreed.origin) == (len(OURS), "sha256:00", "docs")


# Overlaid roots: the root that a key belongs to has lost it, and another one has it.

VANISHED = """
rules       | kept          | written        | removed
both        | to_left!      | to_left!       | forget!
both delete | delete_right! | to_left!       | forget!
push        | forget!       | forget!        | forget!
push delete | delete_right! | delete_right!+ | forget!
pull        | to_left!      | to_left!       | forget!
pull delete | to_left!      | to_left!       | forget!
"""


def test_a_deletion_that_brings_another_roots_file_to_light_is_told_as_a_conflict() -> None:
    seen = msgspec.structs.replace(changed("kept", "removed"), elsewhere="other/root")
    rules = Rules(direction=Direction.BOTH, delete_orphaned=True)
    assert judged(seen, rules) == "delete_left!"
    assert "other/root" in reconcile(seen, rules, now_ns=NOW_NS).reason


@pytest.mark.parametrize("right", ["kept", "written"])
def test_a_root_that_is_merely_shadowed_is_no_conflict(right: str) -> None:
    seen = changed("kept", right)
    shadowed = msgspec.structs.replace(seen, elsewhere="other/root")
    for rules in all_rules(Direction.BOTH):
        assert judged(shadowed, rules) == judged(seen, rules)


@pytest.mark.parametrize(("settings", "right", "expected"), cells(VANISHED))
def test_what_vanishes_from_its_root_while_another_has_it_is_a_deletion_and_a_conflict(
    settings: str, right: str, expected: str
) -> None:
    direction, _, deletes = settings.partition(" ")
    seen = msgspec.structs.replace(changed("removed", right), elsewhere="other/root")
    for rules in all_rules(Direction(direction), bool(deletes)):
        assert judged(seen, rules) == expected
        assert "other/root" in reconcile(seen, rules, now_ns=NOW_NS).reason
