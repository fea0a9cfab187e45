"""A plugin of pytest that writes down how each test ended, for whoever has asked for it.

One line of JSON for each test, in the file that the environment names.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import buckia

REPORT = "MUTATIONS_REPORT"


class Ending(msgspec.Struct, frozen=True):
    """How one test ended."""

    test: str
    outcome: str
    """Passed, failed or skipped."""
    kinds: tuple[str, ...] = ()
    """The class of what was raised and all classes that it is one of."""
    said: str = ""
    code: str = ""
    """The folder that Buckia was imported from."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.outcome != "passed":
        raised = call.excinfo
        _write(
            Ending(
                test=item.nodeid,
                outcome=report.outcome,
                kinds=tuple(one.__name__ for one in raised.type.__mro__) if raised else (),
                said=str(raised.value).strip().partition("\n")[0][:200] if raised else "",
                code=buckia.__path__[0],
            )
        )
    return report


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        said = str(report.longrepr).strip().rpartition("\n")[2][:200]
        _write(Ending(report.nodeid, "failed", ("ImportError",), said, buckia.__path__[0]))


def _write(ending: Ending) -> None:
    with Path(os.environ[REPORT]).open("ab") as file:
        file.write(msgspec.json.encode(ending) + b"\n")
