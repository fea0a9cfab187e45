"""Two buckets of one app, and somebody who moves a user from the one to the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.protocols import Storage
from buckia.results import Relocated
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Call, Fault, Faulty
from tests.engine import provider

ID = "7k2m9qx4c0w8v3nz5rj1tdh6bypfgas2"
NOTE = ".buckia-moved"
_names = count(1)


class Meddling:
    """Somebody does something just before the nth request to a bucket, the first being 1."""

    def __init__(self, nth: int, deed: Callable[[], object]) -> None:
        self.left = nth
        self.deed = deed

    def faults(self, _call: Call) -> Sequence[Fault]:
        self.left -= 1
        if self.left == 0:
            self.deed()
        return ()


class Tier:
    """One bucket; what a test does to it is in no journal."""

    def __init__(self, name: str, store: Storage | None = None) -> None:
        self.name = name
        self.store = Faulty(store or MemoryStore())
        provider.stores[self.name] = self.store

    @property
    def memory(self) -> MemoryStore:
        assert isinstance(self.store.store, MemoryStore)
        return self.store.store

    def put(self, key: str, data: str) -> None:
        self.memory.write(f"{ID}/{key}", BytesBody(data=data.encode()))

    def drop(self, key: str) -> None:
        self.memory.delete(f"{ID}/{key}")

    def files(self) -> dict[str, str]:
        """What the user has there."""
        return {
            key.removeprefix(f"{ID}/"): data.decode()
            for key, data in self.memory.contents().items()
            if key.startswith(f"{ID}/") and not key.endswith(NOTE)
        }

    @property
    def has_note(self) -> bool:
        return f"{ID}/{NOTE}" in self.memory.contents()


class Tiers:
    workers: int | None = None

    def __init__(self, folder: Path, *stores: Storage) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        one, other = stores or (None, None)
        number = next(_names)
        self.common = Tier(f"common-{number}", one)
        self.premium = Tier(f"premium-{number}", other)

    def client(self, tier: Tier) -> BuckiaClient:
        config = BucketConfig(
            provider="bench",
            bucket_name=tier.name,
            folders=[ID],
            retries=1,
            max_workers=self.workers,
        )
        return BuckiaClient(config, local_path=self.folder, plugins=provider.plugins())

    def move(self, *, back: bool = False) -> Relocated:
        ends = (self.common, self.premium)
        source, target = reversed(ends) if back else ends
        with self.client(source) as begin, self.client(target) as end:
            return begin.move_user(ID, end)
