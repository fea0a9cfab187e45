"""Endpoints: where buckets can lie."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Literal

import msgspec

EndpointType = Literal["E0", "E1", "E2", "E3"]
DOMAIN = ".linodeobjects.com"
LEGACY: frozenset[EndpointType] = frozenset({"E0", "E1"})
"""The only ones that know of CORS."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    region: str
    endpoint_type: EndpointType
    s3_endpoint: str | None
    """A host, with a port if need be; None until the first bucket is made there.

    A test may put `http://` before the host of a server here; the service never does.
    """

    @property
    def host(self) -> str:
        """Of one that has a host, without a scheme."""
        if self.s3_endpoint is None:
            raise ValueError(f"the endpoint {self.endpoint_type} of {self.region} has no host yet")
        return self.s3_endpoint.rpartition("//")[2]

    @property
    def cluster(self) -> str:
        """The older name of the place, which is a part of the host."""
        return self.host.removesuffix(DOMAIN)

    @property
    def knows_cors(self) -> bool:
        return self.endpoint_type in LEGACY


def _endpoint(region: str, kind: EndpointType, cluster: str | None) -> Endpoint:
    host = cluster and f"{cluster}{DOMAIN}"
    return Endpoint(region=region, endpoint_type=kind, s3_endpoint=host)


USUAL = (
    _endpoint("us-east", "E0", "us-east-1"),
    _endpoint("us-ord", "E1", "us-ord-1"),
    _endpoint("us-ord", "E3", "us-ord-10"),
    _endpoint("us-sea", "E3", "us-sea-9"),
    _endpoint("de-fra", "E2", None),
)
"""A few of each kind: a region whose host has another name, one with two, one without any."""


class Endpoints:
    """The endpoints that an account may use."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        hosts = [one.host for one in endpoints if one.s3_endpoint]
        if len(set(hosts)) < len(hosts):
            raise ValueError("two endpoints have the same host")
        self._endpoints = list(endpoints)

    def all(self) -> list[Endpoint]:
        return list(self._endpoints)

    def of(self, region: str) -> list[Endpoint]:
        return [one for one in self._endpoints if one.region == region]

    def with_host(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint itself, or what it becomes as the first bucket is made there."""
        if endpoint.s3_endpoint is not None:
            return endpoint
        taken = {one.s3_endpoint for one in self._endpoints}
        names = (f"{endpoint.region}-{number}{DOMAIN}" for number in count(1))
        host = next(name for name in names if name not in taken)
        made = msgspec.structs.replace(endpoint, s3_endpoint=host)
        self._endpoints[self._endpoints.index(endpoint)] = made
        return made
