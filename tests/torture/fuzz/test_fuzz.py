"""A few inputs of each kind that is hostile, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.fuzz.kinds import KINDS
from tests.torture.fuzz.playing import counted


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", KINDS)
def test_hostile_input_ends_in_an_error_of_ours_and_does_no_harm(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)
    outcomes = counted(KINDS[name], tmp_path, examples=KINDS[name].short)
    assert outcomes.total() >= KINDS[name].short // 2
    assert len(outcomes) > 1, "or all were refused for one reason, and nothing here is tested"
