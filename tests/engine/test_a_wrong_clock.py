"""A clock that is wrong for once must not empty the trash."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Self

import pytest

from buckia.engine import run
from tests.engine.bench import Bench


class Clock(datetime):
    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + cls.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(Clock, "ahead", timedelta())
    monkeypatch.setattr(run, "datetime", Clock)
    return Clock


def replaced(bench: Bench) -> None:
    for text in ("first", "second"):
        bench.put_there("a", text)
        bench.sync()
    assert [one.data for one in bench.trash()] == [b"first"]


def test_one_run_far_in_the_future_removes_nothing(bench: Bench, clock: type[Clock]) -> None:
    replaced(bench)
    clock.ahead = timedelta(days=4000)
    bench.sync()
    clock.ahead = timedelta()
    bench.sync()
    assert [one.data for one in bench.trash()] == [b"first"]


def test_what_two_runs_find_too_old_goes(bench: Bench, clock: type[Clock]) -> None:
    replaced(bench)
    clock.ahead = timedelta(days=31)
    bench.sync()
    bench.sync()
    assert not bench.trash()
