"""Buckia: whatever it is asked for, it goes both ways and has all its checks on."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.buckets import Bucket
from benchmarks.measured import Command


class Buckia:
    """The one of this checkout."""

    name = "buckia"

    def __init__(self, programs: Path) -> None:
        self._program = programs / "buckia"

    def version(self) -> Command:
        return Command([self._program, "--version"], Path.cwd())

    def up(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked("sync", folder, bucket, home)

    def down(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked("sync", folder, bucket, home)

    def plan(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked("status", folder, bucket, home)

    def both(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked("sync", folder, bucket, home)

    def _asked(self, what: str, folder: Path, bucket: Bucket, home: Path) -> Command:
        access = bucket.access
        config = {
            "provider": "s3",
            "bucket_name": bucket.name,
            "endpoint_url": access.endpoint,
            "region": access.region,
            "addressing": "path",
            "credentials": {"access_key": access.access_key, "secret_key": access.secret_key},
            "paths": [str(folder)],
        }
        home.mkdir(parents=True, exist_ok=True)
        # Where credentials are, nobody else may read.
        told = home / ".buckia.json"
        told.touch(mode=0o600)
        told.write_text(json.dumps({"bench": config}))
        return Command([self._program, what], home)
