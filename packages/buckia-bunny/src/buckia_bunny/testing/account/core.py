"""The account's API: which request is what, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from buckia.standins.wire import Reply, Request
from buckia_bunny.testing.account import documents
from buckia_bunny.testing.account.charts import Span, delivered, stored
from buckia_bunny.testing.account.documents import error_data, no_pull_zone, no_storage_zone, told
from buckia_bunny.testing.account.pullzones import PullZones
from buckia_bunny.testing.account.purges import Purges
from buckia_bunny.testing.storage.listing import number_of
from buckia_bunny.testing.storage.server import FakeBunny

LARGEST_PAGE = 1000
_SMALLEST_PAGE = 5
_LISTING = frozenset({"page", "perPage", "search"})
_DAYS = frozenset({"dateFrom", "dateTo"})
_LOADS = frozenset(
    {"loadBandwidthUsed", "loadRequestsServed", "loadOriginTraffic", "loadOriginResponseTimes"}
    | {"loadGeographicTrafficDistribution"}
)
_NUMBERED = re.compile(r"/(storagezone|pullzone)/([0-9]{1,19})(/[a-zA-Z]+)?")


class Core:
    """Answers requests about zones, and purges.

    Parameters that the API does not have, or the fake does not know, are refused: the service
    may well overlook them, but nobody sends them on purpose.
    """

    def __init__(
        self,
        storage_zones: Sequence[FakeBunny],
        pull_zones: PullZones,
        purges: Purges,
        clock: Callable[[], float],
    ) -> None:
        self.largest_page = LARGEST_PAGE
        self._storage_zones = storage_zones
        self._pull_zones = pull_zones
        self._purges = purges
        self._clock = clock

    def __call__(self, request: Request) -> Reply:
        """`request` comes with the right key."""
        try:
            return self._answer(request)
        except Unwanted as error:
            return error_data(400, "validation_error", error.field, str(error))

    def _answer(self, request: Request) -> Reply:
        query = _Query(request.query)
        match request.method, request.path:
            case "GET", "/storagezone":
                zones = [self._shown(zone) for zone in self._storage_zones]
                return self._listed(zones, query)
            case "GET", "/pullzone":
                return self._listed(map(documents.pull_zone, self._pull_zones.all()), query)
            case "GET", "/region":
                query.has_only(frozenset())
                return told(documents.REGIONS)
            case "GET", "/statistics":
                return self._statistics(query)
            case "POST", "/purge":
                query.has_only(frozenset({"url", "async", "exactPath"}))
                exact, is_async = query.flag("exactPath"), query.flag("async")
                return self._purges.of_url(query.text("url"), exact=exact, is_async=is_async)
        if found := _NUMBERED.fullmatch(request.path):
            what = f"{request.method} {found[1]}{found[3] or ''}"
            return self._of_one(what, int(found[2]), query, request)
        return Reply(status=404)

    def _of_one(self, what: str, number: int, query: _Query, request: Request) -> Reply:
        zone = next((one for one in self._storage_zones if number_of(one.zone) == number), None)
        query.has_only(_DAYS if what == "GET storagezone/statistics" else frozenset())
        match what:
            case "GET storagezone":
                return told(self._shown(zone)) if zone else no_storage_zone()
            case "GET storagezone/statistics":
                now = self._clock()
                return told(stored(zone, query.span(now), now)) if zone else no_storage_zone()
            case "GET pullzone":
                pull_zone = self._pull_zones.get(number)
                return told(documents.pull_zone(pull_zone)) if pull_zone else no_pull_zone()
            case "POST pullzone/purgeCache":
                if request.body.read():
                    # A part of it, by tags: what is stored here has none.
                    raise Unwanted("CacheTag", "The fake keeps no tags.")
                return self._purges.of_zone(number)
        return Reply(status=404)

    def _shown(self, zone: FakeBunny) -> dict[str, Any]:
        return documents.storage_zone(zone, self._pull_zones.all())

    def _listed(self, zones: Iterable[dict[str, Any]], query: _Query) -> Reply:
        query.has_only(_LISTING)
        search = query.text("search").casefold()
        found = [zone for zone in zones if search in zone["Name"].casefold()]
        size = query.number("perPage", LARGEST_PAGE)
        if not _SMALLEST_PAGE <= size <= LARGEST_PAGE:
            raise Unwanted("PerPage", f"It is from {_SMALLEST_PAGE} to {LARGEST_PAGE}.")
        return documents.page(found, query.number("page", 0), min(size, self.largest_page))

    def _statistics(self, query: _Query) -> Reply:
        query.has_only(_DAYS | _LOADS | {"pullZone", "hourly"})
        zones = self._pull_zones.all()
        if query.text("pullZone") not in ("", "-1"):
            zone = self._pull_zones.get(query.number("pullZone", 0))
            if zone is None:
                return no_pull_zone()
            zones = [zone]
        wanted = [name for name in _LOADS if query.flag(name)]
        found = (one for zone in zones for one in list(zone.deliveries))
        span = query.span(self._clock())
        return told(delivered(found, span, wanted, hourly=query.flag("hourly")))


class Unwanted(ValueError):
    """A request says what cannot be answered."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class _Query:
    """The parameters of a request; `Unwanted` for one that is none of its kind."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def has_only(self, known: frozenset[str]) -> None:
        for name in sorted(self._given.keys() - known):
            raise Unwanted(name, "The fake does not know this parameter.")

    def text(self, name: str) -> str:
        return self._given.get(name, "")

    def flag(self, name: str) -> bool:
        value = self._given.get(name, "false").lower()
        if value not in ("true", "false"):
            raise Unwanted(name, "It is true or false.")
        return value == "true"

    def number(self, name: str, usual: int) -> int:
        value = self._given.get(name, str(usual))
        if not (value.isascii() and value.isdecimal()):
            raise Unwanted(name, "It is a number.")
        return int(value)

    def span(self, now: float) -> Span:
        try:
            return Span.asked(self._given, now)
        except ValueError as error:
            raise Unwanted("dateFrom", str(error)) from error
