"""The tree of all layers as a `Storage`. What is below the nearest layer is only ever read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec

from buckia import keys
from buckia.closing import close
from buckia.errors import AccessDenied, NotFound, StorageError, VersionMismatch
from buckia.layers import is_lent, layer_of, unmarked
from buckia.model import Traits
from buckia.pieces import Pieces, TellsPieces
from buckia.protocols import (
    ABSENT,
    BeginsReads,
    BeginsWrites,
    Begun,
    Body,
    CopiesConditionally,
    CopiesInside,
    DeletesConditionally,
    Digests,
    DigestsTogether,
    Entry,
    Expected,
    GivesUrls,
    Identifies,
    MovesInside,
    Outlines,
    Probes,
    Publishes,
    Reading,
    ReadsRanges,
    ScansBetween,
    Storage,
    Sweeps,
    WritesConditionally,
    ability,
)
from buckia.results import Check, Failure
from buckia.stores.layered.layer import BegunEntry, BegunReading, Layer, LayerReading
from buckia.stores.layered.listing import merged

A = TypeVar("A")
_PASSED_ON = (
    *(ReadsRanges, ScansBetween, WritesConditionally, BeginsWrites, Outlines, BeginsReads),
    *(DeletesConditionally, CopiesInside, CopiesConditionally, MovesInside, Digests),
    *(DigestsTogether, GivesUrls, TellsPieces, Identifies, Probes, Publishes, Sweeps),
)
"""Abilities that this store has where the bucket has them.

