"""How the copy of a version that gives way is named."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from buckia.keys import MAX_NAME, conflict_copy, folders_above, problem
from tests.core.names import sound_keys

NOON_NS = 1_700_000_000_123_456_789
"""2023-11-14 22:13:20.123 UTC."""
COPY = re.compile(r"\.conflict-\d{8}T\d{9}Z-desk")


@pytest.mark.parametrize(
    ("key", "copy"),
    [
        ("a.txt", "a.conflict-20231114T221320123Z-desk.txt"),
        ("x/y/a.txt", "x/y/a.conflict-20231114T221320123Z-desk.txt"),
        ("x.y/a", "x.y/a.conflict-20231114T221320123Z-desk"),
        ("a.tar.gz", "a.tar.conflict-20231114T221320123Z-desk.gz"),
        (".profile", ".profile.conflict-20231114T221320123Z-desk"),
        ("x/.profile", "x/.profile.conflict-20231114T221320123Z-desk"),
        (".a.txt", ".a.conflict-20231114T221320123Z-desk.txt"),
        ("a.", "a.conflict-20231114T221320123Z-desk."),
        ("é.日", "é.conflict-20231114T221320123Z-desk.日"),
    ],
)
def test_a_copy_lies_beside_its_key_with_the_time_and_the_device(key: str, copy: str) -> None:
    assert conflict_copy(key, NOON_NS, "desk") == copy


@pytest.mark.parametrize(
    ("mtime_ns", "time"),
    [
        (0, "19700101T000000000Z"),
        (999_999, "19700101T000000000Z"),
        (1_000_000, "19700101T000000001Z"),
        (1_000_000_000, "19700101T000001000Z"),
        (-1, "19691231T235959999Z"),
        (-1_000_000, "19691231T235959999Z"),
        (-62_000_000_000_000_000_000, "00050419T094640000Z"),
        (253_370_764_799_999_000_000, "99981231T235959999Z"),
    ],
)
def test_the_time_of_a_copy_is_cut_to_milliseconds(mtime_ns: int, time: str) -> None:
    assert conflict_copy("a", mtime_ns, "desk") == f"a.conflict-{time}-desk"


@given(st.integers(-(1 << 90), 1 << 90))
def test_no_time_that_a_file_may_claim_is_too_odd_for_a_copy(mtime_ns: int) -> None:
    copy = conflict_copy("a", mtime_ns, "desk")
    assert COPY.fullmatch(copy.removeprefix("a"))
    assert copy != conflict_copy("a", mtime_ns + 1_000_000, "desk")


@pytest.mark.parametrize(
    "name",
    [
        "a" * 255,
        "a" * 251 + ".txt",
        "é" * 127,
        "日" * 84 + ".md",
        "\U0001f600" * 62 + ".jpeg",
        "." + "a" * 254,
        "a." + "b" * 253,
        "1. A sentence that somebody took for a name " + "and made longer " * 13,
        "." + "é" * 126 + ".x",
    ],
)
@pytest.mark.parametrize("folder", ["", "x/y/"])
def test_the_copy_of_the_longest_name_can_be_a_name_too(name: str, folder: str) -> None:
    assert len(name.encode()) <= MAX_NAME
    copy = conflict_copy(folder + name, NOON_NS, "a-device-of-some-length")
    assert copy.startswith(folder)
    assert len(copy.removeprefix(folder).encode()) <= MAX_NAME
    assert ".conflict-20231114T221320123Z-a-device-of-some-length" in copy


@pytest.mark.parametrize(
    ("key", "copy"),
    [
        ("a." + "x" * 32, "a.conflict-20231114T221320123Z-desk." + "x" * 32),
        # More than that is the end of a sentence, and no extension.
        ("a." + "x" * 33, "a." + "x" * 33 + ".conflict-20231114T221320123Z-desk"),
        ("a." + "é" * 16, "a.conflict-20231114T221320123Z-desk." + "é" * 16),
        ("a." + "é" * 17, "a." + "é" * 17 + ".conflict-20231114T221320123Z-desk"),
    ],
)
def test_an_extension_is_short(key: str, copy: str) -> None:
    assert conflict_copy(key, NOON_NS, "desk") == copy


def test_a_stem_is_cut_only_where_the_name_would_be_too_long() -> None:
    room = 255 - len(".conflict-20231114T221320123Z-desk.txt")
    assert conflict_copy("a" * room + ".txt", NOON_NS, "desk").startswith("a" * room + ".conflict")
    cut = conflict_copy("a" * room + "a.txt", NOON_NS, "desk")
    assert len(cut) == 255
    assert "~" in cut


def test_a_short_extension_survives_when_the_stem_is_cut() -> None:
    copy = conflict_copy("a" * 250 + ".jpeg", NOON_NS, "desk")
    assert copy.startswith("aaa")
    assert copy.endswith("Z-desk.jpeg")


def test_names_that_differ_only_where_they_are_cut_keep_two_copies() -> None:
    one, other = "a" * 250 + "1.txt", "a" * 250 + "2.txt"
    assert conflict_copy(one, NOON_NS, "desk") != conflict_copy(other, NOON_NS, "desk")


@given(sound_keys, sound_keys, st.integers(0, 1 << 61))
def test_copies_of_different_keys_differ_and_are_sound_keys(
    one: str, other: str, mtime_ns: int
) -> None:
    assume(one != other)
    first, second = (conflict_copy(key, mtime_ns, "desk") for key in (one, other))
    assert first != second
    assert problem(first) is None
    assert folders_above(first) == folders_above(one)


@given(sound_keys, st.integers(0, 1 << 61))
def test_a_second_attempt_finds_the_copy_of_the_first(key: str, mtime_ns: int) -> None:
    assert conflict_copy(key, mtime_ns, "desk") == conflict_copy(key, mtime_ns, "desk")
    assert conflict_copy(key, mtime_ns, "desk") != conflict_copy(key, mtime_ns, "phone")
