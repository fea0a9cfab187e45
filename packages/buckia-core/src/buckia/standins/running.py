"""A server of this machine, from its start to its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from types import TracebackType
from typing import Self

import msgspec

from buckia.standins.connection import Listener
from buckia.standins.log import Asked, Log
from buckia.standins.schedule import Schedule
from buckia.standins.troubles import Fails
from buckia.standins.wire import Malformed, R, Reply, Request


class Running(ABC):
    """Answers over HTTP at 127.0.0.1 from `with` (or `start`) until its end.

    A port of 0 is any free one.
    """

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._port = port
        self._stopping = Event()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen from now on; what it holds is that of before, if it was stopped."""
        if self._listener is not None:
            raise RuntimeError("it runs already")
        self._stopping.clear()
        listener = self._listener = Listener(self._port, self._answer)
        serve = partial(listener.serve_forever, poll_interval=0.02)
        Thread(target=serve, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End all connections and wait for their threads; what failed in them is raised here."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        listener.shutdown()
        listener.close_all()
        if listener.failures:
            raise ExceptionGroup("the stand-in failed", listener.failures)

    @property
    def endpoint(self) -> str:
        """Such as http://127.0.0.1:4711, without a path."""
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        """Such as 127.0.0.1:4711."""
        if self._listener is None:
            raise RuntimeError("it does not run")
        return f"127.0.0.1:{self._listener.server_port}"

    @abstractmethod
    def _answer(self, request: Request) -> Reply:
        """What is answered, and all that goes with it."""


class Observed(Running):
    """A server with a log, which fails when it is told to."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(name, port)
        self._log = Log[Asked]()
        self._schedule = Schedule[Fails]()

    @property
    def requests(self) -> list[Asked]:
        """The log, in the order in which the requests came."""
        return self._log.lines

    def forget(self) -> None:
        """Begin a new log; all else stays."""
        self._log.forget()

    @property
    def faults(self) -> tuple[Fails, ...]:
        """What goes wrong. Setting it counts from 1 again."""
        return self._schedule.faults

    @faults.setter
    def faults(self, faults: tuple[Fails, ...]) -> None:
        self._schedule.replace(faults)

    @abstractmethod
    def _reply(self, request: Request) -> Reply:
        """What is answered where nothing goes wrong."""

    def _answer(self, request: Request) -> Reply:
        number, status = self._log.begin(Asked.by(request)), None
        try:
            reply = replied(self._schedule.around(request, self._reply), request)
            status = reply.status or None
        finally:
            # Before the answer: who has got it may look at the log at once.
            self._log.end(number, status)
        return reply


def plainly(text: str) -> Reply:
    return Reply(status=400, body=text.encode())


def replied(
    forward: Callable[[R], Reply], request: R, refusal: Callable[[str], Reply] = plainly
) -> Reply:
    """What `forward` makes of a request, which is then read to its end."""
    try:
        reply = forward(request)
        if reply.status:
            # What is left of the request would be taken for the next one.
            request.body.read()
    except Malformed as error:
        return msgspec.structs.replace(refusal(str(error)), closes=True)
    return reply
