"""Where a bucket is: as configured, as documented, or as the API tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from buckia import notes
from buckia.errors import ConfigError, NotFound, Unavailable
from buckia.provider import Context
from buckia_linode.api.client import LinodeApi
from buckia_linode.api.models import Endpoint
from buckia_linode.places import CLUSTERS, cluster_of, host, near

R = TypeVar("R")
_WEEK = 7 * 24 * 3600.0
_PAUSES = (0.5, 2.0, 8.0)
"""Seconds before each further try."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a bucket."""

    url: str
    region: str | None = None
    """As the API calls it; None where it was not asked."""
    kind: str | None = None
    """The type of the endpoint, as the API calls it."""
    at: float = 0.0
    """When the API was asked, in seconds since 1970."""


def configured(context: Context) -> Found | None:
    """What the configuration says by itself; None where only the API can tell the rest."""
    if context.endpoint_url is not None or context.domain is not None:
        return Found(url=context.endpoint_url or f"https://{context.domain}")
    if context.region in CLUSTERS:
        return Found(url=f"https://{host(context.region)}")
    return None


def insist_on_place(context: Context) -> None:
    """Without a token the configuration has to say it, in words that are documented."""
    where = context.region
    if where is None:
        raise ConfigError(
            f"nobody knows where the bucket {context.bucket_name} is",
            hint="set endpoint_url, or region to the cluster in its host name, or token to a "
            "personal access token",
        )
    meant = near(where)
    others = f": {', '.join(meant)}" if meant else ", which the Cloud Manager shows beside it"
    raise ConfigError(
        f"the region {where} alone does not tell the host of {context.bucket_name}",
        hint=f"set region to the cluster in its host name{others}; or endpoint_url, or token",
    )


def patiently(request: Callable[[], R], pause: Callable[[float], object] = time.sleep) -> R:
    """Make a request to the API; what may pass is tried again."""
    for seconds in _PAUSES:
        try:
            return request()
        except Unavailable as error:
            if error.wait is not None and error.wait > _PAUSES[-1]:
                raise
            pause(seconds if error.wait is None else error.wait)
    return request()


def asked(api: LinodeApi, context: Context) -> Found:
    """Where the API says that the bucket is."""
    label, region = context.bucket_name, context.region
    buckets = [one for one in patiently(lambda: api.buckets(label)) if region in {None, one.region}]
    if len(buckets) > 1:
        places = ", ".join(sorted(one.region for one in buckets))
        raise ConfigError(
            f"this account has several buckets {label}", hint=f"set region to one of: {places}"
        )
    for one in buckets:
        address = one.s3_endpoint or cluster_host(one.hostname or "")
        if address:
            return _found(address, one.region, one.endpoint_type)
    if region is None:
        raise NotFound(
            f"the account of the token has no bucket {label}",
            hint="see those that it has: buckia linode buckets list",
        )
    return only_endpoint(api, region)


def kind_at(api: LinodeApi, url: str) -> str | None:
    """The type of the endpoint with this address; None where the account knows none."""
    address = url.partition("://")[2]
    for one in patiently(api.endpoints):
        if one.s3_endpoint == address:
            return one.endpoint_type
    return None


def only_endpoint(api: LinodeApi, region: str) -> Found:
    """The endpoint of a region, where there is no choice."""
    ready = [
        (one, one.s3_endpoint)
        for one in patiently(api.endpoints)
        if one.region == region and one.s3_endpoint
    ]
    if len(ready) > 1:
        hosts = ", ".join(_told(one) for one, _ in ready)
        raise ConfigError(
            f"the region {region} has several endpoints", hint=f"set domain to one of: {hosts}"
        )
    for one, address in ready:
        return _found(address, region, one.endpoint_type)
    raise ConfigError(
        f"this account has no endpoint in the region {region}",
        hint="see the regions with Object Storage in the Cloud Manager",
    )


def _told(endpoint: Endpoint) -> str:
    return f"{endpoint.s3_endpoint} ({endpoint.endpoint_type or 'of an unknown type'})"


def _found(address: str, region: str, kind: str | None) -> Found:
    url = address if "://" in address else f"https://{address}"
    return Found(url=url, region=region, kind=kind, at=time.time())


def cluster_host(hostname: str) -> str | None:
    """The endpoint in the host name of a bucket."""
    cluster = cluster_of(hostname)
    return None if cluster is None else host(cluster)


class Remembered:
    """What the API told, in a file beside the state; losing it costs a request."""

    def __init__(self, context: Context) -> None:
        name = f"{context.bucket_name}@{context.region or 'anywhere'}.json"
        self._file: Path | None = None if context.notes is None else context.notes / name

    def recall(self) -> Found | None:
        """What was told within the last week."""
        if self._file is None:
            return None
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=Found)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # Not there, or of another age: as if it had never been.
            return None
        return found if 0 <= time.time() - found.at < _WEEK else None

    def keep(self, found: Found) -> None:
        if self._file is None:
            return
        # A disk that is full must not keep anybody from syncing.
        with suppress(OSError):
            notes.write(self._file, msgspec.json.encode(found))
