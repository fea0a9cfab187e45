"""The steps of the kit: what they say when something is wrong."""

from __future__ import annotations

import pytest

from buckia.testing.steps import content, same


def test_equal_contents_are_the_same() -> None:
    same(content(1_000), content(1_000), content(1_000))


def test_contents_that_differ_say_where_at_once() -> None:
    """Each of them has thousands of lines; comparing those line by line took hours."""
    one, other = content(3_000_000, 1), content(3_000_000, 2)
    with pytest.raises(AssertionError, match="3000000 and 3000000 bytes part at byte 1000"):
        same(one, one[:1_000] + other[1_000:])


def test_contents_of_other_lengths_part_where_one_ends() -> None:
    with pytest.raises(AssertionError, match="3 and 2 bytes part at byte 2"):
        same(b"abc", b"abc", b"ab")
