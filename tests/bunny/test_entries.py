"""What the service tells of files can be anything; what is none of it is an error of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import Unavailable
from buckia_bunny import entries, faults

NESTED = b"[" * 100_000


@pytest.mark.parametrize("read", [entries.decoded, entries.described])
def test_an_answer_that_is_nested_without_end_is_none(read: Callable[[bytes, str], object]) -> None:
    row = b'{"ObjectName": "a", "More": ' + NESTED
    with pytest.raises(Unavailable):
        read(b"[" * (read is entries.decoded) + row, "d")


def test_a_refusal_that_is_nested_without_end_says_nothing() -> None:
    assert faults.message_of(b'{"More": ' + NESTED) == ""


@pytest.mark.parametrize("length", [-1, 2**63, 10**30])
def test_a_length_that_no_file_can_have_is_an_error(length: int) -> None:
    [row] = entries.decoded(b'[{"ObjectName": "a", "Length": %d}]' % length, "d")
    with pytest.raises(Unavailable) as caught:
        entries.entry("a", row)
    assert caught.value.key == "a"


def test_the_length_of_a_folder_does_not_matter() -> None:
    [row] = entries.decoded(b'[{"ObjectName": "a", "Length": -1, "IsDirectory": true}]', "d")
    assert row.is_directory


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/zone/", "", True),
        ("/zone/d/e/", "d/e", True),
        ("/Zone/d/e", "d/e", True),
        ("/zone/a%20b/", "a b", True),
        ("/zone/caf\u00e9/", "caf\u00e9", True),
        ("/zone//d/", "d", True),
        ("", "d", True),
        ("/zone/d/", "", False),
        ("/zone/", "d", False),
        ("/other/d/", "d", False),
        ("/zone/D/", "d", False),
    ],
)
def test_a_row_tells_which_folder_it_is_from(path: str, folder: str, *, expected: bool) -> None:
    assert entries.lies_in(entries.Row(object_name="a", path=path), "zone", folder) is expected


def test_a_row_that_does_not_tell_its_folder_is_believed() -> None:
    assert entries.lies_in(entries.Row(object_name="a"), "zone", "d")
