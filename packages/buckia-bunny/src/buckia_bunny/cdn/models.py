"""What the account's API tells, as far as it is of use; fields that are absent are None or empty.

Keys and passwords are `Secret`, so that nothing of this shows them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from buckia.secrets import Secret

Chart = Mapping[str, int | float]
"""Figures by their time, as the service writes it."""
NO_FIGURES: Chart = {}


class Hostname(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    value: str
    id: int | None = None
    force_ssl: bool | None = msgspec.field(default=None, name="ForceSSL")
    is_system_hostname: bool | None = None
    has_certificate: bool | None = None


class PullZone(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A part of the CDN with its own addresses, which fetches from one origin."""

    id: int
    name: str = ""
    hostnames: tuple[Hostname, ...] = ()
    enabled: bool | None = None
    suspended: bool | None = None
    origin_url: str | None = None
    origin_type: int | None = None
    """2 is a storage zone."""
    storage_zone_id: int | None = None
    type: int | None = None
    zone_security_enabled: bool | None = None
    """Whether only signed addresses are served."""
    zone_security_key: Secret | None = None
    zone_security_include_hash_remote_ip: bool | None = msgspec.field(
        default=None, name="ZoneSecurityIncludeHashRemoteIP"
    )
    ignore_query_strings: bool | None = None
    cache_control_max_age_override: int | None = None
    monthly_bandwidth_used: int | None = None
    monthly_bandwidth_limit: int | None = None


class StorageZone(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: int
    name: str = ""
    password: Secret | None = None
    read_only_password: Secret | None = None
    region: str | None = None
    replication_regions: tuple[str, ...] = ()
    storage_hostname: str | None = None
    storage_used: int | None = None
    """Bytes."""
    files_stored: int | None = None
    date_modified: str | None = None
    deleted: bool = False
    zone_tier: int | None = None
    """0 standard, 1 edge."""
    storage_zone_type: int | None = None
    """1 has the S3-compatible interface too."""
    pull_zones: tuple[PullZone, ...] = ()


class Region(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: int
    name: str = ""
    region_code: str = ""
    country_code: str | None = None
    continent_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    price_per_gigabyte: float | None = None


class Statistics(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What was delivered in a time."""

    total_bandwidth_used: int | None = None
    """Bytes."""
    total_origin_traffic: int | None = None
    total_requests_served: int | None = None
    average_origin_response_time: float | None = None
    """Milliseconds."""
    cache_hit_rate: float | None = None
    bandwidth_used_chart: Chart = NO_FIGURES
    requests_served_chart: Chart = NO_FIGURES
    cache_hit_rate_chart: Chart = NO_FIGURES
    origin_traffic_chart: Chart = NO_FIGURES
    origin_response_time_chart: Chart = NO_FIGURES
    geo_traffic_distribution: Chart = NO_FIGURES


class StorageStatistics(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    storage_used_chart: Chart = NO_FIGURES
    file_count_chart: Chart = NO_FIGURES
