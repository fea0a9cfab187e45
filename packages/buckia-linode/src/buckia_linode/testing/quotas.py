"""How much an account may have at each endpoint, and how much it has."""

from __future__ import annotations

from typing import NamedTuple

from buckia_linode.testing.answers import not_found
from buckia_linode.testing.backend import Backend
from buckia_linode.testing.buckets import Buckets
from buckia_linode.testing.calls import Call, Row
from buckia_linode.testing.endpoints import Endpoint, Endpoints, EndpointType

_TB = 10**12
_MILLION = 10**6


class _Room(NamedTuple):
    size: int
    objects: int


ROOM: dict[EndpointType, _Room] = {
    "E0": _Room(5 * _TB, 50 * _MILLION),
    "E1": _Room(100 * _TB, 100 * _MILLION),
    "E2": _Room(100 * _TB, 100 * _MILLION),
    "E3": _Room(500 * _TB, 500 * _MILLION),
}
_NAMES = {"buckets": "Number of Buckets", "bytes": "Total Capacity", "objects": "Number of Objects"}


class Quotas:
    """Three of each endpoint that has a host: buckets, bytes and objects."""

    def __init__(self, endpoints: Endpoints, buckets: Buckets, backend: Backend) -> None:
        self._endpoints = endpoints
        self._buckets = buckets
        self._backend = backend

    def listed(self, call: Call) -> Row:
        return call.page([self._told(*one) for one in self._all().values()], frozenset())

    def shown(self, call: Call) -> Row:
        call.has_only()
        return self._told(*self._meant(call))

    def usage(self, call: Call) -> Row:
        call.has_only()
        endpoint, what = self._meant(call)
        return {"quota_limit": self._limit(endpoint, what), "usage": self._used(endpoint, what)}

    def _all(self) -> dict[str, tuple[Endpoint, str]]:
        there = [one for one in self._endpoints.all() if one.s3_endpoint is not None]
        return {f"obj-{what}-{one.host}": (one, what) for one in there for what in _NAMES}

    def _meant(self, call: Call) -> tuple[Endpoint, str]:
        if found := self._all().get(call.words[0]):
            return found
        raise not_found()

    def _limit(self, endpoint: Endpoint, what: str) -> int:
        room = ROOM[endpoint.endpoint_type]
        return {"buckets": self._buckets.limit, "bytes": room.size, "objects": room.objects}[what]

    def _used(self, endpoint: Endpoint, what: str) -> int:
        counts = [self._backend.count(one) for one in self._buckets.at(endpoint)]
        match what:
            case "buckets":
                return len(counts)
            case "bytes":
                return sum(one.size for one in counts)
        return sum(one.objects for one in counts)

    def _told(self, endpoint: Endpoint, what: str) -> Row:
        return {
            "quota_id": f"obj-{what}-{endpoint.host}",
            "quota_type": f"obj-{what}",
            "quota_name": _NAMES[what],
            "description": f"Maximum number of {what} of this customer on this endpoint",
            "endpoint_type": endpoint.endpoint_type,
            "s3_endpoint": endpoint.s3_endpoint,
            "quota_limit": self._limit(endpoint, what),
            "resource_metric": what.removesuffix("s"),
            "has_usage": True,
        }
