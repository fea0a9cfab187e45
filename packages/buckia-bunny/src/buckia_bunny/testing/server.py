"""The fake itself: a storage zone at an address of this machine."""

from __future__ import annotations

from functools import partial
from threading import Event, Thread
from types import TracebackType
from typing import Self

import msgspec

from buckia_bunny.testing.connection import Listener
from buckia_bunny.testing.faults import Fault
from buckia_bunny.testing.lags import Lags
from buckia_bunny.testing.schedule import Schedule
from buckia_bunny.testing.traffic import Seen, Ticket, Traffic
from buckia_bunny.testing.tree import Tree
from buckia_bunny.testing.wire import Malformed, Reply, Request, says
from buckia_bunny.testing.zone import Access, Zone


class FakeBunny:
    """A storage zone, served over HTTP at 127.0.0.1 from `with` (or `start`) until its end.

    The same `seed` shuffles listings and chooses dates, guids and ETags in the same way. A port
    of 0 is any free one.
    """

    def __init__(
        self,
        zone: str = "zone",
        password: str = "secret",  # noqa: S107 - of a server that lives in a test
        read_only_password: str = "read-only-secret",  # noqa: S107 - of a server in a test
        *,
        port: int = 0,
        seed: int = 0,
    ) -> None:
        self.zone = zone
        self.password = password
        self.read_only_password = read_only_password
        self.tree = Tree(seed)
        """What is stored; a test may look at it and change it at any time."""
        self.latency = 0.0
        """Seconds before each answer."""
        self.listings_at_once = 5
        self.deletes_at_once = 30
        """More are answered with 400 "Unable to process request"."""
        self._port = port
        self._lags = Lags(self.tree)
        self._zone = Zone(Access(zone, password, read_only_password), self.tree, self._lags, seed)
        self._traffic = Traffic()
        self._schedule = Schedule()
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
        """Listen from now on; the tree is that of before, if it was stopped."""
        if self._listener is not None:
            raise RuntimeError("the fake runs already")
        self._stopping.clear()
        listener = self._listener = Listener(self._port, self._answer)
        serve = partial(listener.serve_forever, poll_interval=0.02)
        Thread(target=serve, name=f"fake zone {self.zone}", daemon=True).start()

    def stop(self) -> None:
        """End all connections and wait for their threads; what failed in them is raised here."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        listener.shutdown()
        listener.close_all()
        if listener.failures:
            raise ExceptionGroup("the fake failed", listener.failures)

    @property
    def endpoint(self) -> str:
        """Such as http://127.0.0.1:4711, without the zone."""
        if self._listener is None:
            raise RuntimeError("the fake does not run")
        return f"http://127.0.0.1:{self._listener.server_port}"

    @property
    def requests(self) -> list[Seen]:
        """The log, in the order in which the requests came."""
        return self._traffic.seen

    @property
    def most(self) -> dict[str, int]:
        """How many requests were in flight together at most: list, delete, transfer, describe."""
        return self._traffic.most

    def forget(self) -> None:
        """Begin a new log and new records of `most`; files and faults stay."""
        self._traffic.forget()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What goes wrong. Setting it lets all that is late come true and counts from 1 again."""
        return self._schedule.faults

    @faults.setter
    def faults(self, faults: tuple[Fault, ...]) -> None:
        self._schedule.replace(faults)
        self._lags.start_anew(faults)

    def _answer(self, request: Request) -> Reply:
        limits = {"list": self.listings_at_once, "delete": self.deletes_at_once}
        ticket = self._traffic.enter(request, limits)
        status = None
        try:
            reply = self._replied(request, ticket)
            if reply.stalls:
                self._stopping.wait()
            elif reply.status:
                self._stopping.wait(self.latency)
                status = reply.status
        finally:
            # Before the answer: who has got it may ask the next thing at once.
            self._traffic.leave(ticket, status)
        return reply

    def _replied(self, request: Request, ticket: Ticket) -> Reply:
        zone = self._zone if ticket.is_admitted else _busy
        try:
            reply = self._schedule.around(request, zone)(request)
            if reply.status:
                # What is left of the request would be taken for the next one.
                request.body.read()
        except Malformed as error:
            return msgspec.structs.replace(says(400, str(error)), closes=True)
        return reply


def _busy(_request: Request) -> Reply:
    return says(400, "Unable to process request")
