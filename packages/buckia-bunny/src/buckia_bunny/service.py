"""What is asked of a storage zone, one operation each, whoever carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import NamedTuple, Protocol

from buckia.body import CHUNK, WatchedBody
from buckia.protocols import Body
from buckia_bunny import entries
from buckia_bunny.entries import Row
from buckia_bunny.faults import Refused
from buckia_bunny.wire import Wire

CREATED, PART = 201, 206
AS_IT_IS = {"Accept-Encoding": "identity"}
"""Compressed on its way, an object would not be the bytes that were stored."""
_JSON = {**AS_IT_IS, "Accept": "application/json"}
_BYTES = "application/octet-stream"


class Flow(NamedTuple):
    """An object's bytes as they come."""

    chunks: Iterator[bytes]
    is_part: bool
    """Whether it is the part that was asked for; a service may send all instead."""


class Service(Protocol):
    """Paths are as the service holds them; `key` is the object's, for errors.

    Every failure is a `StorageError`. Safe to use from many threads.
    """

    zone: str

    def rows(self, folder: str) -> Sequence[Row]:
        """What is in this very folder, in no order; the path is empty or ends with a slash."""

    def row(self, path: str, key: str) -> Row:
        """What is told of one name; `UnknownRequest` where only folders can be asked for."""

    def open(
        self, path: str, key: str, part: range | None = None
    ) -> AbstractContextManager[Flow]: ...

    def put(self, path: str, key: str, body: Body, digest: str) -> None:
        """Store all of the body, of that SHA-256; `Refused` where it is not known what became."""

    def delete(self, path: str, key: str) -> None: ...

    def close(self) -> None: ...


class Direct:
    """The service itself."""

    def __init__(self, wire: Wire) -> None:
        self.zone = wire.zone
        self._wire = wire

    def rows(self, folder: str) -> Sequence[Row]:
        answer = self._wire.ask("GET", folder, kind="list", headers=_JSON)
        return entries.decoded(answer.data, folder or self.zone)

    def row(self, path: str, key: str) -> Row:
        answer = self._wire.ask("DESCRIBE", path, key=key, headers=_JSON)
        return entries.described(answer.data, key)

    @contextmanager
    def open(self, path: str, key: str, part: range | None = None) -> Iterator[Flow]:
        with self._wire.stream("GET", path, key=key, headers=asking_for(part)) as response:
            yield Flow(self._wire.flow(response, key), response.status_code == PART)

    def put(self, path: str, key: str, body: Body, digest: str) -> None:
        answer = self._wire.ask(
            "PUT",
            path,
            key=key,
            headers={"Content-Length": str(body.size), **telling(body, digest)},
            content=lambda: flow(body),
        )
        insist_created(answer.status, key)

    def delete(self, path: str, key: str) -> None:
        self._wire.ask("DELETE", path, key=key, kind="delete")

    def close(self) -> None:
        self._wire.close()


def asking_for(part: range | None) -> Mapping[str, str]:
    if part is None:
        return AS_IT_IS
    return {**AS_IT_IS, "Range": f"bytes={part.start}-{part.stop - 1}"}


def telling(body: Body, digest: str) -> Mapping[str, str]:
    """What the service is told of a body; it compares the digest before it stores anything."""
    told = {"Checksum": digest.upper(), "Content-Type": _BYTES}
    if body.content_type is not None:
        told["Override-Content-Type"] = body.content_type
    return told


def insist_created(status: int, key: str) -> None:
    if status != CREATED:
        # A yes of somebody between, perhaps, who stores nothing.
        raise Refused(f"{key}: {status} does not say that it was stored", key=key)


def flow(body: Body) -> Iterator[bytes]:
    """All bytes, of exactly the size and the digests that were promised."""
    with closing(WatchedBody(body).open()) as source:
        while chunk := source.read(CHUNK):
            yield chunk
