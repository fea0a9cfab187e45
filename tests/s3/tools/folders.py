"""A folder that Buckia keeps in step with a bucket, seen as a user sees it."""

from __future__ import annotations

import os
import random
from pathlib import Path

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.results import SyncResult
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Access

MIB = 1 << 20
LONG_AGO = 1_700_000_000_123_456_789
"""Nanoseconds since 1970. Services tell whole seconds, so to a tool that compares times with those
a file of this very second may seem younger than the object that was made of it."""


class Folder:
    """One user's files, with the state of Buckia beside and not among them."""

    def __init__(self, folder: Path, bucket: Bucket, access: Access) -> None:
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self._client = BuckiaClient(
            BucketConfig(
                provider="s3",
                bucket_name=bucket.name,
                endpoint_url=access.endpoint,
                region=access.region,
                paths=["files"],
                delete_orphaned=True,
                max_delete="100%",
                credentials={"access_key": access.access_key, "secret_key": access.secret_key},
            ),
            local_path=folder,
        )

    def sync(self) -> SyncResult:
        """One run, in which nothing went wrong and nothing waits."""
        result = self.tried()
        assert (result.failed, result.conflicts, result.skipped) == ((), (), ())
        return result

    def tried(self) -> SyncResult:
        """One run, whatever it came to."""
        return self._client.sync()

    def put(self, key: str, content: bytes, *, mtime_ns: int = LONG_AGO) -> Path:
        """A file of that time."""
        path = self.files / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        return path

    def held(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.files).as_posix(): path.read_bytes()
            for path in sorted(self.files.rglob("*"))
            if path.is_file()
        }

    def close(self) -> None:
        self._client.close()


def content(size: int) -> bytes:
    """So many bytes, which differ from part to part."""
    return random.Random(size).randbytes(size)
