"""The small steps that the cases are made of."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from buckia import keys
from buckia.body import BytesBody
from buckia.errors import InvalidKey, NotFound, VersionMismatch
from buckia.model import Traits
from buckia.protocols import Begun, Entry, Reading, Storage, ability

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


def content(size: int, seed: int = 0) -> bytes:
    """Bytes without a pattern: a piece that is lost, doubled or swapped shows."""
    random = Random(f"{size} {seed}")  # noqa: S311 - the same each time is what matters
    return random.randbytes(size)


def body(data: bytes, mtime_ns: int | None = None) -> BytesBody:
    return BytesBody(data=data, mtime_ns=mtime_ns)


def described_body(data: bytes, metadata: Mapping[str, str]) -> BytesBody:
    return BytesBody(data=data, content_type="text/x-special", metadata=metadata)


def put(storage: Storage, key: str, data: bytes) -> Entry:
    return storage.write(key, body(data))


def fill(storage: Storage, names: Sequence[str]) -> None:
    """Write an object under each name, its bytes the name itself; many at a time."""
    workers = max(1, min(storage.traits.concurrency, 16))
    results = together([_filling(storage, names[start::workers]) for start in range(workers)])
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _filling(storage: Storage, names: Sequence[str]) -> Callable[[], None]:
    def work() -> None:
        for name in names:
            put(storage, name, name.encode())

    return work


def all_of(reading: Reading) -> bytes:
    """Read to the end and close."""
    with closing(reading):
        return b"".join(reading)


def get(storage: Storage, key: str, version: str | None = None) -> bytes:
    return all_of(storage.read(key, version=version))


def same(*contents: bytes) -> None:
    """Fail where they differ, and say where; a line-by-line comparison of megabytes takes hours."""
    first, *others = contents
    for other in others:
        if first != other:
            pairs = enumerate(zip(first, other, strict=False))
            at = next((n for n, (a, b) in pairs if a != b), min(len(first), len(other)))
            raise AssertionError(f"{len(first)} and {len(other)} bytes part at byte {at}")


def listing(storage: Storage, prefix: str = "") -> list[Entry]:
    """All entries as the pages bring them."""
    return [entry for page in storage.scan(prefix) for entry in page]


def names(storage: Storage, prefix: str = "") -> list[str]:
    return [entry.key for entry in listing(storage, prefix)]


def listed(storage: Storage, key: str) -> Entry:
    """The entry of one key as the listing tells it."""
    found = [entry for entry in listing(storage, key) if entry.key == key]
    assert len(found) == 1, f"{key!r} is listed {len(found)} times"
    return found[0]


def accepts(storage: Storage, key: str, version: str) -> bool:
    """Whether the store gives the object under this version."""
    try:
        storage.read(key, version=version).close()
    except VersionMismatch:
        return False
    return True


def is_still(storage: Storage, key: str, version: str) -> bool:
    """Whether the store takes this for the version that is there now.

    A store that goes by timestamps may tell one state in two ways until it can be sure of it;
    what counts is that it still answers to the version that it told.
    """
    return storage.stat(key).version == version or accepts(storage, key, version)


def is_absent(storage: Storage, key: str) -> bool:
    """Whether nothing is there, for `stat` as for the listing."""
    try:
        storage.stat(key)
    except (NotFound, InvalidKey):
        return key not in names(storage, key)
    return False


def begun_by(found: Begun[R] | None) -> Begun[R]:
    """What was begun; a case about it is skipped where this store can only wait just now."""
    if found is None:
        pytest.skip("no request of this kind is begun without being waited for")
    return found


def offered(storage: Storage, kind: type[A]) -> A:
    """The storage as that ability; a case about it is skipped where it is not offered."""
    offering = ability(storage, kind)
    if offering is not None:
        return offering
    reason = "its traits say that it lacks" if isinstance(storage, kind) else "it does not offer"
    pytest.skip(f"{type(storage).__name__}: {reason} {kind.__name__}")


def holds(storage: Storage, key: str) -> None:
    """Skip a case about a key that the traits rule out."""
    reason = keys.unheld(key, storage.traits)
    if reason is not None:
        pytest.skip(f"{type(storage).__name__}: {reason}")


def coexisting(candidates: Sequence[str], traits: Traits) -> list[str]:
    """Those of the names that one store of such traits holds at the same time, in key order."""
    kept: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name in sorted(candidates):
        above = keys.folders_above(name)
        if keys.unheld(name, traits) is not None or keys.folded(name, traits) in kept:
            continue
        if any(
            spelled.setdefault(keys.folded(folder, traits), folder) != folder for folder in above
        ):
            # Where names fold, a folder has one spelling, and the name would come back in it.
            continue
        kept[keys.folded(name, traits)] = name
    if not traits.flat:
        kept = {place: name for place, name in kept.items() if place not in spelled}
    return sorted(kept.values())


def together(calls: Sequence[Callable[[], T]], *, seconds: float = 120) -> list[T | BaseException]:
    """Start all calls at one instant, each in its thread: what each returned or raised."""
    start = threading.Barrier(len(calls))
    results: list[T | BaseException | None] = [None] * len(calls)

    def run(place: int, call: Callable[[], T]) -> None:
        start.wait(seconds)
        try:
            results[place] = call()
        except BaseException as error:  # noqa: BLE001 - it is handed to the case, which judges it
            results[place] = error

    threads = [
        threading.Thread(target=run, args=(place, call), daemon=True)
        for place, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), f"a call did not return within {seconds} seconds"
    return results  # type: ignore[return-value]  # every place was filled, by None or otherwise


def watched(works: Sequence[Callable[[], None]], look: Callable[[], None]) -> None:
    """Run the works at once while two threads look on, again and again, until all are done.

    The first error of any of them is raised.
    """
    at_work = threading.Semaphore(0)

    def doing(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            finally:
                at_work.release()

        return run

    done = threading.Event()

    def wait() -> None:
        for _ in works:
            at_work.acquire()
        done.set()

    def looking() -> None:
        while not done.is_set():
            look()

    for error in raised(together([*map(doing, works), wait, looking, looking])):
        raise error


def returned(results: Sequence[T | BaseException]) -> list[T]:
    return [result for result in results if not isinstance(result, BaseException)]


def raised(results: Sequence[T | BaseException]) -> list[BaseException]:
    return [result for result in results if isinstance(result, BaseException)]


class Footprint:
    """How many threads and file handles the process holds; `growth` since it was taken."""

    def __init__(self) -> None:
        self._threads, self._handles = _counted()

    def growth(self) -> int:
        threads, handles = _counted()
        return max(threads - self._threads, handles - self._handles)


def _counted() -> tuple[int, int]:
    gc.collect()
    for folder in (Path("/proc/self/fd"), Path("/dev/fd")):
        if folder.is_dir():
            return threading.active_count(), len(list(folder.iterdir()))
    return threading.active_count(), 0
