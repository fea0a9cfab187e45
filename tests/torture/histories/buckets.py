"""The buckets that histories are played on, each seen from outside and opened by Buckia."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from buckia.body import BytesBody
from buckia.errors import InvalidKey
from buckia.keys import STATE_DIR
from buckia.protocols import Storage
from buckia.provider import Context
from buckia.secrets import Secret
from buckia.stores.local import LocalStore
from buckia.stores.local.plugin import FOLDER_ONLY
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia_bunny.testing import FakeBunny, Fault, Refused, StaleListing
from tests.grounds import BunnyGround, FolderGround, Ground, S3Ground

UNCONDITIONAL = frozenset(
    {"WritesConditionally", "DeletesConditionally", "CopiesConditionally", "MovesInside"}
)


class Bucket(Protocol):
    """One bucket, which any number of devices and strangers use."""

    @property
    def forks(self) -> bool:
        """Whether it is still the same bucket for a forked process."""

    @property
    def promises(self) -> bool:
        """Whether it keeps a write or deletion back where the version is not the expected one."""

    @property
    def vouches(self) -> bool:
        """Whether it tells a digest of what it gives, so that damage on the way is noticed."""

    @property
    def keeps_folders(self) -> bool:
        """Whether a name that was a folder can never again be that of a file."""

    def rested(self) -> AbstractContextManager[None]:
        """Within, it answers as it should; otherwise its listings may be behind."""

    @property
    def behind(self) -> bool:
        """Whether its listings may be behind."""

    def objects(self) -> dict[str, bytes]: ...
    def put(self, key: str, data: bytes) -> None:
        """A key that it cannot hold is left out."""

    def remove(self, key: str) -> None: ...
    def hidden(self) -> list[bytes]:
        """What lies there and is no object: what a run under way put aside."""

    def open(self, context: Context) -> Storage: ...


class InMemory:
    """A dict; quick."""

    forks = False
    behind = False
    keeps_folders = False

    def __init__(self, **facts: Any) -> None:
        traits = {name: facts.pop(name) for name in tuple(facts) if hasattr(ROOMY, name)}
        self.store = MemoryStore(traits=msgspec.structs.replace(ROOMY, **traits), **facts)
        self.promises = not UNCONDITIONAL & self.store.traits.lacks
        # A hint that is not met proves nothing, so it does not tell of damage either.
        self.vouches = bool(self.store.traits.digests)

    def objects(self) -> dict[str, bytes]:
        return self.store.contents()

    def put(self, key: str, data: bytes) -> None:
        with contextlib.suppress(InvalidKey):
            self.store.write(key, BytesBody(data=data))

    def remove(self, key: str) -> None:
        self.store.delete(key)

    def hidden(self) -> list[bytes]:
        return []

    def rested(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def open(self, context: Context) -> Storage:
        del context
        return self.store


class Outside:
    """A bucket that is looked into and edited past Buckia, by its ground."""

    forks = True
    keeps_folders = False
    vouches = True

    def __init__(self, ground: Ground, *, promises: bool) -> None:
        self._ground = ground
        self.promises = promises

    def objects(self) -> dict[str, bytes]:
        return {key: data for key, data in self._ground.objects().items() if not _ours(key)}

    def put(self, key: str, data: bytes) -> None:
        with contextlib.suppress(OSError, Refused):
            self._ground.put(key, data)

    def remove(self, key: str) -> None:
        with contextlib.suppress(OSError, Refused):
            self._ground.remove(key)

    def hidden(self) -> list[bytes]:
        return [data for key, data in self._ground.objects().items() if _ours(key)]

    @property
    def behind(self) -> bool:
        return False

    def rested(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()


class OnDisk(Outside):
    vouches = False

    def __init__(self, ground: FolderGround) -> None:
        super().__init__(ground, promises=True)
        self._folder = ground.folder

    def open(self, context: Context) -> Storage:
        probe = context.base / STATE_DIR
        return LocalStore(self._folder, tag=context.tag, lacks=FOLDER_ONLY, probe=probe)


class OnS3(Outside):
    def __init__(self, ground: S3Ground) -> None:
        # moto ignores some conditions, and Buckia finds out which.
        super().__init__(ground, promises=False)
        self._s3 = ground

    def open(self, context: Context) -> Storage:
        from buckia_s3.opening import opened
        from buckia_s3.options import Options

        secrets = self._s3.secrets
        options = Options(
            access_key=Secret(secrets["SHARED_ACCESS"]),
            secret_key=Secret(secrets["SHARED_SECRET"]),
        )
        return opened(options, _at(context, self._s3.bucket, self._s3.endpoint))


class OnBunny(Outside):
    keeps_folders = True

    def __init__(self, ground: BunnyGround, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(ground, promises=False)
        self._bunny = ground
        self._faults = faults
        ground.fake.faults = faults

    @property
    def behind(self) -> bool:
        return bool(self._bunny.fake.faults)

    @contextmanager
    def rested(self) -> Iterator[None]:
        self._bunny.fake.faults = ()
        try:
            yield
        finally:
            self._bunny.fake.faults = self._faults

    def open(self, context: Context) -> Storage:
        from buckia_bunny.opening import opened
        from buckia_bunny.options import Options

        options = Options(storage_api_key=Secret(self._bunny.secrets["SHARED_PASSWORD"]))
        place = _at(context, self._bunny.fake.zone, self._bunny.endpoint)
        return opened(options, place)


def _at(context: Context, bucket: str, endpoint: str) -> Context:
    return msgspec.structs.replace(context, bucket_name=bucket, endpoint_url=endpoint)


def _ours(key: str) -> bool:
    return any(part.startswith(".buckia-") for part in key.split("/"))


def _memory(**facts: Any) -> Callable[[Path], AbstractContextManager[Bucket]]:
    return lambda _folder: contextlib.nullcontext(InMemory(**facts))


@contextmanager
def _on_disk(folder: Path) -> Iterator[Bucket]:
    yield OnDisk(FolderGround(folder))


@contextmanager
def _on_s3(_folder: Path) -> Iterator[Bucket]:
    from tests.s3.servers.moto import Moto

    with Moto() as server:
        yield OnS3(S3Ground(server.access))


@contextmanager
def _on_bunny(_folder: Path) -> Iterator[Bucket]:
    with FakeBunny(zone="histories", password="torture-secret") as fake:
        yield OnBunny(BunnyGround(fake))


@contextmanager
def _behind(_folder: Path) -> Iterator[Bucket]:
    with FakeBunny(zone="histories", password="torture-secret") as fake:
        yield OnBunny(BunnyGround(fake), (StaleListing(requests=1),))


BUCKETS: Mapping[str, Callable[[Path], AbstractContextManager[Bucket]]] = {
    "memory": _memory(),
    "memory with hints": _memory(lists=(), hints=["md5"], keeps_mtime=False),
    "memory without digests": _memory(lists=(), lists_mtime=False),
    "memory without conditions": _memory(lacks=UNCONDITIONAL),
    "memory without copies": _memory(
        lacks=UNCONDITIONAL | {"CopiesInside", "Digests", "Identifies"}, keeps_mtime=False
    ),
    "memory with folders": _memory(flat=False),
    "local": _on_disk,
    "s3": _on_s3,
    "bunny": _on_bunny,
    "bunny behind": _behind,
}
"""Each makes a fresh bucket, in a folder that is nobody else's, for as long as a `with`."""
QUICK = tuple(kind for kind in BUCKETS if kind.startswith("memory") or kind == "local")
