"""Where the contenders put things: buckets of one server, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.s3.servers.access import Access, client

_SIMPLE = 32
"""Letters of an ETag that is the MD5 of its object."""
_BLOCK = 1 << 20
FILLED = "filled"
"""The bucket of the load server that may be full from the start."""
_AT_ONCE = 8


class Bucket(NamedTuple):
    """One of them."""

    access: Access
    name: str

    def make(self) -> None:
        client(self.access).create_bucket(Bucket=self.name)

    def digests(self) -> Mapping[str, str]:
        """The MD5 of every object, by its key; told by the server, or read where it is not."""
        asked = client(self.access, max_pool_connections=_AT_ONCE)

        def digest(key: str, etag: str) -> tuple[str, str]:
            if len(etag) == _SIMPLE:
                return key, etag
            whole = hashlib.md5(usedforsecurity=False)
            for piece in asked.get_object(Bucket=self.name, Key=key)["Body"].iter_chunks(_BLOCK):
                whole.update(piece)
            return key, whole.hexdigest()

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return dict(threads.map(lambda one: digest(*one), self._listed()))

    def names(self) -> Sequence[str]:
        """Of all objects."""
        return [key for key, _ in self._listed()]

    def get(self, key: str) -> bytes:
        data: bytes = client(self.access).get_object(Bucket=self.name, Key=key)["Body"].read()
        return data

    def put(self, changes: Iterator[tuple[str, bytes]]) -> None:
        """What somebody else writes."""
        asked = client(self.access)
        for key, data in changes:
            asked.put_object(Bucket=self.name, Key=key, Body=data)

    def fill(self, folder: Path) -> None:
        """With all that is in a folder."""
        names = [path for path in folder.rglob("*") if path.is_file()]
        asked = client(self.access, max_pool_connections=_AT_ONCE)

        def put(path: Path) -> None:
            asked.upload_file(str(path), self.name, path.relative_to(folder).as_posix())

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for _ in threads.map(put, names):
                pass

    def empty(self) -> None:
        asked = client(self.access)
        for page in asked.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            if there := page.get("Contents"):
                asked.delete_objects(
                    Bucket=self.name,
                    Delete={"Objects": [{"Key": one["Key"]} for one in there], "Quiet": True},
                )

    def _listed(self) -> Iterator[tuple[str, str]]:
        asked = client(self.access)
        for page in asked.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for one in page.get("Contents", []):
                if not one["Key"].startswith("."):
                    yield one["Key"], one["ETag"].strip('"')


class Ground(NamedTuple):
    """A server for one run of the benchmarks."""

    name: str
    access: Access
    counts: Callable[[], Mapping[str, int]] | None
    """Requests by kind since the server began; None where it does not count."""
    folder: Path
    """For what the contenders work on, and what they keep."""

    def bucket(self, name: str) -> Bucket:
        """A new one."""
        made = Bucket(self.access, name)
        made.make()
        return made
