"""The AWS command line, which many have installed already."""

from __future__ import annotations

from pathlib import Path

from benchmarks.buckets import Bucket
from benchmarks.measured import Command


class Aws:
    """As it comes."""

    name = "aws s3 sync"

    def __init__(self, program: Path) -> None:
        self._program = program

    def version(self) -> Command:
        return Command([self._program, "--version"], Path.cwd())

    def up(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, str(folder), f"s3://{bucket.name}")

    def down(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, f"s3://{bucket.name}", str(folder))

    def plan(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(bucket, home, "--dryrun", str(folder), f"s3://{bucket.name}")

    def both(self, folder: Path, bucket: Bucket, home: Path, /) -> None:
        """It would overwrite with either way what the other way has to bring."""

    def _asked(self, bucket: Bucket, home: Path, *words: str) -> Command:
        home.mkdir(parents=True, exist_ok=True)
        access = bucket.access
        told = {
            "AWS_ENDPOINT_URL": access.endpoint,
            "AWS_REGION": access.region,
            "AWS_ACCESS_KEY_ID": access.access_key,
            "AWS_SECRET_ACCESS_KEY": access.secret_key,
            "AWS_CONFIG_FILE": str(home / "none"),
        }
        return Command([self._program, "s3", "sync", "--only-show-errors", *words], home, told)
