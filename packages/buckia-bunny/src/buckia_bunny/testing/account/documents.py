"""What the account's API writes: zones, pages of them, regions, and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from buckia.standins.wire import JSON, Reply
from buckia_bunny.testing.account.pullzones import SYSTEM_DOMAIN, PullZone
from buckia_bunny.testing.storage.listing import number_of
from buckia_bunny.testing.storage.server import FakeBunny

REGIONS = [
    {
        "Id": number,
        "Name": name,
        "PricePerGigabyte": price,
        "RegionCode": code,
        "ContinentCode": continent,
        "CountryCode": country,
        "Latitude": latitude,
        "Longitude": longitude,
        "AllowLatencyRouting": True,
    }
    for number, name, price, code, continent, country, latitude, longitude in (
        (1, "EU: Falkenstein, DE", 0.01, "DE", "EU", "DE", 50.47, 12.37),
        (2, "NA: New York City, NY", 0.01, "NY", "NA", "US", 40.71, -74.0),
        (3, "ASIA: Singapore, SG", 0.03, "SG", "AS", "SG", 1.35, 103.82),
    )
]


def told(document: Any, status: int = 200) -> Reply:
    return Reply(status=status, headers=(JSON,), body=msgspec.json.encode(document))


def error_data(status: int, key: str, field: str, message: str) -> Reply:
    """A refusal that says what it is about."""
    return told({"ErrorKey": key, "Field": field, "Message": message}, status)


def no_pull_zone() -> Reply:
    words = "The requested Pull Zone was not found"
    return error_data(404, "pullZone.not_found", "PullZone", words)


def no_storage_zone() -> Reply:
    words = "The requested Storage Zone was not found"
    return error_data(404, "storageZone.not_found", "StorageZone", words)


def page(found: Sequence[dict[str, Any]], number: int, size: int) -> Reply:
    """One page, counted from 1; of number 0 all there is, as a bare array."""
    if not number:
        return told(found)
    document = {
        "Items": found[(number - 1) * size : number * size],
        "CurrentPage": number,
        "TotalItems": len(found),
        "HasMoreItems": number * size < len(found),
    }
    return told(document)


def storage_zone(fake: FakeBunny, pull_zones: Sequence[PullZone]) -> dict[str, Any]:
    """A storage zone with the pull zones that deliver from it."""
    files = fake.tree.files()
    return {
        "Id": number_of(fake.zone),
        "Name": fake.zone,
        "Password": fake.password,
        "ReadOnlyPassword": fake.read_only_password,
        "DateModified": "2026-01-31T10:00:00",
        "Deleted": False,
        "StorageUsed": sum(map(len, files.values())),
        "FilesStored": len(files),
        "Region": "DE",
        "ReplicationRegions": [],
        "PullZones": [pull_zone(zone) for zone in pull_zones if zone.storage is fake],
        "Rewrite404To200": False,
        "Custom404FilePath": None,
        "StorageHostname": fake.host,
        "ZoneTier": 0,
        "ReplicationChangeInProgress": False,
        "StorageZoneType": 0,
    }


def pull_zone(zone: PullZone) -> dict[str, Any]:
    return {
        "Id": zone.id,
        "Name": zone.name,
        "OriginUrl": None,
        "OriginType": 2,
        "StorageZoneId": number_of(zone.storage.zone),
        "Enabled": True,
        "Suspended": False,
        "Hostnames": [_hostname(zone, value) for value in zone.hostnames],
        "Type": 0,
        "ZoneSecurityEnabled": zone.secured,
        "ZoneSecurityKey": zone.security_key,
        "ZoneSecurityIncludeHashRemoteIP": zone.checks_ip,
        "IgnoreQueryStrings": zone.ignores_queries,
        "CacheErrorResponses": zone.keeps_errors,
        "CacheControlMaxAgeOverride": -1,
        "MonthlyBandwidthUsed": sum(one.size for one in list(zone.deliveries)),
        "MonthlyBandwidthLimit": 0,
    }


def _hostname(zone: PullZone, value: str) -> dict[str, Any]:
    is_system = value.endswith(SYSTEM_DOMAIN)
    return {
        "Id": number_of(f"{zone.id} {value}"),
        "Value": value,
        "ForceSSL": False,
        "IsSystemHostname": is_system,
        "IsManagedHostname": False,
        "HasCertificate": is_system,
    }
