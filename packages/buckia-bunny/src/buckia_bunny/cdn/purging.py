"""Clearing what the edge has cached of changed objects: what to ask for, and asking at its pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from buckia.errors import AccessDenied, StorageError, Unavailable

Wish = Literal["changed", "zone", "off"]

EXACT_BURST, EXACT_RATE = 120, 5.0
BROAD_BURST, BROAD_RATE = 20, 0.5
"""The service's limits: requests at once, and per second from then on."""
TRIES = 4
"""Of one address."""
PATIENCE = 60.0
"""Seconds: a longer wait that the service asks for is nobody's to sit through."""
HOPELESS = 3
"""Addresses in a row that got no answer, behind which no other is asked for."""


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be cleared: single addresses, all below one address, or the whole pull zone."""

    kind: Literal["nothing", "addresses", "folder", "zone"]
    urls: tuple[str, ...] = ()
    """Of a folder and of a zone it is one, which ends with a slash."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    error: StorageError


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: every address of the purge is in one of these."""

    done: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()


class Purges(Protocol):
    """What is asked of the account's API."""

    def purge_url(self, url: str, *, exact: bool) -> None: ...
    def purge_zone(self, zone: int) -> None: ...


def plan(changed_urls: Iterable[str], *, wish: Wish, zone_url: str) -> Purge:
    """The least that clears all changed addresses, within what the service takes at once.

    `zone_url` is the pull zone's address without a path. `ValueError` for an address elsewhere.
    """
    root = _root(zone_url)
    urls = sorted(set(changed_urls))
    for url in urls:
        if not url.startswith(root) or "#" in url:
            raise ValueError(f"{url} is no address below {root}")
    if not urls or wish == "off":
        return Purge(kind="nothing")
    if wish == "zone":
        return Purge(kind="zone", urls=(root,))
    broad = sum(map(is_broad, urls))
    if broad <= BROAD_BURST and len(urls) - broad <= EXACT_BURST:
        return Purge(kind="addresses", urls=tuple(urls))
    folder = _folder(urls)
    return Purge(kind="zone" if folder == root else "folder", urls=(folder,))


def is_broad(url: str) -> bool:
    """Whether the service counts it among the requests for more than one address."""
    return "*" in url or urlsplit(url).path.endswith("/")


def _root(zone_url: str) -> str:
    parts = urlsplit(zone_url)
    sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
    if not sound or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f"{zone_url} is no address of a pull zone, such as https://a.b-cdn.net/")
    return f"{parts.scheme}://{parts.netloc}/"


def _folder(urls: Sequence[str]) -> str:
    """The longest path that all begin with, up to a slash; the addresses are sorted."""
    # What all have in common is what the first and the last have, whatever lies between.
    first, last = (url.partition("?")[0] for url in (urls[0], urls[-1]))
    same = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        same += 1
    return first[: first.rindex("/", 0, same) + 1]


class _Tokens:
    """The service's allowance, counted here so that it need not refuse."""

    def __init__(self, burst: int, rate: float, clock: Callable[[], float]) -> None:
        self._burst = float(burst)
        self._rate = rate
        self._clock = clock
        self._left = self._burst
        self._seen = clock()

    def take(self) -> float:
        """Take one, and say how many seconds from now it may be used."""
        self._refill()
        self._left -= 1
        return max(0.0, -self._left / self._rate)

    def spent(self) -> float:
        """The service says that none is left, whatever was counted; one comes in so many seconds.

        Others may use the same account.
        """
        self._refill()
        self._left = min(self._left, 0.0)
        return 1 / self._rate

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._seen) * self._rate)
        self._seen = now


class Purger:
    """Carries purges out one after the other; for one thread.

    `pause` waits for so many seconds, and may raise to end it all. `zone` is the pull zone's
    number; without it a whole zone is cleared by its address.
    """

    def __init__(
        self,
        api: Purges,
        pause: Callable[[float], None],
        *,
        zone: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._pause = pause
        self._zone = zone
        self._exact = _Tokens(EXACT_BURST, EXACT_RATE, clock)
        self._broad = _Tokens(BROAD_BURST, BROAD_RATE, clock)

    def carry_out(self, purge: Purge) -> Purged:
        """Ask for all of it; what the service does not clear is told, and stops nothing else.

        A refused key, and addresses in a row that got no answer, end it: what was not asked for
        any more is told with the same error.
        """
        done: list[str] = []
        failed: list[Failure] = []
        urls = iter(purge.urls)
        silent = 0
        for url in urls:
            error = self._tried(purge, url)
            if error is None:
                done.append(url)
                silent = 0
                continue
            failed.append(Failure(url=url, error=error))
            silent = silent + 1 if isinstance(error, Unavailable) else 0
            if isinstance(error, AccessDenied) or silent == HOPELESS:
                failed += (Failure(url=rest, error=error) for rest in urls)
        return Purged(done=tuple(done), failed=tuple(failed))

    def _tried(self, purge: Purge, url: str) -> StorageError | None:
        tokens = self._exact if purge.kind == "addresses" and not is_broad(url) else self._broad
        for tried in range(TRIES):
            if wait := tokens.take():
                self._pause(wait)
            try:
                self._ask(purge, url)
            except Unavailable as error:
                pace = tokens.spent()
                wished = pace * 2**tried if error.wait is None else error.wait
                if tried == TRIES - 1 or wished > PATIENCE:
                    return error
                self._pause(wished)
            except StorageError as error:
                return error
            else:
                return None
        raise AssertionError("the last try returns")

    def _ask(self, purge: Purge, url: str) -> None:
        if purge.kind == "zone" and self._zone is not None:
            self._api.purge_zone(self._zone)
        else:
            self._api.purge_url(url, exact=purge.kind == "addresses")
