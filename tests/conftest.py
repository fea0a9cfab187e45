"""What concerns all tests."""

from __future__ import annotations

import gc
from itertools import count

from tests.wanted import left_out

_BLOCK = 500
_tests = count(1)


def pytest_report_header() -> str:
    """Classes of suites that are not wanted are not even collected, so say so once."""
    return f"left out: {', '.join(left_out()) or 'nothing'}"


def pytest_collection_finish() -> None:
    _set_apart()


def pytest_runtest_logfinish() -> None:
    if next(_tests) % _BLOCK == 0:
        _set_apart()


def _set_apart() -> None:
    """Tests and what is told of them are no garbage: nobody need look through them again."""
    gc.collect()
    gc.freeze()
