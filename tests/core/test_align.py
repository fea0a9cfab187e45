"""Sorted streams, cut so that whatever belongs to one key comes in one slice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buckia.align import Block, align
from buckia.errors import Corrupted, Unavailable

Cut = list[list[str]]
"""A stream: its keys, block by block."""

keys = st.text("ab/-", max_size=3)


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """Sorted keys, each once, in blocks of any length, some of them empty."""
    everything = sorted(draw(st.sets(keys, max_size=12)))
    ends = sorted(draw(st.lists(st.integers(0, len(everything)), max_size=6)))
    starts = [0, *ends]
    return [
        everything[start:end] for start, end in zip(starts, [*ends, len(everything)], strict=True)
    ]


streams = st.lists(cuts(), min_size=1, max_size=4)


def block(names: Sequence[str], *, marked: bool = False) -> Block[str]:
    return Block(list(names), [f"item of {name}" for name in names], marked)


def blocks(cut: Cut) -> Iterator[Block[str]]:
    return map(block, cut)


def aligned(*many: Cut) -> list[list[Block[str]]]:
    return list(align(*((f"stream {at}", blocks(cut)) for at, cut in enumerate(many))))


class Watched:
    """A stream that knows how many of its blocks were taken."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.taken = 0

    def __iter__(self) -> Iterator[Block[str]]:
        for names in self.cut:
            self.taken += 1
            yield block(names)


# What is cut comes together again.


@given(streams)
@example([[["a", "b"], ["c"]], [["b"]], []])
def test_the_slices_of_a_stream_are_the_stream(many: list[Cut]) -> None:
    slices = aligned(*many)
    for at, cut in enumerate(many):
        expected = [name for names in cut for name in names]
        assert [name for each in slices for name in each[at].keys] == expected
        assert [item for each in slices for item in each[at].items] == [
            f"item of {name}" for name in expected
        ]


@given(streams)
def test_a_key_is_in_one_slice_for_all_streams(many: list[Cut]) -> None:
    places: dict[str, set[int]] = {}
    for number, each in enumerate(aligned(*many)):
        for part in each:
            for name in part.keys:
                places.setdefault(name, set()).add(number)
    assert all(len(numbers) == 1 for numbers in places.values())


@given(streams)
def test_slices_come_in_the_order_of_their_keys(many: list[Cut]) -> None:
    last = None
    for each in aligned(*many):
        names = sorted(name for part in each for name in part.keys)
        assert names, "a slice without any key is a step for nothing"
        assert last is None or last < names[0]
        last = names[-1]


@given(streams)
def test_every_slice_has_a_part_of_each_stream(many: list[Cut]) -> None:
    assert all(len(each) == len(many) for each in aligned(*many))


@given(cuts(), st.integers(1, 3))
def test_equal_streams_come_block_by_block_as_they_are(cut: Cut, count: int) -> None:
    slices = aligned(*[cut] * count)
    assert [[part.keys for part in each] for each in slices] == [
        [names] * count for names in cut if names
    ]


def test_a_block_that_is_taken_whole_is_handed_on_as_it_is() -> None:
    whole = block(["a", "b"])
    [[part, _]] = list(align(("one", iter([whole])), ("other", iter([block(["b"])]))))
    assert part is whole


def test_marks_stay_with_the_parts_of_their_block() -> None:
    marked, plain = block(["a", "c", "e"], marked=True), block(["b", "d", "e"])
    for first, second in align(("one", iter([marked])), ("other", iter([plain]))):
        assert first.marked
        assert not second.marked
    halves = [
        part
        for part, _ in align(("one", iter([marked])), ("other", iter([block(["b"]), block(["e"])])))
    ]
    assert [part.marked for part in halves] == [True, True]
    assert [part.keys for part in halves] == [["a"], ["c", "e"]]


def test_streams_without_keys_have_no_slices() -> None:
    assert aligned([], []) == []
    assert aligned([[], []], [[]]) == []


def test_the_empty_key_is_a_key() -> None:
    assert [part.keys for [part] in aligned([["", "a"]])] == [["", "a"]]


# What is out of order would be read as deletions.


@pytest.mark.parametrize(
    "cut",
    [
        [["b", "a"]],
        [["a", "a"]],
        [["a", "c", "b"]],
        [["a"], ["a"]],
        [["b"], ["a"]],
        [["a", "c"], ["b", "d"]],
        [["a"], [], ["a"]],
        [["", ""]],
        [[""], [""]],
        [["é", "e"]],
    ],
)
def test_a_stream_out_of_order_is_an_error_that_names_it(cut: Cut) -> None:
    with pytest.raises(Corrupted, match="the bucket") as error:
        list(align(("here", blocks([["a"], ["z"]])), ("the bucket", blocks(cut))))
    assert error.value.hint


@given(st.lists(keys, max_size=8), st.integers(0, 8))
def test_any_stream_is_either_sorted_or_an_error(names: list[str], at: int) -> None:
    cut = [names[:at], names[at:]]
    if names == sorted(set(names)):
        assert [name for [part] in aligned(cut) for name in part.keys] == names
    else:
        with pytest.raises(Corrupted):
            aligned(cut)


@given(cuts(), cuts(), st.integers(0, 5))
def test_a_stream_that_breaks_off_is_never_a_shorter_one(cut: Cut, other: Cut, after: int) -> None:
    def breaking() -> Iterator[Block[str]]:
        yield from (block(names) for names in cut[:after])
        raise Unavailable("the connection was lost")

    found: list[str] = []
    with pytest.raises(Unavailable):
        for first, _ in align(("the bucket", breaking()), ("here", blocks(other))):
            found += first.keys
    assert found == [name for names in cut[:after] for name in names][: len(found)]


def test_the_code_point_decides_as_in_a_bucket() -> None:
    names = ["B", "a", "a-b", "a/b", "ab", "é", "\U0001f600"]
    assert [part.keys for [part] in aligned([names])] == [names]


# How far it reads.


def test_nothing_is_read_before_the_first_slice_is_asked_for() -> None:
    watched = Watched([["a"]])
    align(("one", iter(watched)))
    assert watched.taken == 0


@given(streams)
def test_no_stream_is_read_further_than_to_the_block_at_hand(many: list[Cut]) -> None:
    watched = [Watched([names for names in cut if names]) for cut in many]
    used = [0] * len(many)
    for each in align(*((str(at), iter(one)) for at, one in enumerate(watched))):
        for at, one in enumerate(watched):
            # All blocks before the one at hand have been handed out to the last key.
            ends = [sum(map(len, one.cut[: n + 1])) for n in range(len(one.cut))]
            assert one.taken <= bisect_left(ends, used[at] + 1) + 1
            used[at] += len(each[at].keys)


def test_a_long_stream_waits_for_a_short_one() -> None:
    long, short = Watched([[f"{number:03}"] for number in range(500)]), Watched([["250"], ["400"]])
    slices = align(("long", iter(long)), ("short", iter(short)))
    for number in range(250):
        first, second = next(slices)
        assert (first.keys, second.keys) == ([f"{number:03}"], [])
        assert long.taken == number + 1
        assert short.taken == 1
    assert [part.keys for part in next(slices)] == [["250"], ["250"]]
    assert short.taken == 1
