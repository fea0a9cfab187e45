"""Devices of one app, with a bucket between them into which others put change files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from buckia.client import BuckiaClient, SyncResult
from buckia.config import BucketConfig
from tests.inbound.world import NOTES, World, change_id, document

INBOUND: Mapping[str, Any] = {
    "database": "App.sqlite",
    "folder": "inbound/",
    "tables": {"notes": "*"},
}


class Bucket:
    """A bucket that is a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bucket"
        self.folder.mkdir(parents=True)

    def put(self, content: bytes, name: str) -> str:
        path = self.folder / "inbound" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return f"inbound/{name}"

    def send(self, *changes: Mapping[str, Any], number: int = 1) -> str:
        """A file with these changes, from somebody who has no Buckia; its key."""
        name = change_id(number)
        return self.put(document(changes, name), f"{name}.json")

    @property
    def inbound(self) -> list[str]:
        return names(self.folder / "inbound")

    def world(self) -> World:
        """The database as it is in the bucket."""
        return World(self.folder, (), inbound=False)


class Device:
    def __init__(
        self, folder: Path, bucket: Bucket, statements: tuple[str, ...] = NOTES, **config: Any
    ) -> None:
        self.folder = folder
        self.world = World(folder, statements, inbound=False)
        self.config = BucketConfig(
            provider="local",
            bucket_name=bucket.folder.name,
            options={"root": str(bucket.folder.parent)},
            **{"inbound": INBOUND, **config},
        )

    def client(self, **more: Any) -> BuckiaClient:
        return BuckiaClient(self.config, local_path=self.folder, **more)

    def sync(self, **wishes: Any) -> SyncResult:
        with self.client() as client:
            return client.sync(**wishes)

    @property
    def inbound(self) -> list[str]:
        return names(self.folder / "inbound")

    @property
    def quarantine(self) -> dict[str, bytes]:
        folder = self.folder / ".buckia.state/quarantine"
        return {path.name: path.read_bytes() for path in folder.glob("*.refused")}

    def trashed(self) -> list[str]:
        """Keys of which the trash has a version."""
        beside = (self.folder / ".buckia.state/trash").rglob("*.json")
        return sorted({json.loads(path.read_bytes())["key"] for path in beside})


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208 - names are all that is needed
