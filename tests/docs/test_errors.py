"""What the documentation says of errors is what really happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from buckia.cli.codes import ExitCode
from tests.docs.house import Unable
from tests.docs.troubles import DOCUMENT, SCENES, played, rows

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="paths and permissions are shown as POSIX has them"
)
TABLE = rows(DOCUMENT.read_text(encoding="utf-8"))


def test_the_table_has_a_row_for_each_scene_in_their_order() -> None:
    assert list(TABLE) == list(SCENES)


@pytest.mark.parametrize("title", SCENES)
def test_what_the_table_says_is_what_is_said_and_done(title: str, tmp_path: Path) -> None:
    try:
        row = played(title, tmp_path)
    except Unable as error:
        pytest.skip(str(error))
    assert TABLE[title] == str(row), "write it anew: python -m tests.docs.troubles"


def test_there_is_a_row_for_every_exit_code_that_means_an_error() -> None:
    shown = {int(row.split(" | ")[1]) for row in TABLE.values()}
    # Nobody needs a table to know that a program was interrupted.
    assert shown == set(ExitCode) - {ExitCode.INTERRUPTED}
