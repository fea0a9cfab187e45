"""Which listings were asked for while something ran, on every kind of bucket, seen from outside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from buckia_bunny.testing import FakeBunny
from tests.grounds import BunnyGround, FolderGround, Ground, S3Ground
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

KINDS = ("local", "s3", "linode", "bunny")
_LISTED: list[str] = []
"""Folders of this machine that were listed; every process has one hook for good."""
_watching = False


def _hook(event: str, given: tuple[object, ...]) -> None:
    if _watching and event in {"os.scandir", "os.listdir"}:
        [found] = given
        path = Path(f"/proc/self/fd/{found}").readlink() if isinstance(found, int) else found
        _LISTED.append(str(path))


class Watched(msgspec.Struct, frozen=True):
    """A bucket, and how to see what was listed in it."""

    ground: Ground
    listed: Callable[[], list[str]]
    """What keys begin with that listings were asked for."""
    forget: Callable[[], None]


@contextmanager
def watched(kind: str, folder: Path) -> Iterator[Watched]:
    with ExitStack() as stack:
        if kind == "local":
            yield stack.enter_context(_local(folder))
        elif kind == "bunny":
            fake = stack.enter_context(FakeBunny(zone="shared", password="shared-secret"))
            yield Watched(
                BunnyGround(fake),
                lambda: [seen.key for seen in fake.requests if seen.kind == "list"],
                fake.forget,
            )
        else:
            proxy = stack.enter_context(Proxy(stack.enter_context(Moto()).access))
            ground = S3Ground(proxy.access, provider=kind)
            yield Watched(ground, lambda: _asked(proxy), proxy.forget)


def _asked(proxy: Proxy) -> list[str]:
    """The prefixes of all requests about a bucket that are answered with names of its objects."""
    return [
        seen.query.get("prefix", "")
        for seen in proxy.requests
        if not seen.key and seen.method == "GET" and not seen.query.keys() & {"location", "tagging"}
    ]


@contextmanager
def _local(folder: Path) -> Iterator[Watched]:
    global _watching  # noqa: PLW0603 - as there is one process
    ground = FolderGround(folder)

    def listed() -> list[str]:
        found = [Path(path) for path in _LISTED]
        root = ground.folder
        inside = [path.relative_to(root) for path in found if path.is_relative_to(root)]
        return ["" if path == Path() else f"{path.as_posix()}/" for path in inside]

    sys.addaudithook(_hook)
    _watching = True
    try:
        yield Watched(ground, listed, _LISTED.clear)
    finally:
        _watching = False
        _LISTED.clear()
