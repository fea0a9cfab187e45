"""Buckets that mean harm, on a small scale; each in a process of its own that is fenced in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.fuzz.measured import CASES, SHORT, Case


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured by /proc")
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_short], ids=lambda case: case.name
)
def test_a_bucket_that_means_harm_gets_an_error_and_no_memory(case: Case, tmp_path: Path) -> None:
    assert case.play(tmp_path, SHORT)
