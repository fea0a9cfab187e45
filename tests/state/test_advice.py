"""What to do about a disk that refuses the state, or a file beside it, is said with the refusal."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from buckia.state.seam import StateError, file_errors
from buckia.stores.local.faults import fault


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EMFILE, "limit of open files"),
        (errno.EIO, "look at the disk"),
    ],
)
def test_the_state_says_what_to_do_about_its_disk(number: int, word: str) -> None:
    with pytest.raises(StateError) as caught, file_errors("read", Path("place")):
        raise OSError(number, os.strerror(number))
    assert word in caught.value.hint


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.EIO, "check the disk"),
        (errno.EROFS, "mount it for writing"),
        (errno.EXDEV, "look at the disk and the permissions"),
    ],
)
def test_a_file_says_what_to_do_about_its_disk(number: int, word: str) -> None:
    told = fault(OSError(number, os.strerror(number)), "", called="/mnt/disk")
    assert word in told.hint
    assert told.message.startswith("/mnt/disk: ")
