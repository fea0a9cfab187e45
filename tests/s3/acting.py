"""A stage for one test: a bucket of moto behind a proxy, and what a server may do wrong there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import msgspec
import pytest
from botocore import session
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3 import models

from buckia.errors import StorageError
from buckia_s3.habits import Habits
from buckia_s3.parts import MIB, Sizes
from buckia_s3.store import S3Store
from tests.s3.buckets import SMALL, Bucket
from tests.s3.servers.access import client
from tests.s3.servers.asking import TOLERANT
from tests.s3.servers.bodies import ChecksBodies
from tests.s3.servers.conditions import EnforcesConditions
from tests.s3.servers.documents import children, edited, put_text, read
from tests.s3.servers.moods import Behaviour, Does, Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.operations import OTHER
from tests.s3.servers.proxy import Proxy, Seen
from tests.s3.servers.wire import Answer, Request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATIENCE = 20.0
"""Seconds after which something that should have happened is taken for stuck."""
TINY = Sizes(single=MIB, part=MIB)
"""Needs `tiny_parts`."""
HONOURS_ALL = Habits(
    creates=True,
    replaces="quoted",
    completes=True,
    deletes=True,
    copies=True,
    batches=True,
    tags_are_md5=True,
    tags_of_parts=True,
    checks_parts=True,
    checks="sha256",
)


LOSES_TAGS = msgspec.structs.replace(HONOURS_ALL, loses_tags=True, counts_tags=True)


def like_aws() -> tuple[Mood, ...]:
    """Makes `HONOURS_ALL` true; checks first, for conditions may change what is in a body."""
    return (Mood(ChecksBodies()), Mood(EnforcesConditions()))


class Stage:
    """All that is stored, seen without the proxy; and stores, which go through it."""

    def __init__(self, moto: Moto, folder: Path, proxy: Proxy) -> None:
        self.proxy = proxy
        self.folder = folder
        self.direct: S3Client = client(moto.access, **TOLERANT)
        self.bucket = Bucket(proxy, folder)
        self._opened: list[S3Store] = []
        proxy.forget()

    @property
    def name(self) -> str:
        return self.bucket.name

    def act(self, *moods: Mood) -> None:
        """From now on, with a log that is empty."""
        self.proxy.moods = moods
        self.proxy.forget()

    def opened(
        self, habits: Habits | None = HONOURS_ALL, *, sizes: Sizes = SMALL, **more: Any
    ) -> S3Store:
        """A store that believes this of the service; None: what its notes tell."""
        store = self.bucket.open(sizes=sizes, **more)
        if habits is not None:
            store.habits = habits
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()
        self.direct.close()

    def put(self, key: str, data: bytes = b"there", **more: Any) -> str:
        """The ETag of an object that is made behind everybody's back."""
        made = self.direct.put_object(Bucket=self.name, Key=key, Body=data, **more)
        return made["ETag"].strip('"')

    def fill(self, keys: Iterable[str]) -> None:
        """Put empty objects straight into moto, which is quick and knows no bad key."""
        backend = models.s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            backend.put_object(self.name, key, b"")

    def held(self, key: str) -> bytes:
        return self.direct.get_object(Bucket=self.name, Key=key)["Body"].read()

    def told(self, key: str) -> dict[str, Any]:
        return dict(self.direct.head_object(Bucket=self.name, Key=key))

    def remove(self, key: str) -> None:
        self.direct.delete_object(Bucket=self.name, Key=key)

    def all_keys(self) -> list[str]:
        found = self.direct.list_objects_v2(Bucket=self.name).get("Contents", ())
        return [one["Key"] for one in found]

    def uploads(self) -> dict[str, str]:
        """Keys of unfinished uploads, by what the service calls them."""
        found = self.direct.list_multipart_uploads(Bucket=self.name).get("Uploads", ())
        return {one["UploadId"]: one["Key"] for one in found}

    def operations(self) -> list[str]:
        return [one.operation for one in self.proxy.requests]

    def one(self, operation: str) -> Seen:
        """The only request of that kind."""
        [found] = (one for one in self.proxy.requests if one.operation == operation)
        return found

    def tagging(self) -> list[str]:
        """The methods of the requests about tags."""
        return [one.method for one in self.proxy.requests if "tagging" in one.query]

    def parts_sent(self) -> list[int]:
        sent = [one for one in self.proxy.requests if one.operation == "UploadPart"]
        return sorted(int(one.query["partNumber"]) for one in sent)


_once = cache(session.create_loader)
"""Each store has an SDK session of its own, which would read the same megabytes of JSON again."""


@contextmanager
def on_stage(moto: Moto, folder: Path) -> Iterator[Stage]:
    with patch.object(session, "create_loader", _once), Proxy(moto.access) as proxy:
        stage = Stage(moto, folder, proxy)
        try:
            yield stage
        finally:
            stage.close()


