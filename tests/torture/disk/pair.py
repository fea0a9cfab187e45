"""A folder and a bucket that is a folder, synced in this process, for what scenarios cannot say."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.engine import limits
from buckia.errors import BuckiaError
from buckia.results import SyncResult
from tests.histories.judge import insist
from tests.histories.world import contents


class Pair:
    """`here` and `there`, and nothing of it is told to anybody."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.here, self.there = folder / "here", folder / "bucket"
        for place in (self.here, self.there):
            place.mkdir(parents=True)
        # What is imported late must be there before anything fails, and nobody wants to wait.
        BytesBody(data=b"")
        limits.FIRST_PAUSE = 0.01
        self.config = BucketConfig(
            provider="local",
            bucket_name="bucket",
            options={"root": str(folder)},
            max_delete=1_000_000,
            delete_orphaned=True,
            **config,
        )

    @property
    def state(self) -> Path:
        return self.here / ".buckia.state"

    def client(self) -> BuckiaClient:
        return BuckiaClient(self.config, local_path=self.here)

    def sync(self, **how: Any) -> SyncResult:
        with self.client() as client:
            return client.sync(**how)

    def tried(self, **how: Any) -> str:
        """A sync that may fail as a sync may: how it ended, in a few words."""
        try:
            result = self.sync(**how)
        except BuckiaError as error:
            insist(bool(error.message), f"{error.kind} without a word")
            return f"ended by {error.kind}"
        return f"exit {result.exit_code}"

    def agree(self) -> dict[str, bytes]:
        """One calm sync and a second, which finds nothing to do; what both sides hold then."""
        for _ in range(2):
            result = self.sync(conflict_resolution="keep_both")
            insist(result.exit_code == 0, "a calm sync failed:", result.failed)
        insist(not result.actions, "there is something left to do:", result.actions)
        left, right = contents(self.here), contents(self.there)
        insist(left == right, "the sides differ:", sorted(left.items() ^ right.items())[:4])
        ours = [key for key in left if "/.buckia-" in f"/{key}"]
        insist(not ours, "temporary files are left:", ours)
        return left

    def kept(self) -> list[bytes]:
        """Every version in the trash."""
        return [
            path.with_suffix("").read_bytes()
            for path in (self.state / "trash").rglob("*.json")
            if path.with_suffix("").exists()
        ]

    def keys_of_trash(self) -> Collection[str]:
        return {
            json.loads(path.read_bytes())["key"] for path in (self.state / "trash").rglob("*.json")
        }


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
