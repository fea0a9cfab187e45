"""Addresses of objects: for everybody, or signed for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from buckia.errors import StorageError
from buckia_s3.connection import Connection
from buckia_s3.faults import faults

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LONGEST = timedelta(days=7)


def url(connection: Connection, key: str, expires: timedelta | None) -> str:
    """The plain address, or one that whoever has it can use until it expires."""
    if expires is None:
        return _plain(connection, key)
    if connection.is_anonymous:
        raise StorageError(
            "nobody can sign an address without credentials",
            key=key,
            hint="remove `anonymous: true` and give credentials, or ask for a plain address",
        )
    if not timedelta(seconds=1) <= expires <= LONGEST:
        raise StorageError(f"a signed address lasts from a second to {LONGEST.days} days", key=key)
    return _written(connection, connection.client, key, int(expires.total_seconds()))


def _plain(connection: Connection, key: str) -> str:
    """As the SDK would write it; the key as a browser would."""
    parts = urlsplit(_written(connection, connection.unsigned, "x"))
    path = parts.path.removesuffix("x") + quote(key, safe="/~")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _written(connection: Connection, client: S3Client, key: str, seconds: int = 60) -> str:
    with faults(connection.where, key):
        return client.generate_presigned_url(
            "get_object",
            Params={"Bucket": connection.bucket, "Key": key},
            ExpiresIn=seconds,
        )
