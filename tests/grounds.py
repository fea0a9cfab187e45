"""Buckets that many use at once: a folder, S3, Bunny; each can be looked into from outside.

Somebody else's device is one more client of a bucket, and what it does is not to be told from what
a test does here. Nothing of this goes through Buckia.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from buckia.config import BucketConfig
from buckia.config.where import Where
from buckia_bunny.testing import FakeBunny
from tests.s3.servers.access import Access, client
from tests.s3.servers.moto import Moto

NAME = "shared"
"""The bucket's name in a `.buckia` file."""
IDENTITY = ".buckia-bucket"
"""By which a folder that is a bucket is known again."""
_numbers = count(1)


class Ground(Protocol):
    """One bucket."""

    @property
    def kind(self) -> str:
        """Such as "s3"."""

    @property
    def own(self) -> Mapping[str, Any]:
        """What a `.buckia` file says of it; secrets are references to the environment."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """What is in the environment of whoever uses it."""

    @property
    def endpoint(self) -> str:
        """Where its server listens, such as http://127.0.0.1:4711; empty for a folder."""

    def objects(self) -> dict[str, bytes]: ...

    def put(self, key: str, content: bytes) -> None: ...

    def remove(self, key: str) -> None:
        """Nothing is there is fine, too."""

    def unfinished(self) -> list[str]:
        """Temporary files and uploads that were begun and neither finished nor given up."""


def config(ground: Ground, **settings: Any) -> BucketConfig:
    """The bucket for a client in this process, whose environment gets its secrets."""
    os.environ.update(ground.secrets)
    return BucketConfig.from_file({**ground.own, **settings}, Where(bucket=NAME))


def document(ground: Ground, **settings: Any) -> str:
    """The same as the text of a `.buckia` file."""
    import json

    lines = [f"  {key}: {json.dumps(value)}" for key, value in {**ground.own, **settings}.items()]
    return "\n".join([f"{NAME}:", *lines, ""])


class FolderGround:
    """A bucket that is a folder."""

    kind = "local"
    endpoint = ""
    secrets: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bucket"
        self.folder.mkdir(parents=True)

    @property
    def own(self) -> Mapping[str, Any]:
        place = {"bucket_name": self.folder.name, "root": str(self.folder.parent)}
        return {"provider": "local", **place}

    def objects(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != IDENTITY
        }

    def put(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def remove(self, key: str) -> None:
        (self.folder / key).unlink(missing_ok=True)

    def unfinished(self) -> list[str]:
        return [path.name for path in self.folder.rglob(".buckia-*") if path.name != IDENTITY]


class S3Ground:
    """A bucket of its own on any server that speaks S3.

    `endpoint` is where Buckia is to find it, where that is another place than where tests look in.
    """

    def __init__(
        self, access: Access, *, endpoint: str | None = None, provider: str = "s3"
    ) -> None:
        self._access = access
        self.kind = provider
        self.endpoint = endpoint or access.endpoint
        self.bucket = f"shared-{os.getpid()}-{next(_numbers)}"
        self.client = client(access)
        self.client.create_bucket(Bucket=self.bucket)
        self._seen: dict[tuple[str, str], bytes] = {}

    @property
    def own(self) -> Mapping[str, Any]:
        trust = {"ca_bundle": str(self._access.ca_bundle)} if self._access.ca_bundle else {}
        return {
            "provider": self.kind,
            "bucket_name": self.bucket,
            "endpoint_url": self.endpoint,
            "access_key": "env:SHARED_ACCESS",
            "secret_key": "env:SHARED_SECRET",
            **trust,
        }

    @property
    def secrets(self) -> Mapping[str, str]:
        return {
            "SHARED_ACCESS": self._access.access_key,
            "SHARED_SECRET": self._access.secret_key,
        }

    def objects(self) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        rows = [row for page in pages for row in page.get("Contents", ())]
        return {row["Key"]: self._content(row["Key"], row["ETag"]) for row in rows}

    def _content(self, key: str, etag: str) -> bytes:
        """An ETag tells of the bytes, so what was fetched once need not be fetched again."""
        if (key, etag) not in self._seen:
            found = self.client.get_object(Bucket=self.bucket, Key=key)
            self._seen[key, found["ETag"]] = found["Body"].read()
            etag = found["ETag"]
        return self._seen[key, etag]

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def unfinished(self) -> list[str]:
        listed = self.client.list_multipart_uploads(Bucket=self.bucket)
        return [f"upload of {row['Key']}" for row in listed.get("Uploads", ())]


class BunnyGround:
    """The zone of a fake; `endpoint` as for S3."""

    kind = "bunny"

    def __init__(self, fake: FakeBunny, *, endpoint: str | None = None) -> None:
        self.fake = fake
        self.endpoint = endpoint or fake.endpoint

    @property
    def own(self) -> Mapping[str, Any]:
        return {
            "provider": "bunny",
            "bucket_name": self.fake.zone,
            "endpoint_url": self.endpoint,
            "storage_api_key": "env:SHARED_PASSWORD",
        }

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"SHARED_PASSWORD": self.fake.password}

    def objects(self) -> dict[str, bytes]:
        return dict(self.fake.tree.files())

    def put(self, key: str, content: bytes) -> None:
        self.fake.tree.put(key, content)

    def remove(self, key: str) -> None:
        if self.fake.tree.entry(key):
            self.fake.tree.remove(key)

    def unfinished(self) -> list[str]:
        return []


@contextmanager
def _folder(place: Path) -> Iterator[Ground]:
    yield FolderGround(place)


@contextmanager
def _s3(_place: Path) -> Iterator[Ground]:
    with Moto() as server:
        yield S3Ground(server.access)


@contextmanager
def _linode(_place: Path) -> Iterator[Ground]:
    with Moto() as server:
        yield S3Ground(server.access, provider="linode")


@contextmanager
def _bunny(_place: Path) -> Iterator[Ground]:
    with FakeBunny(zone="shared", password="shared-secret") as fake:
        yield BunnyGround(fake)


GROUNDS: dict[str, Callable[[Path], AbstractContextManager[Ground]]] = {
    "local": _folder,
    "s3": _s3,
    "linode": _linode,
    "bunny": _bunny,
}
"""Each makes, in a folder that is nobody else's, a fresh bucket that lives as long as a `with`."""
