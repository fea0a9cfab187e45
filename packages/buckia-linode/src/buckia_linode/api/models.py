"""What the API tells, as far as it is of use; secrets are `Secret`, so that nothing shows them."""

from __future__ import annotations

import msgspec

from buckia.secrets import Secret


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a region where buckets can be."""

    region: str
    endpoint_type: str | None = None
    s3_endpoint: str | None = None
    """The host; None where none is ready."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    region: str
    hostname: str | None = None
    s3_endpoint: str | None = None
    endpoint_type: str | None = None
    created: str | None = None
    objects: int | None = None
    size: int | None = None


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read or write a bucket without a key."""

    acl: str | None = None
    cors_enabled: bool | None = None
    """None where the endpoint has no such setting."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a limited key may do."""

    bucket_name: str
    region: str
    permissions: str


class KeyRegion(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    s3_endpoint: str | None = None


class Key(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    label: str = ""
    access_key: str = ""
    secret_key: Secret | None = None
    """Told once, by the answer that makes it."""
    limited: bool = False
    bucket_access: tuple[Grant, ...] | None = None
    regions: tuple[KeyRegion, ...] = ()


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signed address, and whether there is an object."""

    url: str
    exists: bool | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    used: int
    """Bytes that went out of the account this month."""


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    quota_id: str
    quota_name: str = ""
    description: str = ""
    endpoint_type: str | None = None
    s3_endpoint: str | None = None
    quota_limit: int | None = None
    resource_metric: str = ""
    has_usage: bool | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    quota_limit: int | None = None
    usage: int | None = None
