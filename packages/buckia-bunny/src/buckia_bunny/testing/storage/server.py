"""The fake itself: a storage zone at an address of this machine."""

from __future__ import annotations

from buckia.standins import wire
from buckia.standins.running import Running, replied
from buckia.standins.schedule import Schedule
from buckia.standins.wire import Reply
from buckia_bunny.testing.storage.asked import Request, says
from buckia_bunny.testing.storage.faults import Fault
from buckia_bunny.testing.storage.lags import Lags
from buckia_bunny.testing.storage.traffic import Seen, Traffic
from buckia_bunny.testing.storage.tree import Tree
from buckia_bunny.testing.storage.zone import Access, Zone


class FakeBunny(Running):
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
        super().__init__(f"fake zone {zone}", port)
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
        self._lags = Lags(self.tree)
        self._zone = Zone(Access(zone, password, read_only_password), self.tree, self._lags, seed)
        self._traffic = Traffic()
        self._schedule = Schedule[Fault]()

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

    def _answer(self, request: wire.Request) -> Reply:
        asked = Request.of(request)
        limits = {"list": self.listings_at_once, "delete": self.deletes_at_once}
        ticket = self._traffic.enter(asked, limits)
        status = None
        try:
            zone = self._zone if ticket.is_admitted else _busy
            reply = replied(self._schedule.around(asked, zone), asked, _malformed)
            if reply.stalls:
                self._stopping.wait()
            elif reply.status:
                self._stopping.wait(self.latency)
                status = reply.status
        finally:
            # Before the answer: who has got it may ask the next thing at once.
            self._traffic.leave(ticket, status)
        return reply


def _malformed(text: str) -> Reply:
    return says(400, text)


def _busy(_request: Request) -> Reply:
    return says(400, "Unable to process request")
