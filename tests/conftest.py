"""What concerns all tests."""

from __future__ import annotations

import gc

from tests.wanted import left_out


def pytest_report_header() -> str:
    """Classes of suites that are not wanted are not even collected, so say so once."""
    return f"left out: {', '.join(left_out()) or 'nothing'}"


def pytest_collection_finish() -> None:
    """Thousands of tests are no garbage: nobody need look through them at each collection."""
    gc.collect()
    gc.freeze()
