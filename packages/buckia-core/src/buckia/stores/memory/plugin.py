"""The provider `memory`: buckets that last as long as the process, one per name.

    memory-bucket:
      provider: memory
      bucket_name: scratch

Every storage that is opened for `scratch` in one process is the same `MemoryStore`. A program
or a test that wants to look inside, or to have a bucket with other traits, asks `buckets`.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from buckia.errors import ConfigError
from buckia.plugins import hookimpl
from buckia.provider import Context, Provider

if TYPE_CHECKING:
    from buckia.stores.memory.store import MemoryStore


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket in memory has no settings of its own."""


class Buckets:
    """The buckets of this process by name, and the only thing that outlives an opened storage."""

    def __init__(self) -> None:
        self._stores: dict[str, MemoryStore] = {}
        self._lock = Lock()

    def open(self, name: str) -> MemoryStore:
        """The bucket of that name, made when it is first asked for."""
        from buckia.stores.memory.store import MemoryStore

        with self._lock:
            if name not in self._stores:
                self._stores[name] = MemoryStore(name=name)
            return self._stores[name]

    def put(self, name: str, store: MemoryStore) -> None:
        """Let this very store be the bucket of that name from now on."""
        with self._lock:
            self._stores[name] = store

    def forget(self, name: str) -> None:
        """Drop a bucket with all that it holds; an unknown name is fine."""
        with self._lock:
            self._stores.pop(name, None)


buckets = Buckets()
"""Empty at import. It is what makes two openings of one name meet, hence one for the process."""


def _open(_options: Options, context: Context) -> MemoryStore:
    for place in ("domain", "region", "endpoint_url"):
        if getattr(context, place) is not None:
            raise ConfigError(
                f"a bucket in memory has no {place}",
                hint=f"remove {place} from the bucket {context.bucket_name}",
            )
    return buckets.open(context.bucket_name)


@hookimpl
def buckia_provider() -> Provider[Any]:
    return Provider(name="memory", options=Options, open=_open)