def tiny_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto take parts of a single mebibyte, so that tests of parts are quick."""
    monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", MIB)


def failure(call: Callable[..., object], *given: Any, **more: Any) -> StorageError:
    """What it ends with; a subclass of `StorageError`, and nothing else, is what stores raise."""
    with pytest.raises(StorageError) as caught:
        call(*given, **more)
    return caught.value


def data_of(size: int, seed: int = 0) -> bytes:
    """Bytes that differ from place to place, so that a part in a wrong place shows."""
    line = b"%d:%%08d\n" % seed
    return b"".join(line % number for number in range(size // 8 + 1))[:size]


class Acts(Does, frozen=True):
    """Does whatever the test says."""

    act: Callable[[Request, Forward], Answer]

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        return self.act(request, forward)


def before(happens: Callable[[], object]) -> Acts:
    """Something happens just before the server gets the request."""

    def act(request: Request, forward: Forward) -> Answer:
        happens()
        return forward(request)

    return Acts(act)


def after(happens: Callable[[], object]) -> Acts:
    """Something happens when the server is done, just before it answers."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        happens()
        return answer

    return Acts(act)


def without_header(name: str) -> Acts:
    """The server never gets this header."""
    return Acts(
        lambda request, forward: forward(
            msgspec.structs.replace(request, headers=request.without(name))
        )
    )


def tags_at(stage: Stage, key: str, **which: Any) -> dict[str, str]:
    """The tags that the object really has."""
    found = stage.direct.get_object_tagging(Bucket=stage.name, Key=key, **which)["TagSet"]
    return {row["Key"]: row["Value"] for row in found}


class OnTags(Does, frozen=True):
    """Does so with requests of this method about the tags of one object, and with no others."""

    method: str
    does: Behaviour

    @property
    def concerns(self) -> tuple[str, ...]:
        return (OTHER,)

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if request.method != self.method or "tagging" not in request.query:
            return forward(request)
        return self.does(request, forward)


class DamagesUpload(Does, frozen=True):
    """One byte in the middle of what is sent becomes another on its way."""

    @property
    def concerns(self) -> tuple[str, ...]:
        return ("PutObject", "UploadPart")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        changed = bytearray(request.body)
        changed[len(changed) // 2] ^= 1
        return forward(msgspec.structs.replace(request, body=bytes(changed)))


class Encrypts(Does, frozen=True, kw_only=True):
    """Answers as for an object under a key of the service: the ETag is no digest of the bytes."""

    etag: str = "5" * 32
    algorithm: str = "aws:kms"

    @property
    def concerns(self) -> tuple[str, ...]:
        writes = ("PutObject", "CompleteMultipartUpload", "CopyObject")
        return (*writes, "HeadObject", "GetObject")

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        if not answer.succeeded:
            return answer
        headers = answer.changing("x-amz-server-side-encryption", self.algorithm)
        answer = msgspec.structs.replace(answer, headers=headers)
        if request.operation in ("CompleteMultipartUpload", "CopyObject"):
            root = read(answer)
            put_text(root, "ETag", f'"{self.etag}"')
            return edited(answer, root)
        return msgspec.structs.replace(answer, headers=answer.changing("ETag", f'"{self.etag}"'))


class TellsNoTag(Does, frozen=True):
    """Does it, and answers no ETag."""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        answer = msgspec.structs.replace(answer, headers=answer.without("ETag"))
        if not answer.succeeded or not answer.body:
            return answer
        root = read(answer)
        for child in children(root, "ETag"):
            root.remove(child)
        return edited(answer, root)


class Gate:
    """Holds requests until it is opened, and counts who stands before it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._open = False
        self.inside = 0
        self.most = 0

    def __call__(self) -> None:
        with self._changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self._changed.notify_all()
            opened = self._changed.wait_for(lambda: self._open, PATIENCE)
            self.inside -= 1
        if not opened:
            raise TimeoutError("nobody opened the gate")

    def wait_for(self, count: int) -> None:
        """Until so many stand before it."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.inside >= count, PATIENCE):
                raise TimeoutError(f"{self.inside} came, not {count}")

    def open(self) -> None:
        with self._changed:
            self._open = True
            self._changed.notify_all()


def names(rows: Iterable[Iterable[Any]]) -> list[str]:
    """The keys of a listing that comes in pages."""
    return [entry.key for page in rows for entry in page]


def ours(headers: Mapping[str, str]) -> dict[str, str]:
    """The metadata in these headers."""
    begin = "x-amz-meta-"
    return {key.removeprefix(begin): headers[key] for key in headers if key.startswith(begin)}
