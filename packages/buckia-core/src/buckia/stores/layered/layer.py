"""One layer: its keys, entries and bytes as the tree of all layers tells them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from buckia.body import CHUNK
from buckia.closing import Closes
from buckia.errors import InvalidKey, StorageError
from buckia.layers import marked
from buckia.model import BasicEntry
from buckia.protocols import Begun, Entry, Reading
from buckia.translating import Translates


class Layer(msgspec.Struct, frozen=True):
    """Keys of the tree begin with `outer`, in the bucket with `inner`, which ends with a slash."""

    name: str
    outer: str
    inner: str
    is_own: bool

    def inside(self, key: str) -> str:
        """What begins so in the tree begins so in the bucket."""
        return self.inner + key[len(self.outer) :]

    def place(self, key: str) -> str:
        """The key of an object in the bucket."""
        if len(key) <= len(self.outer):
            # It would be the name of the layer's folder.
            raise InvalidKey("the key is empty", key=key)
        return self.inside(key)

    def outside(self, key: str) -> str:
        return self.outer + key[len(self.inner) :]

    def told(self, entry: Entry) -> BasicEntry:
        """An entry of the bucket as one of the tree."""
        return BasicEntry(
            key=self.outside(entry.key),
            size=entry.size,
            version=marked(self.name, entry.version, is_own=self.is_own),
            changed=entry.changed,
            mtime_ns=entry.mtime_ns,
            digests=entry.digests,
            hints=entry.hints,
            lent=not self.is_own,
        )

    @property
    def faults(self) -> Faults:
        return Faults(self)


class Faults(Translates):
    """Errors about an object of the layer name the key that it has in the tree."""

    __slots__ = ("_layer",)

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def _meaning(self, error: BaseException) -> BaseException | None:
        layer = self._layer
        if isinstance(error, StorageError) and error.key.startswith(layer.inner):
            error.key = layer.outside(error.key)
        return None


class LayerReading(Closes):
    """Bytes of a layer's object, whose entry is that of the tree."""

    def __init__(self, layer: Layer, reading: Reading) -> None:
        self._layer = layer
        self._reading = reading

    @property
    def entry(self) -> Entry:
        # What is known of the bytes may be more when they were read.
        return self._layer.told(self._reading.entry)

    def read(self, size: int = -1, /) -> bytes:
        with self._layer.faults:
            return self._reading.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._reading.read(CHUNK), b"")

    def close(self) -> None:
        self._reading.close()


class BegunEntry:
    """A write into a layer that is on its way."""

    def __init__(self, layer: Layer, begun: Begun[Entry]) -> None:
        self._layer = layer
        self._begun = begun

    def end(self) -> Entry:
        with self._layer.faults:
            return self._layer.told(self._begun.end())

    def close(self) -> None:
        self._begun.close()


class BegunReading:
    """A question for a layer's bytes that is on its way."""

    def __init__(self, layer: Layer, begun: Begun[Reading]) -> None:
        self._layer = layer
        self._begun = begun

    def end(self) -> Reading:
        with self._layer.faults:
            return LayerReading(self._layer, self._begun.end())

    def close(self) -> None:
        self._begun.close()
