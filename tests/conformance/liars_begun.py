"""Lies about requests that are under way: answers that come too early, never, or to others."""

from __future__ import annotations

import tempfile
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any, Generic, TypeVar

from buckia.errors import StorageError, Unavailable
from buckia.protocols import Begun, Body, Entry, Expected
from tests.conformance.liar import Liar, caught_by

R = TypeVar("R")


class Later(Generic[R]):
    """What is asked for is done when somebody waits for it."""

    def __init__(self, end: Callable[[], R]) -> None:
        self._end = end

    def end(self) -> R:
        return self._end()

    def close(self) -> None:
        pass


class Around(Generic[R]):
    """An honest request; subclasses spoil one of its habits."""

    def __init__(self, store: Any, inner: Begun[R]) -> None:
        self.store = store
        self.inner = inner

    def end(self) -> R:
        return self.inner.end()

    def close(self) -> None:
        self.inner.close()


class Begins(Liar):
    """Reads and writes alike are under way in a way of their own."""

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        return inner

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Any:
        return self.around(super().begin_write(key, body, expect=expect))

    def begin_read(self, key: str, *, version: str | None = None) -> Any:
        return self.around(super().begin_read(key, version=version))


@caught_by(
    "a_begun_write_over_something_else_is_refused_at_its_end",
    "a_begun_write_of_an_impossible_key_is_refused_at_its_end",
    "a_begun_write_of_a_bad_body_leaves_what_was_there",
    "a_begun_read_of_another_version_is_refused_at_its_end",
    "a_begun_read_of_what_is_absent_is_not_found_at_its_end",
)
class AnswersAtOnce(Begins):
    def around(self, inner: Begun[Any]) -> Begun[Any]:
        answer = inner.end()
        return Later(lambda: answer)


@caught_by(
    "writes_that_are_under_way_together_all_arrive",
    "a_refusal_is_told_to_the_write_that_was_refused",
    "reads_that_are_under_way_together_give_each_their_own",
)
class AnswersInTurn(Begins):
    """As they come through one connection; whoever waits first gets the first."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: deque[Begun[Any]] = deque()

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        self.under_way.append(inner)
        return Later(lambda: self.under_way.popleft().end())


@caught_by(
    "a_begun_write_may_be_ended_by_another_thread", "a_begun_read_may_be_ended_by_another_thread"
)
class KeepsToItsThread(Begins):
    class Request(Around[Any]):
        thread = 0

        def end(self) -> Any:
            if threading.get_ident() != self.thread:
                raise StorageError("a request can only be used in the thread that made it")
            return super().end()

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        request = self.Request(self, inner)
        request.thread = threading.get_ident()
        return request


@caught_by(
    "calls_are_answered_while_writes_are_under_way", "calls_are_answered_while_reads_are_under_way"
)
class OneThingAtATime(Begins):
    under_way = 0

    class Request(Around[Any]):
        def end(self) -> Any:
            self.store.under_way -= 1
            return super().end()

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        self.under_way += 1
        return self.Request(self, inner)

    def stat(self, key: str) -> Entry:
        if self.under_way:
            raise StorageError("the line is busy", key=key)
        return super().stat(key)


@caught_by(
    "writes_that_nobody_waits_for_hold_nothing_up", "reads_that_nobody_waits_for_hold_nothing_up"
)
class LosesALineWithEachClosing(Begins):
    lines = 16

    class Request(Around[Any]):
        def end(self) -> Any:
            self.store.lines += 1
            return super().end()

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        if not self.lines:
            raise Unavailable("all lines are busy")
        self.lines -= 1
        return self.Request(self, inner)


@caught_by(
    "writes_that_nobody_waits_for_hold_nothing_up", "reads_that_nobody_waits_for_hold_nothing_up"
)
class ClosedRequestsStayOpen(Begins):
    def __init__(self) -> None:
        super().__init__()
        self.files: list[IO[bytes]] = []

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        self.files.append(tempfile.TemporaryFile())  # noqa: SIM115 - left open on purpose
        return inner

    def __del__(self) -> None:
        for file in self.files:
            file.close()


@caught_by(
    "writes_that_nobody_waits_for_hold_nothing_up", "reads_that_nobody_waits_for_hold_nothing_up"
)
class ClosesARequestOnce(Begins):
    class Request(Around[Any]):
        is_open = True

        def close(self) -> None:
            assert self.is_open, "closed already"
            self.is_open = False

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        return self.Request(self, inner)


@caught_by(
    "closing_a_begun_write_leaves_all_others_alone", "closing_a_begun_read_leaves_all_others_alone"
)
class ClosesTheLineOfAll(Begins):
    closed = 0

    class Request(Around[Any]):
        closed = 0

        def end(self) -> Any:
            if self.closed != self.store.closed:
                raise Unavailable("the connection was closed")
            return super().end()

        def close(self) -> None:
            self.store.closed += 1

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        request = self.Request(self, inner)
        request.closed = self.closed
        return request


@caught_by(
    "closing_a_write_that_has_ended_is_harmless", "a_reading_outlives_the_request_that_brought_it"
)
class ClosesWhoeverHasTheLineNow(Begins):
    now: Begun[Any] | None = None

    class Request(Around[Any]):
        def end(self) -> Any:
            if self.store.now is not self:
                raise Unavailable("the connection was closed")
            return super().end()

        def close(self) -> None:
            self.store.now = None

    def around(self, inner: Begun[Any]) -> Begun[Any]:
        self.now = self.Request(self, inner)
        return self.now
