"""Sides over stores that have all abilities or few, with trouble in front of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from buckia import digests
from buckia.body import BytesBody
from buckia.diff import plain
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.side import Side
from buckia.model import BasicEntry, SideName
from buckia.protocols import Storage
from buckia.stores.local import LocalStore
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import At, Call, Faulty, Pauses, Script
from tests.core.waiting import Waiting

FEW = frozenset(
    {"WritesConditionally", "DeletesConditionally", "CopiesConditionally", "CopiesInside"}
    | {"MovesInside", "Digests", "Stages", "Retires"}
)
"""What a simple store lacks."""


def memory(*, lacks: Iterable[str] = (), tells: Iterable[str] = ("sha256",)) -> MemoryStore:
    """`tells` are the digests that its entries carry."""
    traits = msgspec.structs.replace(ROOMY, lacks=frozenset(lacks), digests=frozenset(tells))
    return MemoryStore(traits=traits)


def folder(path: Path, *, lacks: Iterable[str] = ()) -> LocalStore:
    """A folder beside another one, in which it may try how its file system counts time."""
    probe = path.with_name("probe")
    for one in (path, probe):
        one.mkdir(exist_ok=True)
    return LocalStore(path, tag="me", lacks=frozenset(lacks), probe=probe)


STORES: dict[str, Callable[[Path], Storage]] = {
    "memory": lambda _: memory(),
    "memory with few abilities": lambda _: memory(lacks=FEW),
    "memory that tells no digests": lambda _: memory(tells=()),
    "memory with neither": lambda _: memory(lacks=FEW, tells=()),
    "folder": folder,
    "folder with few abilities": lambda path: folder(path, lacks=FEW),
}


def body(text: str, *, knows: Iterable[str] = ("sha256",)) -> BytesBody:
    data = text.encode()
    return BytesBody(data=data, digests={name: digests.of(data, name) for name in knows})


def sha(text: str) -> dict[str, str]:
    return {"sha256": digests.of(text.encode(), "sha256")}


def is_unsettled(entry: BasicEntry) -> bool:
    """A file that was written a moment ago; nothing but a tick of the clock changes that."""
    return "~" in entry.version


class Bench:
    """One side over one store. The engine's keys are those of the store, below `outer/`."""

    def __init__(self, store: Storage, *, name: SideName = SideName.RIGHT) -> None:
        self.store = Faulty(store)
        self.stop = Waiting()
        mounts = {"": Mount(self.store, outer="outer/", inner="inner/")}
        self.side = Side(name, mounts, Limits(stop=self.stop))

    def suffer(self, *scenes: At) -> None:
        self.store.plan = Script(*scenes)

    def put(self, text: str, name: str = "k") -> BasicEntry:
        """What somebody wrote, as the engine sees it afterwards."""
        self.store.store.write(f"inner/{name}", body(text))
        for _ in range(100_000):
            found = self.now(name)
            if not is_unsettled(found):
                return found
        raise AssertionError("a file that nobody touches must settle")

    def pinned(self, entry: BasicEntry) -> str:
        """The bytes of this very version, which has to be the one that is there."""
        name = "inner" + entry.key.removeprefix("outer")
        with self.store.store.read(name, version=entry.version) as reading:
            return reading.read().decode()

    def text(self, name: str = "k") -> str | None:
        """What is there now, seen past all trouble."""
        found = {entry.key for page in self.store.store.scan() for entry in page}
        if f"inner/{name}" not in found:
            return None
        with self.store.store.read(f"inner/{name}") as reading:
            return reading.read().decode()

    def now(self, name: str = "k") -> BasicEntry:
        return plain(self.store.store.stat(f"inner/{name}"), f"outer/{name}")

    def meanwhile(self, operation: str, text: str | None, nth: int, name: str = "k") -> At:
        """Somebody writes, or with None deletes, just before the nth call of an operation."""

        def strike(_call: Call) -> None:
            if text is None:
                self.store.store.delete(f"inner/{name}")
            else:
                self.store.store.write(f"inner/{name}", body(text))

        return At(operation, Pauses(strike), nth=nth)
