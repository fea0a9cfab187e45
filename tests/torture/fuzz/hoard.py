"""A bucket that holds whatever somebody put there, and tells of it whatever it was told to tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from buckia.body import ChunkReading, chunks
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import NotFound, StorageError
from buckia.model import BasicEntry, Traits
from buckia.protocols import Body, Entry, Reading
from tests.guarantees import plugin
from tests.torture.fuzz.watching import SECRET

_names = count(1)
PAGE = 7


class Hoard:
    """No key is refused, and nothing is checked. `told` are fields that an entry lies about."""

    traits = Traits(keeps_mtime=True)

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects = dict(objects)
        self.told: dict[str, dict[str, Any]] = {}
        self.refusal = ""
        """What every request about bytes ends in, unless it is empty."""

    def entry(self, key: str) -> BasicEntry:
        data = self.objects[key]
        digest = hashlib.sha256(data).hexdigest()
        honest = BasicEntry(key=key, size=len(data), version=digest[:20], mtime_ns=10**18)
        return msgspec.structs.replace(honest, **self.told.get(key, {}))

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        names = sorted(key for key in self.objects if key.startswith(prefix))
        for start in range(0, len(names), PAGE):
            yield [self.entry(key) for key in names[start : start + PAGE]]

    def stat(self, key: str) -> Entry:
        if key not in self.objects:
            raise NotFound(f"there is no {key}", key=key)
        return self.entry(key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        self._refuse(key)
        entry = self.stat(key)
        return ChunkReading(entry, [self.objects[key]])

    def write(self, key: str, body: Body) -> Entry:
        self._refuse(key)
        self.objects[key] = b"".join(chunks(body.open()))
        self.told.pop(key, None)
        return self.entry(key)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def close(self) -> None:
        """Nothing is held."""

    def _refuse(self, key: str) -> None:
        if self.refusal:
            raise StorageError(self.refusal, key=key)


def named(hoard: Hoard) -> str:
    """The name by which the provider `staged` opens it; the last of many is the one that counts."""
    name = f"hoard-{next(_names)}"
    for old in [one for one in plugin.stores if one.startswith("hoard-")]:
        del plugin.stores[old]
    plugin.opened.clear()
    plugin.stores[name] = hoard
    return name


def client(hoard: Hoard, root: Path, **settings: Any) -> BuckiaClient:
    config = BucketConfig(
        provider="staged",
        bucket_name=named(hoard),
        credentials={"token": SECRET},
        **{"retries": 0, "max_delete": "100%", **settings},
    )
    return BuckiaClient(config, local_path=root, plugins=plugin.plugins())


def put(root: Path, files: Mapping[str, bytes]) -> None:
    for key, data in files.items():
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
