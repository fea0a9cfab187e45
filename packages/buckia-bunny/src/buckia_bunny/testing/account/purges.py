"""Clearing what the edge has kept: single addresses, many, and whole pull zones."""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock

from buckia.standins.wire import Reply
from buckia_bunny.testing.account.allowance import Allowance
from buckia_bunny.testing.account.documents import error_data, no_pull_zone
from buckia_bunny.testing.account.pullzones import PullZones
from buckia_bunny.testing.edge.caching import Aim

_NO_URL = "The purge request must contain at least one and no more than 50 URLs"


class Purges:
    """Carries purges out, as many as the account may ask for. May be used from any thread."""

    def __init__(self, zones: PullZones, clock: Callable[[], float]) -> None:
        self.exact = Allowance(120, 5.0, clock)
        """For addresses that mean one thing."""
        self.broad = Allowance(20, 0.5, clock)
        """For addresses with a `*` or a slash at the end, and for whole pull zones."""
        self._zones = zones
        self._lock = Lock()
        self._later: list[Callable[[], None]] = []

    def of_url(self, url: str, *, exact: bool, is_async: bool) -> Reply:
        if not url:
            return error_data(400, "purge.urls_invalid", "Urls", _NO_URL)
        try:
            aim = Aim.at(url, exact=exact)
        except ValueError as error:
            return error_data(400, "purge.url_invalid", "Url", f"{url} is no address: {error}")
        if wait := (self.broad if aim.is_broad else self.exact).take():
            return _too_many(wait)
        zone = self._zones.at(aim.host)
        if zone is None:
            return no_pull_zone()

        def carry_out() -> None:
            zone.cache.clear(aim.concerns(with_query=not zone.ignores_queries))

        if is_async:
            with self._lock:
                self._later.append(carry_out)
        else:
            carry_out()
        return Reply(status=200)

    def of_zone(self, number: int) -> Reply:
        zone = self._zones.get(number)
        if wait := self.broad.take():
            return _too_many(wait)
        if zone is None:
            return no_pull_zone()
        zone.cache.clear_all()
        return Reply(status=204)

    def settle(self) -> None:
        """What nobody wanted to wait for happens now."""
        with self._lock:
            later, self._later = self._later, []
        for carry_out in later:
            carry_out()


def _too_many(wait: float) -> Reply:
    return Reply(status=429, headers=(("Retry-After", str(math.ceil(wait))),))
