"""What the edge has kept of a pull zone, and what an address asks to be cleared of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

from buckia.standins.wire import Reply


class Place(NamedTuple):
    """Under what an answer is kept; how its path was written makes no difference."""

    path: str
    """Decoded."""
    query: str
    """As it was sent."""

    @classmethod
    def of(cls, written: str, *, with_query: bool) -> Self:
        """`written` is a path as it stands in an address, and perhaps a query."""
        path, _, query = written.partition("?")
        return cls(unquote(path), query if with_query else "")


class Cache:
    """Answers by their places. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Place, Reply] = {}

    def get(self, place: Place, fetch: Callable[[], tuple[Reply, bool]]) -> tuple[Reply, bool]:
        """What is kept, or else fetched and perhaps kept; and whether it was kept before.

        A purge comes before or after it, never in between: nothing old is kept behind a purge.
        """
        with self._lock:
            if place in self._kept:
                return self._kept[place], True
            reply, is_to_keep = fetch()
            if is_to_keep:
                self._kept[place] = reply
            return reply, False

    def clear(self, concerns: Callable[[Place], bool]) -> None:
        with self._lock:
            self._kept = {place: one for place, one in self._kept.items() if not concerns(place)}

    def clear_all(self) -> None:
        with self._lock:
            self._kept.clear()


class Aim(NamedTuple):
    """What the address of a purge means. A `*` in it stands for anything.

    An address that ends with a slash means all that begins so, and with `exact` only itself; but
    not in a zone that ignores queries.
    """

    host: str
    written: str
    """The path and the query."""
    exact: bool

    @classmethod
    def at(cls, url: str, *, exact: bool) -> Self:
        """`ValueError` for what is no address that anything could be kept of."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it does not begin with https:// and a host")
        if "#" in url or any(letter.isspace() or not letter.isprintable() for letter in url):
            raise ValueError("it has characters that no address holds")
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.netloc, f"{parts.path or '/'}{query}", exact)

    @property
    def is_broad(self) -> bool:
        """Whether it counts as a request for more than one address, whatever it clears."""
        return "*" in self.written or self.written.partition("?")[0].endswith("/")

    def concerns(self, *, with_query: bool) -> Callable[[Place], bool]:
        """The places that it means, in a zone that keeps one for each query or only for paths."""
        written = self.written if with_query else self.written.partition("?")[0]
        if "*" in written:
            texts = (re.escape(unquote(text)) for text in written.split("*"))
            pattern = re.compile(".*".join(texts), re.DOTALL)
            return lambda place: bool(pattern.fullmatch("?".join(filter(None, place))))
        wanted = Place.of(written, with_query=with_query)
        if written.endswith("/") and not wanted.query and not (self.exact and with_query):
            return lambda place: place.path.startswith(wanted.path)
        return wanted.__eq__
