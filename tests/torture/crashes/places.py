"""The buckets of this room, each emptied as often as needed and with a guard before its server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import msgspec
from botocore import session as sdk
from moto.s3 import models

from buckia import keys
from buckia.standins.wire import NO_ANSWER, Reply
from buckia_bunny.testing import FakeBunny, Fault
from buckia_bunny.testing.storage.asked import Forward as BunnyForward
from buckia_bunny.testing.storage.asked import Request as BunnyRequest
from buckia_s3 import opening
from buckia_s3.parts import MIB, Sizes
from tests.grounds import BunnyGround, FolderGround, Ground, S3Ground
from tests.s3.servers.listings import DatesUploads
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.operations import OPERATIONS
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, ConnectionCut, Request
from tests.torture.crashes.guard import Guard


class Place(Protocol):
    """One bucket that is played with again and again."""

    habits: dict[str, bytes]
    """Notes about the server, which need not be made anew for each play."""

    @property
    def ground(self) -> Ground: ...

    @property
    def guard(self) -> Guard | None:
        """Before the server; None where there is none."""

    def clear(self, folder: Path) -> None:
        """Empty it; a bucket that is a folder lies in this folder from now on."""


class FolderPlace:
    guard = None

    def __init__(self) -> None:
        self.habits: dict[str, bytes] = {}

    def clear(self, folder: Path) -> None:
        self.ground = FolderGround(folder)
        # The world that is built there makes it once more.
        self.ground.folder.rmdir()


class _GuardedS3(msgspec.Struct, frozen=True):
    guard: Guard
    counts = True

    @property
    def concerns(self) -> Collection[str]:
        return OPERATIONS

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = self.guard.around(request.operation, lambda: forward(request))
        if answer is None:
            raise ConnectionCut
        return answer


class S3Place:
    """moto behind a proxy, and parts so small that two of them are quickly sent."""

    def __init__(self, moto: Moto, proxy: Proxy) -> None:
        self.habits: dict[str, bytes] = {}
        self.guard = Guard()
        proxy.moods = (Mood(_GuardedS3(self.guard)), Mood(DatesUploads()))
        self.ground = S3Ground(moto.access, endpoint=proxy.access.endpoint)

    def clear(self, folder: Path) -> None:
        bucket, client = self.ground.bucket, self.ground.client
        for key in self.ground.objects():
            self.ground.remove(key)
        for row in client.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            client.abort_multipart_upload(Bucket=bucket, Key=row["Key"], UploadId=row["UploadId"])


class _GuardedBunny(Fault, frozen=True):
    guard: Guard

    def __call__(self, request: BunnyRequest, forward: BunnyForward) -> Reply:
        return self.guard.around(request.kind, lambda: forward(request)) or NO_ANSWER


class _TidyBunny(BunnyGround):
    """Whoever takes the last file out of a folder takes the folder away, too."""

    def remove(self, key: str) -> None:
        super().remove(key)
        for folder in reversed(keys.folders_above(key)):
            if not self.fake.tree.children(folder) and self.fake.tree.entry(folder):
                self.fake.tree.remove_folder(folder)


class BunnyPlace:
    def __init__(self, fake: FakeBunny) -> None:
        self.habits: dict[str, bytes] = {}
        self.guard = Guard()
        self.ground = _TidyBunny(fake)
        fake.faults = (_GuardedBunny(guard=self.guard),)

    def clear(self, folder: Path) -> None:
        self.ground.fake.tree.remove_folder("")
        self.ground.fake.forget()


@contextmanager
def _folder() -> Iterator[Place]:
    yield FolderPlace()


@contextmanager
def _s3() -> Iterator[Place]:
    with (
        # Megabytes of JSON that each store would read anew.
        patch.object(sdk, "create_loader", cache(sdk.create_loader)),
        patch.object(models, "S3_UPLOAD_PART_MIN_SIZE", MIB),
        patch.object(opening, "Sizes", lambda: Sizes(single=MIB, part=MIB)),
        Moto() as moto,
        Proxy(moto.access) as proxy,
    ):
        yield S3Place(moto, proxy)


@contextmanager
def _bunny() -> Iterator[Place]:
    with FakeBunny(zone="crashes", password="torture-secret") as fake:
        yield BunnyPlace(fake)


PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "local": _folder,
    "s3": _s3,
    "bunny": _bunny,
}
