"""The edge: what visitors get from the pull zones of an account."""

from __future__ import annotations

from email.utils import format_datetime
from mimetypes import MimeTypes

from buckia.standins.running import Observed
from buckia.standins.wire import Reply, Request
from buckia_bunny.testing.account.pullzones import Delivery, PullZone
from buckia_bunny.testing.account.server import FakeAccount
from buckia_bunny.testing.edge.caching import Place
from buckia_bunny.testing.edge.tokens import Denied, Gate, Visitor, check, without_token
from buckia_bunny.testing.storage.tree import UNKNOWN_TYPE, Entry

VISITOR_IP, VISITOR_COUNTRY = "x-visitor-ip", "x-visitor-country"
"""Headers by which a test says from where it asks; the service has other means."""


class FakeEdge(Observed):
    """Delivers the files of an account's pull zones from `with` (or `start`) until its end.

    It serves the pull zone that has the address in the header Host, or the only one that there
    is. What it has once fetched it keeps, until it is purged by way of the account. A visitor
    comes from this machine and from no country, unless the headers X-Visitor-IP and
    X-Visitor-Country say otherwise. A port of 0 is any free one.
    """

    def __init__(self, account: FakeAccount, *, port: int = 0) -> None:
        super().__init__("fake edge", port)
        self._account = account
        self._zones = account.pull_zones
        # Those that Python knows everywhere, whatever this machine knows.
        self._types = MimeTypes()

    def start(self) -> None:
        super().start()
        self._zones.open_edge(self.host)

    def stop(self) -> None:
        if self._listener is not None:
            self._zones.close_edge(self.host)
        super().stop()

    def _reply(self, request: Request) -> Reply:
        zone = self._zones.at(request.headers.get("host", "")) or self._zones.only()
        if zone is None:
            return _says(404, "No pull zone has this address.")
        if request.method not in ("GET", "HEAD"):
            return _says(405, "Nothing can be changed here.")
        # As text, for that is what was signed and what is kept.
        target = request.target.encode("latin-1").decode(errors="replace")
        now = self._account.clock()
        if zone.secured:
            try:
                check(target, Gate(zone.security_key, zone.checks_ip), _visitor(request), now)
            except Denied as error:
                return _says(403, f"The address is not served: {error}.")
            target = without_token(target)
        reply, was_kept = self._kept(zone, Place.of(target, with_query=not zone.ignores_queries))
        size = 0 if request.method == "HEAD" else len(reply.body)
        zone.deliveries.append(Delivery(now, size, was_kept))
        told = (("CDN-Cache", "HIT" if was_kept else "MISS"), ("CDN-PullZone", str(zone.id)))
        return Reply(status=reply.status, headers=(*reply.headers, *told), body=reply.body)

    def _kept(self, zone: PullZone, place: Place) -> tuple[Reply, bool]:
        """The answer of the storage zone, now or then; and whether it was kept before."""

        def fetch() -> tuple[Reply, bool]:
            entry = zone.storage.tree.entry(place.path[1:])
            if entry is None or entry.is_folder:
                return _says(404, "There is no such file."), zone.keeps_errors
            return self._file(entry), True

        return zone.cache.get(place, fetch)

    def _file(self, entry: Entry) -> Reply:
        kind = entry.content_type
        if kind == UNKNOWN_TYPE:
            kind = self._types.guess_type(entry.name, strict=False)[0] or kind
        headers = (
            ("Content-Type", kind),
            ("Last-Modified", format_datetime(entry.changed, usegmt=True)),
            ("ETag", entry.etag),
        )
        return Reply(status=200, headers=headers, body=entry.data)


def _visitor(request: Request) -> Visitor:
    return Visitor(
        request.headers.get(VISITOR_IP, "127.0.0.1"), request.headers.get(VISITOR_COUNTRY)
    )


def _says(status: int, words: str) -> Reply:
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return Reply(status=status, headers=(kind,), body=words.encode())
