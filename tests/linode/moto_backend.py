"""A Linode whose buckets are in moto: keys open everything there, and objects are real."""

from __future__ import annotations

from buckia_linode.testing import Bucket, Count, Endpoint, EndpointType, Memory, NotEmpty
from tests.s3.servers.access import client
from tests.s3.servers.moto import Moto


def endpoint_on(moto: Moto, region: str = "us-ord", kind: EndpointType = "E1") -> Endpoint:
    """An endpoint that is this server."""
    return Endpoint(region=region, endpoint_type=kind, s3_endpoint=moto.endpoint)


class OnMoto(Memory):
    def __init__(self, moto: Moto) -> None:
        super().__init__()
        self._client = client(moto.access)
        self._made: set[str] = set()

    def make_bucket(self, bucket: Bucket) -> None:
        super().make_bucket(bucket)
        self._client.create_bucket(Bucket=bucket.label)
        self._made.add(bucket.label)

    def remove_bucket(self, bucket: Bucket) -> None:
        if self.count(bucket).objects:
            raise NotEmpty
        super().remove_bucket(bucket)
        self._client.delete_bucket(Bucket=bucket.label)
        self._made.remove(bucket.label)

    def count(self, bucket: Bucket) -> Count:
        rows = self._client.list_objects_v2(Bucket=bucket.label).get("Contents", [])
        return Count(objects=len(rows), size=sum(row["Size"] for row in rows))

    def close(self) -> None:
        """What is in moto outlives the server, so it goes here."""
        for label in self._made:
            for row in self._client.list_objects_v2(Bucket=label).get("Contents", []):
                self._client.delete_object(Bucket=label, Key=row["Key"])
            self._client.delete_bucket(Bucket=label)
        self._client.close()
