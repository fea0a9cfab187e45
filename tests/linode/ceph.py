"""A Ceph gateway behind a fake of Linode's API: its buckets are real, and its keys open them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from buckia_linode.testing import (
    Acl,
    Bucket,
    Count,
    Endpoint,
    EndpointType,
    Grant,
    Link,
    NotEmpty,
    Rights,
    StoredObject,
    Taken,
)
from tests.s3.servers.access import client
from tests.s3.servers.ceph import Cluster

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GrantTypeDef

OWNER = "buckia"
"""The user whom all buckets belong to, as the cluster makes it."""
READS = ("s3:ListBucket", "s3:GetObject")
WRITES = (
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:ListBucketMultipartUploads",
)
_ACLS = {
    frozenset[tuple[str, str]](): "private",
    frozenset({("AllUsers", "READ")}): "public-read",
    frozenset({("AuthenticatedUsers", "READ")}): "authenticated-read",
    frozenset({("AllUsers", "READ"), ("AllUsers", "WRITE")}): "public-read-write",
}


class CephBackend:
    """Makes and removes what the API is asked to, on one cluster, whatever the region.

    A limited key is a user of its own, whom the policies of its buckets let in. Unlike at Linode
    it neither sees other buckets by their names nor makes any. Other keys are keys of the owner.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._s3: S3Client = client(cluster.access)
        # Linode signs its addresses in the older way.
        self._links: S3Client = client(cluster.access, signature_version="s3")
        self._keys: dict[str, Rights] = {}

    def endpoint(self, region: str = "us-ord", kind: EndpointType = "E1") -> Endpoint:
        """The cluster as an endpoint of some region."""
        return Endpoint(region=region, endpoint_type=kind, s3_endpoint=self._cluster.endpoint)

    def make_bucket(self, bucket: Bucket) -> None:
        try:
            self._s3.head_bucket(Bucket=bucket.label)
        except ClientError as error:
            if _status(error) != 404:
                raise
        else:
            raise Taken
        self._s3.create_bucket(Bucket=bucket.label)

    def remove_bucket(self, bucket: Bucket) -> None:
        try:
            self._s3.delete_bucket(Bucket=bucket.label)
        except ClientError as error:
            if _code(error) != "BucketNotEmpty":
                raise
            raise NotEmpty from error

    def count(self, bucket: Bucket) -> Count:
        found = self.objects(bucket)
        return Count(objects=len(found), size=sum(one.size for one in found))

    def objects(self, bucket: Bucket) -> list[StoredObject]:
        return list(self._objects(bucket))

    def acl(self, bucket: Bucket, name: str | None) -> str:
        if name is None:
            grants = self._s3.get_bucket_acl(Bucket=bucket.label)["Grants"]
        else:
            grants = self._s3.get_object_acl(Bucket=bucket.label, Key=name)["Grants"]
        return _ACLS.get(_groups(grants), "custom")

    def set_acl(self, bucket: Bucket, name: str | None, acl: Acl) -> None:
        if name is None:
            self._s3.put_bucket_acl(Bucket=bucket.label, ACL=acl)
        else:
            self._s3.put_object_acl(Bucket=bucket.label, Key=name, ACL=acl)

    def has_cors(self, bucket: Bucket) -> bool:
        try:
            self._s3.get_bucket_cors(Bucket=bucket.label)
        except ClientError as error:
            if _status(error) != 404:
                raise
            return False
        return True

    def set_cors(self, bucket: Bucket, *, enabled: bool) -> None:
        if enabled:
            self._s3.put_bucket_cors(
                Bucket=bucket.label,
                CORSConfiguration={
                    "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
                },
            )
        else:
            self._s3.delete_bucket_cors(Bucket=bucket.label)

    def make_key(self, access_key: str, secret_key: str, rights: Rights) -> None:
        keys = (f"--access-key={access_key}", f"--secret-key={secret_key}")
        if rights.grants is None:
            self._admin("key", "create", f"--uid={OWNER}", "--key-type=s3", *keys)
        else:
            names = (f"--uid={access_key}", "--display-name=a limited key")
            self._admin("user", "create", *names, *keys, "--max-buckets=-1")
        self._keys[access_key] = rights
        for grant in rights.grants or ():
            others = self._others(grant.bucket, access_key) or []
            self._set_policy(grant.bucket, [*others, _statement(access_key, grant)])

    def revoke_key(self, access_key: str) -> None:
        rights = self._keys.pop(access_key)
        for grant in rights.grants or ():
            self._set_policy(grant.bucket, self._others(grant.bucket, access_key))
        if rights.grants is None:
            key = f"--access-key={access_key}"
            self._admin("key", "rm", f"--uid={OWNER}", "--key-type=s3", key)
        else:
            self._admin("user", "rm", f"--uid={access_key}", "--purge-keys")

    def url(self, link: Link) -> str:
        what = {"GET": "get_object", "DELETE": "delete_object"}.get(link.method, "put_object")
        params: dict[str, Any] = {"Bucket": link.bucket.label, "Key": link.name}
        if link.content_type is not None and what == "put_object":
            params["ContentType"] = link.content_type
        return self._links.generate_presigned_url(
            what, Params=params, ExpiresIn=link.expires, HttpMethod=link.method
        )

    def _objects(self, bucket: Bucket) -> Iterator[StoredObject]:
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket.label, FetchOwner=True):
            for found in page.get("Contents", ()):
                yield StoredObject(
                    name=found["Key"],
                    size=found["Size"],
                    etag=found["ETag"].strip('"'),
                    modified=found["LastModified"].timestamp(),
                    owner=found["Owner"]["ID"],
                )

    def _others(self, bucket: Bucket, access_key: str) -> list[dict[str, Any]] | None:
        """What the policy says of others than this key; None where there is no such bucket."""
        try:
            policy = json.loads(self._s3.get_bucket_policy(Bucket=bucket.label)["Policy"])
        except ClientError as error:
            match _code(error):
                case "NoSuchBucketPolicy":
                    return []
                case "NoSuchBucket":
                    return None
            raise
        return [one for one in policy["Statement"] if one.get("Sid") != access_key]

    def _set_policy(self, bucket: Bucket, statements: list[dict[str, Any]] | None) -> None:
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            self._s3.put_bucket_policy(Bucket=bucket.label, Policy=policy)
        elif statements is not None:
            self._s3.delete_bucket_policy(Bucket=bucket.label)

    def _admin(self, *words: str) -> None:
        settings = str(self._cluster.folder / "ceph.conf")
        done = subprocess.run(
            ["radosgw-admin", *words, "-c", settings],
            cwd=self._cluster.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            raise RuntimeError(f"radosgw-admin {' '.join(words[:2])}: {done.stdout}{done.stderr}")


def _statement(access_key: str, grant: Grant) -> dict[str, Any]:
    name = f"arn:aws:s3:::{grant.bucket.label}"
    return {
        "Sid": access_key,
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam:::user/{access_key}"]},
        "Action": [*READS, *(WRITES if grant.permissions == "read_write" else ())],
        "Resource": [name, f"{name}/*"],
    }


def _groups(grants: list[GrantTypeDef]) -> frozenset[tuple[str, str]]:
    """What everybody may do, or all who have a key."""
    return frozenset(
        (one["Grantee"]["URI"].rpartition("/")[2], one["Permission"])
        for one in grants
        if "URI" in one["Grantee"]
    )


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
