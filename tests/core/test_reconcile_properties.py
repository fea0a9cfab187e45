"""What holds for every key that can be, whatever the table says of it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, given
from hypothesis import strategies as st

from buckia.diff import Case, Change, changes
from buckia.model import Direction, Policy, SideName
from buckia.reconcile import Deed, Rules, Unproven, Verdict, reconcile
from tests.core.cases import LEFT, NOW_NS, RIGHT, World, case, entry, row, worlds

rules = st.builds(
    Rules,
    direction=st.sampled_from(Direction),
    delete_orphaned=st.booleans(),
    policy=st.sampled_from(Policy),
    explicit_policy=st.booleans(),
)
WRITES: Mapping[Deed, SideName] = {
    Deed.TO_LEFT: LEFT,
    Deed.DELETE_LEFT: LEFT,
    Deed.TO_RIGHT: RIGHT,
    Deed.DELETE_RIGHT: RIGHT,
}
"""The side that a deed changes. `KEEP_BOTH` changes both and loses nothing of either."""
MIRRORED: Mapping[str, str] = {
    Deed.TO_LEFT: Deed.TO_RIGHT,
    Deed.TO_RIGHT: Deed.TO_LEFT,
    Deed.DELETE_LEFT: Deed.DELETE_RIGHT,
    Deed.DELETE_RIGHT: Deed.DELETE_LEFT,
    Direction.PUSH: Direction.PULL,
    Direction.PULL: Direction.PUSH,
    Policy.LOCAL_WINS: Policy.REMOTE_WINS,
    Policy.REMOTE_WINS: Policy.LOCAL_WINS,
}
"""Each word and its opposite; words that are their own are left out."""


def judged(seen: Case, settings: Rules) -> Verdict | None:
    """The verdict; None where something has to be proven first."""
    try:
        return reconcile(seen, settings, now_ns=NOW_NS)
    except Unproven:
        return None


def mirrored(settings: Rules) -> Rules:
    return Rules(
        direction=Direction(MIRRORED.get(settings.direction, settings.direction)),
        delete_orphaned=settings.delete_orphaned,
        policy=Policy(MIRRORED.get(settings.policy, settings.policy)),
        explicit_policy=settings.explicit_policy,
    )


def from_the_other_side(reason: str) -> str:
    """The words of a reason with both places exchanged."""
    return (
        reason.replace("in the bucket", "\0").replace("here", "in the bucket").replace("\0", "here")
    )


@given(worlds(), rules)
def test_with_all_digests_known_there_is_always_a_verdict(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    assert verdict.reason or verdict.deed in {Deed.NOTHING, Deed.REFRESH, Deed.FORGET}


@given(worlds(), rules)
def test_a_verdict_is_the_same_however_much_more_is_known(world: World, settings: Rules) -> None:
    verdict = judged(world.case, settings)
    assert verdict in (None, judged(world.proven(), settings))


@given(worlds(), rules)
def test_nothing_is_written_down_as_agreed_that_is_not_the_same(
    world: World, settings: Rules
) -> None:
    verdict = judged(world.case, settings)
    if verdict is not None and verdict.deed is Deed.ADOPT:
        assert world.left == world.right is not None
    if verdict is not None and verdict.deed is Deed.REFRESH:
        assert world.left == world.right == world.base is not None


@given(worlds(), rules)
def test_nothing_is_to_be_done_only_where_nothing_is_left_to_do(
    world: World, settings: Rules
) -> None:
    verdict = judged(world.case, settings)
    assume(verdict is not None)
    if verdict is not None and verdict.deed is Deed.NOTHING:
        winner = {Direction.PUSH: world.left, Direction.PULL: world.right}.get(
            settings.direction, "both"
        )
        assert world.left == world.right or (winner is None and not settings.delete_orphaned)


@given(worlds(based=False), rules)
def test_without_a_base_row_a_sync_in_both_directions_deletes_nothing(
    world: World, settings: Rules
) -> None:
    assume(settings.direction is Direction.BOTH)
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    assert verdict.deed not in {Deed.DELETE_LEFT, Deed.DELETE_RIGHT, Deed.FORGET}


@given(worlds(), rules)
def test_unless_deletions_travel_nothing_is_deleted(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    if verdict.deed in {Deed.DELETE_LEFT, Deed.DELETE_RIGHT}:
        assert settings.delete_orphaned


@given(worlds(), rules)
def test_only_what_the_other_side_has_lost_is_deleted(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    if verdict.deed is Deed.DELETE_LEFT:
        assert (world.left is not None, world.right) == (True, None)
    if verdict.deed is Deed.DELETE_RIGHT:
        assert (world.left, world.right is not None) == (None, True)


@given(worlds(), rules)
def test_the_winning_side_of_a_direction_is_never_written(world: World, settings: Rules) -> None:
    written = {Direction.PUSH: RIGHT, Direction.PULL: LEFT}.get(settings.direction)
    assume(written is not None)
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    assert verdict.deed not in {Deed.KEEP_BOTH, Deed.ASK}
    assert WRITES.get(verdict.deed, written) is written


@given(worlds(), rules)
def test_no_edit_gives_way_without_being_kept(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    side = WRITES.get(verdict.deed)
    if side is None:
        return
    loser, winner = world.text(side), world.text(side.other)
    if loser not in (None, world.base):
        assert loser != winner
        assert verdict.keep
        # Where the base shows that it was changed there, somebody should hear of it.
        assert verdict.conflict or world.base is None
    else:
        assert not verdict.keep


@given(worlds(based=True), rules)
def test_an_edit_wins_over_a_deletion_in_both_directions(world: World, settings: Rules) -> None:
    assume(settings.direction is Direction.BOTH)
    seen = world.proven()
    verdict = judged(seen, settings)
    assert verdict is not None
    if changes(seen) == (Change.WRITTEN, Change.REMOVED):
        assert (verdict.deed, bool(verdict.conflict)) == (Deed.TO_RIGHT, True)
    if changes(seen) == (Change.REMOVED, Change.WRITTEN):
        assert (verdict.deed, bool(verdict.conflict)) == (Deed.TO_LEFT, True)


# The mirror.


@given(worlds(), rules)
def test_each_direction_and_policy_is_the_mirror_image_of_its_opposite(
    world: World, settings: Rules
) -> None:
    one = judged(world.case, settings)
    other = judged(world.case.swapped(), mirrored(settings))
    if one is None or other is None:
        assert one is other
        return
    assert other.deed == MIRRORED.get(one.deed, one.deed)
    assert other.conflict == MIRRORED.get(one.conflict, one.conflict)
    assert other.keep == one.keep


@given(worlds(), rules)
def test_a_pull_speaks_of_the_bucket_where_a_push_speaks_of_here(
    world: World, settings: Rules
) -> None:
    assume(settings.direction is Direction.PUSH)
    push = judged(world.proven(), settings)
    pull = judged(world.proven().swapped(), mirrored(settings))
    assert push is not None
    assert pull is not None
    assert pull.reason == from_the_other_side(push.reason)


# What a verdict leads to.


def carried_out(world: World, verdict: Verdict) -> World:
    """The key after the deed, as the next run will find it."""
    left, right, base = world.left, world.right, world.base
    match verdict.deed:
        case Deed.TO_RIGHT:
            right = base = left
        case Deed.TO_LEFT | Deed.KEEP_BOTH:
            left = base = right
        case Deed.DELETE_RIGHT:
            right = base = None
        case Deed.DELETE_LEFT:
            left = base = None
        case Deed.FORGET:
            base = None
        case Deed.ADOPT | Deed.REFRESH:
            base = left
        case _:
            return world
    found = [
        None if text is None else entry(text, f"{side.value}-now")
        for side, text in ((LEFT, left), (RIGHT, right))
    ]
    agreed = None if base is None else row(base, left="left-now", right="right-now")
    return World(case(found[0], found[1], agreed), left, right, base)


@given(worlds(), rules)
def test_after_the_deed_another_run_finds_nothing_to_do(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    after = judged(carried_out(world, verdict).case, settings)
    if verdict.deed is not Deed.ASK:
        assert after == Verdict(Deed.NOTHING)


@given(worlds(), rules)
def test_after_the_deed_the_losing_side_is_like_the_winner(world: World, settings: Rules) -> None:
    verdict = judged(world.proven(), settings)
    assert verdict is not None
    after = carried_out(world, verdict)
    if verdict.deed is Deed.ASK:
        return
    if settings.direction is Direction.PUSH and world.left is None:
        assert after.right == (None if settings.delete_orphaned else world.right)
    elif settings.direction is Direction.PULL and world.right is None:
        assert after.left == (None if settings.delete_orphaned else world.left)
    else:
        assert after.left == after.right
    if settings.direction is Direction.PUSH:
        assert after.left == world.left
    if settings.direction is Direction.PULL:
        assert after.right == world.right