Those of a folder that is worked in are not among them, nor what deletes without looking.
"""
_HINT = "what lies in a lower layer is changed by whoever syncs that folder by itself"


class LayeredStore:
    """`layers` are folders below `prefix`, from the farthest to the nearest.

    A key of the tree is `prefix` and the rest of the key in its layer. The nearest layer that has
    a key gives it. Whatever is written goes into the last: over a key of a lower layer it makes a
    new object there, on the condition that the lower one is still what was seen. What a lower
    layer gets at the same time under a key that was free is hidden by what is written, as it would
    be a moment later. Entries of lower layers are `lent`; to delete or to move one is refused.
    """

    def __init__(self, storage: Storage, prefix: str, layers: Sequence[str]) -> None:
        self._storage = storage
        self.layers = tuple(layers)
        self._own = Layer(layers[-1], prefix, f"{prefix}{layers[-1]}/", is_own=True)
        lower = [Layer(one, prefix, f"{prefix}{one}/", is_own=False) for one in layers[:-1]]
        self._nearest_first = (self._own, *reversed(lower))
        self._named = {one.name: one for one in self._nearest_first}
        self._facts: tuple[Traits, Traits] | None = None
        self.root = getattr(storage, "root", None)
        """The folder that the bucket is, where it is one."""

    @property
    def traits(self) -> Traits:
        """Those of the bucket, which may change once it was probed."""
        found = self._storage.traits
        if self._facts is None or self._facts[0] is not found:
            self._facts = found, self._traits(found)
        return self._facts[1]

    def _traits(self, found: Traits) -> Traits:
        lacking = {kind.__name__ for kind in _PASSED_ON if ability(self._storage, kind) is None}
        most = found.max_key_bytes
        if most is not None:
            most -= len(self._own.inner.encode()) - len(self._own.outer.encode())
        return msgspec.structs.replace(found, lacks=found.lacks | lacking, max_key_bytes=most)

    def is_bare(self, layer: str) -> bool:
        pages = iter(self._storage.scan(self._named[layer].inner))
        try:
            return not any(keys.shows_a_file(entry.key) for page in pages for entry in page)
        finally:
            close(pages)

    # Storage

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        return self._merged(prefix, lambda layer: self._storage.scan(layer.inside(prefix)))

    def scan_between(self, prefix: str, after: str, until: str) -> Iterator[Sequence[Entry]]:
        storage = self._able(ScansBetween)

        def bound(layer: Layer, key: str) -> str:
            return layer.inside(key) if key else ""

        return self._merged(
            prefix,
            lambda one: storage.scan_between(
                one.inside(prefix), bound(one, after), bound(one, until)
            ),
        )

    def _merged(
        self, prefix: str, listing: Callable[[Layer], Iterator[Sequence[Entry]]]
    ) -> Iterator[Sequence[Entry]]:
        return merged([(layer, listing(layer)) for layer in self._nearest_first], prefix)

    def stat(self, key: str) -> Entry:
        for layer in self._nearest_first:
            try:
                with layer.faults:
                    return layer.told(self._storage.stat(layer.place(key)))
            except NotFound as error:
                if not error.key:
                    # Not the object is missing but the bucket.
                    raise
        raise NotFound(f"there is no {key} in any layer", key=key)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        layer, inner = self._version(key, version)
        with layer.faults:
            return LayerReading(layer, self._storage.read(layer.place(key), version=inner))

    def write(self, key: str, body: Body) -> Entry:
        with self._own.faults:
            return self._own.told(self._storage.write(self._own.place(key), body))

    def delete(self, key: str) -> None:
        """Only what lies in the nearest layer; for all else it is an error."""
        try:
            found = self.stat(key)
        except NotFound as error:
            if not error.key:
                raise
            return
        self._insist_on_own(key, found.version)
        with self._own.faults:
            self._storage.delete(self._own.place(key))

    def close(self) -> None:
        self._storage.close()

    # Abilities

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        storage = self._able(ReadsRanges)
        layer, inner = self._version(key, version)
        with layer.faults:
            found = storage.read_range(layer.place(key), start, length, version=inner)
            return LayerReading(layer, found)

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        storage = self._able(WritesConditionally)
        expected = self._expected(key, expect)
        with self._own.faults:
            return self._own.told(storage.write_if(self._own.place(key), body, expect=expected))

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Begun[Entry] | None:
        if isinstance(expect, str) and is_lent(expect):
            # The layer below is asked first.
            return None
        storage = self._able(BeginsWrites)
        expected = self._expected(key, expect)
        with self._own.faults:
            begun = storage.begin_write(self._own.place(key), body, expect=expected)
        return None if begun is None else BegunEntry(self._own, begun)

    def outline(self, body: Body, *, over: tuple[str, str] | None = None) -> Body | None:
        storage = self._able(Outlines)
        if over is not None:
            key, version = over
            # What the nearest layer has not got is not replaced there.
            is_own = not is_lent(version)
            over = (self._own.place(key), unmarked(version)[1]) if is_own else None
        return storage.outline(body, over=over)

    def begin_read(self, key: str, *, version: str | None = None) -> Begun[Reading] | None:
        storage = self._able(BeginsReads)
        if version is None:
            # Which layer is meant has to be asked first.
            return None
        layer, inner = self._version(key, version)
        with layer.faults:
            begun = storage.begin_read(layer.place(key), version=inner)
        return None if begun is None else BegunReading(layer, begun)

    def delete_if(self, key: str, *, expect: str) -> None:
        storage = self._able(DeletesConditionally)
        self._insist_on_own(key, expect)
        expected = self._version(key, expect)[1] or expect
        with self._own.faults:
            storage.delete_if(self._own.place(key), expect=expected)

    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        storage = self._able(CopiesInside)
        layer, inner = self._version(source, source_version)
        place = self._own.place(target)
        with layer.faults, self._own.faults:
            made = storage.copy(layer.place(source), place, source_version=inner or "")
        return self._own.told(made)

    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        storage = self._able(CopiesConditionally)
        layer, inner = self._version(source, source_version)
        expected = self._expected(target, expect)
        place = self._own.place(target)
        with layer.faults, self._own.faults:
            made = storage.copy_if(
                layer.place(source), place, source_version=inner or "", expect=expected
            )
        return self._own.told(made)

    def move(self, source: str, target: str, *, source_version: str) -> Entry:
        storage = self._able(MovesInside)
        self._insist_on_own(source, source_version)
        own, inner = self._own, self._version(source, source_version)[1] or source_version
        with own.faults:
            made = storage.move(own.place(source), own.place(target), source_version=inner)
        return own.told(made)

    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        storage = self._able(Digests)
        layer, inner = self._version(key, version)
        with layer.faults:
            return storage.digest(layer.place(key), algorithm, version=inner)

    def digests_together(
        self, versions: Sequence[tuple[str, str]], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        storage = self._able(DigestsTogether)
        inner = []
        for key, version in versions:
            layer, known = self._version(key, version)
            inner.append((layer.place(key), known or ""))
        return storage.digests_together(inner, algorithms)

    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        """The address of the nearest; of a key that no layer has, where it would be written."""
        storage = self._able(GivesUrls)
        try:
            layer = self._named[layer_of(self.stat(key).version)]
        except NotFound as error:
            if not error.key:
                raise
            layer = self._own
        with layer.faults:
            return storage.url(layer.place(key), expires=expires)

    def pieces(self, key: str, *, version: str) -> Pieces | None:
        storage = self._able(TellsPieces)
        layer, inner = self._version(key, version)
        with layer.faults:
            return storage.pieces(layer.place(key), version=inner or "")

    def identity(self, *, create: bool = False) -> str | None:
        return self._able(Identifies).identity(create=create)

    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        return self._able(Probes).probe(self._own.inside(folder), anew=anew)

    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        return self._able(Publishes).publish(pause)

    def sweep(self, prefix: str = "") -> int:
        return self._able(Sweeps).sweep(self._own.inside(prefix))

    # What they are made of

    def _able(self, kind: type[A]) -> A:
        found = ability(self._storage, kind)
        if found is None:
            raise StorageError(f"this bucket lacks {kind.__name__}")
        return found

    def _version(self, key: str, version: str | None) -> tuple[Layer, str | None]:
        """Which object is meant: the layer it lies in, and its version there, if one is asked."""
        if version is None:
            return self._named[layer_of(self.stat(key).version)], None
        name, inner = unmarked(version)
        layer = self._named.get(name)
        # What is of no layer, or not any more, is a version that nothing has.
        return (self._own, version) if layer is None else (layer, inner)

    def _expected(self, key: str, expect: Expected) -> Expected:
        """What the nearest layer has to hold where the tree has to hold this."""
        if not isinstance(expect, str):
            return expect
        if not is_lent(expect):
            return self._version(key, expect)[1] or expect
        if not self._shows(key, expect):
            raise VersionMismatch(f"{key} is not the version that was seen", key=key)
        return ABSENT

    def _shows(self, key: str, version: str) -> bool:
        try:
            seen = self.stat(key).version
            if seen == version or layer_of(seen) != layer_of(version):
                return seen == version
            # A bucket may tell one state in two ways until it can be sure of it.
            self.read(key, version=version).close()
        except (NotFound, VersionMismatch):
            return False
        return True

    def _insist_on_own(self, key: str, version: str) -> None:
        if is_lent(version):
            raise AccessDenied(
                f"{key} lies in the layer {layer_of(version)}, which is only read",
                key=key,
                hint=_HINT,
            )
