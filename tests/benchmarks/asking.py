"""What the tests of the load server ask it with."""

from __future__ import annotations

import hashlib
import os
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from benchmarks import loadserver

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client


FLAGS = os.environ.get("LOADSERVER_FLAGS", "").split()
"""With what else to compile it: `-fsanitize=address,undefined`, for one."""
THREADS = int(os.environ.get("LOADSERVER_THREADS", "1"))
CACHE = Path(__file__).parent / ".cache"
MIB = 1 << 20


def client_of(server: loadserver.LoadServer, **settings: Any) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(
            s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **settings
        ),
    )


def code_of(error: ClientError) -> tuple[int, str]:
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status, error.response["Error"]["Code"]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def body_of(s3: S3Client, key: str, **wish: Any) -> bytes:
    return s3.get_object(Bucket="bucket", Key=key, **wish)["Body"].read()


def raw(
    server: loadserver.LoadServer,
    method: str,
    target: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    *,
    encode_chunked: bool = False,
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request(method, target, body, headers or {}, encode_chunked=encode_chunked)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read()
    finally:
        connection.close()
