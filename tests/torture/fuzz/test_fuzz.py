"""A few inputs of each kind that is hostile, the same each time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.torture.fuzz.keys import Names, play_keys
from tests.torture.fuzz.kinds import KINDS
from tests.torture.fuzz.playing import counted
from tests.torture.fuzz.watching import as_deep_as_need_be


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", KINDS)
def test_hostile_input_ends_in_an_error_of_ours_and_does_no_harm(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)
    outcomes = counted(KINDS[name], tmp_path, examples=KINDS[name].short)
    assert outcomes.total() >= KINDS[name].short // 2
    assert len(outcomes) > 1, "or all were refused for one reason, and nothing here is tested"


def test_a_name_in_more_folders_than_calls_can_be_deep_is_taken(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    try:
        assert play_keys(place, Names(["z/" * 1201 + "z"], {})) == "all were transferred"
    finally:
        # What pytest clears up with calls itself for each folder.
        with as_deep_as_need_be():
            shutil.rmtree(place)
