"""The servers that a run can be against."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import loadserver
from benchmarks.buckets import FILLED, Ground
from tests.s3.servers import ceph, ministack
from tests.s3.servers.access import Access, Server

SMALL = 10
"""Bytes of an object that is there from the start."""
CACHE = Path(__file__).parents[1] / ".cache" / "benchmarks"


@contextmanager
def loaded(folder: Path, *, latency: float = 0.0, objects: int = 0) -> Iterator[Ground]:
    """A server that is no bottleneck, and no judge of correctness either."""
    fill = loadserver.Fill(count=objects, size=SMALL)
    started = loadserver.running(CACHE, buckets=[FILLED], latency=latency, fill=fill)
    with _kept(folder) as (_, work), started as running:
        access = Access(endpoint=running.url)
        yield Ground("load", access, lambda: _counted(running.counts()), work)


def _counted(counts: loadserver.Counts) -> Mapping[str, int]:
    found = dataclasses.asdict(counts)
    del found["cpu"]
    return found


@contextmanager
def _ministack(folder: Path) -> Iterator[Ground]:
    with _kept(folder) as (server, work), ministack.start(server) as running:
        yield _ground("ministack", running, work)


@contextmanager
def _ceph(folder: Path) -> Iterator[Ground]:
    with _kept(folder) as (server, work), ceph.start(server) as running:
        yield _ground("ceph", running, work)


@contextmanager
def _kept(folder: Path) -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory(dir=folder) as name:
        server, work = Path(name) / "server", Path(name) / "work"
        server.mkdir()
        work.mkdir()
        yield server, work


def _ground(name: str, running: Server, work: Path) -> Ground:
    return Ground(name, running.access, None, work)


GROUNDS: Mapping[str, Callable[[Path], AbstractContextManager[Ground]]] = {
    "load": loaded,
    "ministack": _ministack,
    "ceph": _ceph,
}
