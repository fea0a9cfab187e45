"""Short words for what the tests of the servers ask of one bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.s3.servers.access import Access, Server, client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "mooded"
"""That `conftest` makes."""
BODY = bytes(range(256)) * 40
TOLERANT: dict[str, Any] = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}
"""Neither sends nor wants checksums by itself."""


def refused(call: Callable[..., Any], **how: Any) -> tuple[int, str]:
    """Status and code of the error that this call ends with."""
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **how)
    told = caught.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]


def put(to: S3Client, key: str, body: bytes = BODY, **how: Any) -> str:
    return to.put_object(Bucket=BUCKET, Key=key, Body=body, **how)["ETag"]


def got(to: S3Client, key: str) -> bytes:
    return to.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def held(direct: S3Client) -> list[str]:
    found = direct.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [one["Key"] for one in found]


def uploaded(to: S3Client, key: str) -> dict[str, Any]:
    """What completes a multipart upload of one part, which is made."""
    upload = to.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    part = to.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=BODY)
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    return {"Key": key, "UploadId": upload, "MultipartUpload": {"Parts": parts}}


def port_of(access: Access) -> int:
    return int(access.endpoint.rpartition(":")[2])


def emptied(server: Server, bucket: str) -> None:
    """Remove a bucket with all that is in it."""
    to = client(server.access)
    for upload in to.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        to.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    found = to.list_object_versions(Bucket=bucket)
    for one in (*found.get("Versions", []), *found.get("DeleteMarkers", [])):
        to.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    to.delete_bucket(Bucket=bucket)
