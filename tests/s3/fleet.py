"""A bucket of S3 as the one that a fleet shares."""

from __future__ import annotations

from collections.abc import Mapping

from tests.s3.buckets import Bucket


class SharedBucket:
    def __init__(self, bucket: Bucket, provider: str = "s3") -> None:
        self._bucket = bucket
        self._provider = provider
        self._access = bucket.server.access

    @property
    def own(self) -> Mapping[str, str]:
        trust = {"ca_bundle": str(self._access.ca_bundle)} if self._access.ca_bundle else {}
        return {
            "provider": self._provider,
            "bucket_name": self._bucket.name,
            "endpoint_url": self._access.endpoint,
            "access_key": "env:FLEET_ACCESS",
            "secret_key": "env:FLEET_SECRET",
            **trust,
        }

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"FLEET_ACCESS": self._access.access_key, "FLEET_SECRET": self._access.secret_key}

    def objects(self) -> dict[str, str]:
        client, name = self._bucket.client, self._bucket.name
        rows = client.list_objects_v2(Bucket=name).get("Contents", ())
        return {
            row["Key"]: client.get_object(Bucket=name, Key=row["Key"])["Body"].read().decode()
            for row in rows
        }
