"""Requests that are on their way already when somebody waits: their first try is like any other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from buckia.engine.first import First
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.seen import untouched
from buckia.engine.side import Side
from buckia.errors import AccessDenied, Overtaken, StorageError, Unavailable, VersionMismatch
from buckia.model import SideName
from buckia.protocols import ABSENT, Entry, Expected
from buckia.stores.memory import MemoryStore
from tests.core.sides import Bench, body, folder, memory
from tests.core.waiting import Waiting

K = "outer/k"
R = TypeVar("R")


class Begun(Generic[R]):
    """What was asked for happens at once; what is heard of it, at the end."""

    def __init__(self, ask: Callable[[], R]) -> None:
        self.ends = self.closes = 0
        try:
            self._found = [ask()]
            self._error: StorageError | None = None
        except StorageError as error:
            self._found, self._error = [], error

    def end(self) -> R:
        self.ends += 1
        if self._error is not None:
            raise self._error
        return self._found[0]

    def close(self) -> None:
        self.closes += 1


class Closing:
    closes = 0

    def close(self) -> None:
        self.closes += 1


def held(bench: Bench) -> MemoryStore:
    """The store itself, which somebody else may write to as well."""
    assert isinstance(bench.store.store, MemoryStore)
    return bench.store.store


def begun(bench: Bench, expect: Expected, *after: Callable[[], object]) -> First[Entry]:
    """A write of `new` that was sent, and waited for; `after` comes before the answer does."""

    def ask() -> Entry:
        made = held(bench).write_if("inner/k", body("new"), expect=expect)
        for one in after:
            one()
        return made

    first = First(Begun(ask))
    first.wait()
    return first


def sent_twice(bench: Bench, expect: Expected) -> Callable[[], object]:
    """By somebody between, who tells the answer to the second one."""
    return lambda: held(bench).write_if("inner/k", body("new"), expect=expect)


def fails(error: StorageError) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def bench() -> Bench:
    return Bench(memory())


def test_what_was_begun_is_heard_and_not_sent_again(bench: Bench) -> None:
    first = begun(bench, ABSENT)
    written = bench.side.write(K, "", body("new"), expect=ABSENT, first=first)
    assert (written.key, bench.pinned(written)) == (K, "new")
    assert bench.store.called("write_if") == []


def test_a_begun_write_whose_answer_was_lost_has_succeeded(bench: Bench) -> None:
    seen = bench.put("old")
    first = begun(bench, seen.version, fails(Unavailable("lost", key="inner/k")))
    written = bench.side.write(K, "", body("new"), expect=seen.version, first=first)
    assert bench.pinned(written) == "new"
    assert len(bench.stop.waits) == 1


def test_a_begun_write_that_never_arrived_is_made_again(bench: Bench) -> None:
    def lost() -> Entry:
        raise Unavailable("lost", key="inner/k")

    first = First(Begun(lost))
    first.wait()
    written = bench.side.write(K, "", body("new"), expect=ABSENT, first=first)
    assert bench.pinned(written) == "new"
    assert bench.store.called("write_if") == ["inner/k"]


def test_a_begun_write_that_somebody_between_sends_twice_has_succeeded(bench: Bench) -> None:
    seen = bench.put("old")
    first = begun(bench, seen.version, sent_twice(bench, seen.version))
    written = bench.side.write(K, "", body("new"), expect=seen.version, first=first)
    assert bench.pinned(written) == "new"


def test_what_a_begun_write_has_replaced_may_be_gone_though_its_condition_was_refused(
    bench: Bench,
) -> None:
    seen = bench.put("old")
    theirs = partial(bench.put, "theirs")
    first = begun(bench, seen.version, theirs, sent_twice(bench, seen.version))
    with pytest.raises(Overtaken) as caught:
        bench.side.write(K, "", body("new"), expect=seen.version, first=first)
    assert not untouched(caught.value)
    assert bench.text() == "theirs"


def test_a_begun_write_is_of_the_version_that_was_seen(bench: Bench) -> None:
    seen = bench.put("old")
    bench.put("theirs")
    first = begun(bench, seen.version)
    with pytest.raises(VersionMismatch):
        bench.side.write(K, "", body("new"), expect=seen.version, first=first)
    assert bench.text() == "theirs"


def test_a_begun_download_is_of_the_version_that_was_listed(tmp_path: Path) -> None:
    with closing(folder(tmp_path / "bucket")) as store:
        bench = Bench(store)
        side = Side(SideName.RIGHT, {"": Mount(store, "outer/", "inner/")}, Limits(stop=Waiting()))
        seen = bench.put("old")
        first = side.begin_read(seen, "")
        assert first is not None
        assert first.wait()
        with closing(first.take()) as reading:
            assert reading.read() == b"old"
        bench.put("theirs")
        first = side.begin_read(seen, "")
        assert first is not None
        assert first.wait()
        with pytest.raises(VersionMismatch):
            first.take()


@pytest.mark.parametrize(
    ("error", "is_heard"),
    [
        (Unavailable("lost"), False),
        (AccessDenied("no"), True),
        (VersionMismatch("another"), True),
        (None, True),
    ],
)
def test_what_asks_for_a_second_try_asks_for_time(
    error: StorageError | None, is_heard: bool
) -> None:
    first = First(Begun(fails(error) if error is not None else lambda: "found"))
    assert first.wait() is is_heard


def test_whoever_does_not_come_to_the_answer_closes_it() -> None:
    found = Closing()
    asked = Begun(lambda: found)
    first = First(asked)
    first.wait()
    first.close()
    assert (asked.closes, found.closes) == (1, 1)


def test_an_answer_that_was_taken_is_somebody_elses_to_close() -> None:
    found = Closing()
    first = First(Begun(lambda: found))
    first.wait()
    assert first.take() is found
    first.close()
    assert found.closes == 0
