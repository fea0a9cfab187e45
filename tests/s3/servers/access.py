"""How to reach a server, and a client that does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import msgspec
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """All that a client has to be told."""

    endpoint: str
    region: str = "us-east-1"
    access_key: str = "buckia"
    secret_key: str = "buckia-secret"
    ca_bundle: Path | None = None
    """The certificate to trust, where the endpoint is https."""


class NotHere(Exception):
    """This server cannot run on this machine; the message is the reason to skip a test with."""


class Server(ABC):
    """Runs from the moment it is made until `stop`, at the latest at the end of a `with`."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @property
    def endpoint(self) -> str:
        return self.access.endpoint

    @abstractmethod
    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()


def client(access: Access, **settings: Any) -> S3Client:
    """A client that tries once only, so that what the server said is what the test sees."""
    given = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 30}
    return boto3.client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        verify=None if access.ca_bundle is None else str(access.ca_bundle),
        config=Config(s3={"addressing_style": "path"}, **{**given, **settings}),
    )
