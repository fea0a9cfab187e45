"""The account: what it has, and its API."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from buckia.standins.running import Observed
from buckia.standins.wire import Reply, Request
from buckia_bunny.testing.account.allowance import Allowance
from buckia_bunny.testing.account.core import Core
from buckia_bunny.testing.account.documents import told
from buckia_bunny.testing.account.pullzones import SYSTEM_DOMAIN, PullZone, PullZones
from buckia_bunny.testing.account.purges import Purges
from buckia_bunny.testing.storage.server import FakeBunny

_DENIED = {"Message": "Authorization has been denied for this request."}


class FakeAccount(Observed):
    """An account of these storage zones, whose API answers from `with` (or `start`) until its end.

    The storage zones have to run while it is asked for them. `clock` tells seconds of Unix time,
    here and at the edge. A port of 0 is any free one.
    """

    def __init__(
        self,
        key: str = "account-secret",
        *,
        zones: Sequence[FakeBunny] = (),
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        super().__init__("fake account", port)
        names = [zone.zone for zone in zones]
        if len(set(names)) < len(names):
            raise ValueError("two storage zones have the same name")
        self.key = key
        self.zones = tuple(zones)
        self.clock = clock
        self.pull_zones = PullZones()
        self._purges = Purges(self.pull_zones, clock)
        self._core = Core(self.zones, self.pull_zones, self._purges, clock)

    def add_pull_zone(
        self,
        name: str,
        storage: FakeBunny,
        *,
        hostnames: Sequence[str] = (),
        security_key: str = "security-key",
        secured: bool = False,
        checks_ip: bool = False,
        ignores_queries: bool = True,
        keeps_errors: bool = False,
    ) -> PullZone:
        """Another pull zone, which has the address `<name>.b-cdn.net` if no others are given."""
        if storage not in self.zones:
            raise ValueError(f"the storage zone {storage.zone} is not of this account")
        zone = PullZone(
            id=self.pull_zones.next_number(),
            name=name,
            storage=storage,
            hostnames=tuple(hostnames) or (f"{name}{SYSTEM_DOMAIN}",),
            security_key=security_key,
            secured=secured,
            checks_ip=checks_ip,
            ignores_queries=ignores_queries,
            keeps_errors=keeps_errors,
        )
        self.pull_zones.add(zone)
        return zone

    @property
    def exact_purges(self) -> Allowance:
        """How many single addresses may be cleared."""
        return self._purges.exact

    @property
    def broad_purges(self) -> Allowance:
        """How many purges of more than one address there may be: folders, patterns, pull zones."""
        return self._purges.broad

    @property
    def largest_page(self) -> int:
        """Items of a page at most, whatever is asked for."""
        return self._core.largest_page

    @largest_page.setter
    def largest_page(self, items: int) -> None:
        self._core.largest_page = items

    def settle(self) -> None:
        """Purges that were asked for with `async` happen now."""
        self._purges.settle()

    def _reply(self, request: Request) -> Reply:
        if request.headers.get("accesskey") != self.key:
            return told(_DENIED, 401)
        return self._core(request)
