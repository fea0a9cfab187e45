"""The API of a Bunny account: its zones, what they delivered, and clearing what was cached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from buckia.closing import Closes
from buckia.errors import ConfigError, StorageError, Unavailable
from buckia.secrets import Secret
from buckia.web import AS_IT_IS, checked_key, insist_on_tls, is_address, unanswered, whole
from buckia_bunny.cdn.answers import page, read, refused
from buckia_bunny.cdn.models import (
    PullZone,
    Region,
    Statistics,
    StorageStatistics,
    StorageZone,
)
from buckia_bunny.client import made

if TYPE_CHECKING:
    import httpx

ENDPOINT = "https://api.bunny.net"
FULL_PAGE = 1000
"""Items of a page; the most that the service gives."""
MOST_PAGES = 1000
"""More than anybody has; behind them somebody makes them up."""
_JSON = {**AS_IT_IS, "Accept": "application/json"}
_LOADED = (
    "loadBandwidthUsed",
    "loadRequestsServed",
    "loadOriginTraffic",
    "loadOriginResponseTimes",
    "loadGeographicTrafficDistribution",
)

Z = TypeVar("Z", PullZone, StorageZone)


class CoreApi(Closes):
    """Requests with the account's key. Safe to use from many threads; makes no second tries.

    All methods raise `StorageError`s: `AccessDenied` for a wrong key, `NotFound`, `Unavailable`
    where trying again may help.
    """

    def __init__(
        self,
        key: Secret | str,
        *,
        endpoint: str = ENDPOINT,
        timeout: float = 60.0,
        ca_bundle: Path | None = None,
    ) -> None:
        given = key if isinstance(key, Secret) else Secret(key)
        self._key = checked_key(
            given, "the account's key", "copy it from the panel: Account, API key"
        )
        self.endpoint = _checked_endpoint(endpoint)
        self._timeout = timeout
        self._trust = ca_bundle
        self._lock = Lock()
        self._made: httpx.Client | None = None

    def storage_zones(self, search: str | None = None) -> tuple[StorageZone, ...]:
        """All of them, or those that the service finds; each comes with its passwords."""
        return self._listing("/storagezone", StorageZone, search)

    def storage_zone(self, zone: int) -> StorageZone:
        subject = f"the storage zone {zone}"
        return read(self._ask("GET", f"/storagezone/{zone}", subject), StorageZone, subject)

    def pull_zones(self, search: str | None = None) -> tuple[PullZone, ...]:
        """All of them, or those that the service finds; each comes with its security key."""
        return self._listing("/pullzone", PullZone, search)

    def pull_zone(self, zone: int) -> PullZone:
        subject = f"the pull zone {zone}"
        return read(self._ask("GET", f"/pullzone/{zone}", subject), PullZone, subject)

    def purge_url(self, url: str, *, exact: bool) -> None:
        """Clear what is cached of an address, and wait until it is done.

        A `*` in it stands for anything. A path that ends with a slash means all below it, and
        with `exact` only that very address.
        """
        query = {"url": url, "async": "false", "exactPath": _word(exact)}
        self._ask("POST", "/purge", f"purging {url}", query)

    def purge_zone(self, zone: int) -> None:
        """Clear all that is cached of a pull zone."""
        self._ask("POST", f"/pullzone/{zone}/purgeCache", f"purging the pull zone {zone}")

    def statistics(
        self,
        pull_zone: int,
        *,
        since: date | None = None,
        until: date | None = None,
        hourly: bool = False,
    ) -> Statistics:
        """What a pull zone delivered; without days, in the time that the service chooses."""
        query = {"pullZone": str(pull_zone), "hourly": _word(hourly)}
        query |= dict.fromkeys(_LOADED, "true")
        subject = f"the statistics of the pull zone {pull_zone}"
        data = self._ask("GET", "/statistics", subject, query | _days(since, until))
        return read(data, Statistics, subject)

    def storage_statistics(
        self, zone: int, *, since: date | None = None, until: date | None = None
    ) -> StorageStatistics:
        """How many bytes and files a storage zone held, day by day."""
        subject = f"the statistics of the storage zone {zone}"
        path = f"/storagezone/{zone}/statistics"
        return read(
            self._ask("GET", path, subject, _days(since, until)), StorageStatistics, subject
        )

    def regions(self) -> tuple[Region, ...]:
        """Where the CDN delivers from."""
        subject = "the regions"
        return read(self._ask("GET", "/region", subject), tuple[Region, ...], subject)

    def close(self) -> None:
        with self._lock:
            client, self._made = self._made, None
        if client is not None:
            client.close()

    def _listing(self, path: str, kind: type[Z], search: str | None) -> tuple[Z, ...]:
        """All pages; a zone that moved to the next page meanwhile is told once."""
        subject = f"the listing of {path}"
        query = {"perPage": str(FULL_PAGE)}
        if search is not None:
            query["search"] = search
        found: dict[int, Z] = {}
        # The first page is 1: asked for page 0, the service leaves the pages out.
        for number in count(1):
            data = self._ask("GET", path, subject, query | {"page": str(number)})
            part = page(data, kind, subject)
            before = len(found)
            found |= {item.id: item for item in part.items}
            has_more, has_new = part.has_more(len(found)), len(found) > before
            if has_more is None:
                has_more = has_new and len(part.items) >= FULL_PAGE
            if not has_more:
                break
            if not has_new:
                raise Unavailable(f"{subject}: bunny.net tells of more zones, but gives none")
            if number >= MOST_PAGES:
                raise Unavailable(f"{subject}: there is no end to its pages")
        if search is None and len(found) < (part.total_items or 0):
            raise Unavailable(f"{subject}: {len(found)} zones came of {part.total_items}")
        return tuple(found.values())

    def _ask(
        self, method: str, path: str, subject: str, query: Mapping[str, str] | None = None
    ) -> bytes:
        """The whole answer to one request."""
        with (
            self._unanswered(subject),
            self._client.stream(
                method,
                f"{self.endpoint}{path}",
                params=query,
                headers={"AccessKey": self._key.reveal(), **_JSON},
            ) as response,
        ):
            content = whole(response.iter_raw(), subject)
        if not response.is_success:
            said = content.replace(self._key.reveal().encode(), b"***")
            raise refused(response.status_code, response.headers, said, subject)
        return content

    @property
    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                self._made = made(timeout=self._timeout, trust=self._trust)
            return self._made

    @contextmanager
    def _unanswered(self, subject: str) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise StorageError(f"{subject}: this makes no address: {error}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise unanswered(error, subject, self.endpoint) from error


def _checked_endpoint(url: str) -> str:
    if not is_address(url):
        # It is not shown: some put a password into it.
        raise ConfigError(
            "the address of the account's API is none", hint=f"it looks like {ENDPOINT}"
        )
    insist_on_tls(url, "account_url")
    return url.rstrip("/")


def _days(since: date | None, until: date | None) -> dict[str, str]:
    if since is not None and until is not None and since > until:
        raise ValueError("since is later than until")
    days = {"dateFrom": since, "dateTo": until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _word(flag: bool) -> str:
    return "true" if flag else "false"
