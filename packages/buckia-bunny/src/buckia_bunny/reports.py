"""Zones and figures of an account, for people and for programs; no key is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from buckia.cli.amounts import number, several, size
from buckia.cli.shown import columns, shown
from buckia_bunny.cdn.models import PullZone, Statistics, StorageZone


def storage_zone(zone: StorageZone) -> Mapping[str, Any]:
    return {
        "name": zone.name,
        "id": zone.id,
        "region": zone.region,
        "replication_regions": zone.replication_regions,
        "host": zone.storage_hostname,
        "bytes": zone.storage_used,
        "files": zone.files_stored,
        "pull_zones": [one.name for one in zone.pull_zones],
        "speaks_s3": zone.storage_zone_type == 1,
    }


def pull_zone(zone: PullZone) -> Mapping[str, Any]:
    return {
        "name": zone.name,
        "id": zone.id,
        "hosts": [one.value for one in zone.hostnames],
        "origin": zone.origin_url,
        "storage_zone": zone.storage_zone_id,
        "signed_only": zone.zone_security_enabled,
        "enabled": zone.enabled,
    }


def storage_zones(zones: Sequence[StorageZone]) -> Sequence[str]:
    return columns(
        [
            (
                zone.name,
                zone.region or "",
                several(zone.files_stored or 0, "file"),
                size(zone.storage_used or 0),
                ", ".join(one.name for one in zone.pull_zones),
            )
            for zone in zones
        ]
    )


def pull_zones(zones: Sequence[PullZone]) -> Sequence[str]:
    return columns(
        [
            (
                zone.name,
                str(zone.id),
                ", ".join(one.value for one in zone.hostnames),
                "signed addresses only" if zone.zone_security_enabled else "",
            )
            for zone in zones
        ]
    )


def statistics(zone: StorageZone, delivered: Statistics | None) -> Iterator[str]:
    held = f"{several(zone.files_stored or 0, 'file')}, {size(zone.storage_used or 0)}"
    yield f"storage zone {shown(zone.name)}: {held}"
    if delivered is None:
        yield "no pull zone is configured, so nothing is known of what was delivered"
        return
    served = delivered.total_requests_served or 0
    yield (
        f"its pull zone: {number(served)} requests, "
        f"{size(delivered.total_bandwidth_used or 0)} delivered, "
        f"{delivered.cache_hit_rate or 0:.0f}% of the requests out of the cache"
    )
