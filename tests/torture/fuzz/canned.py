"""A service that answers whatever it is told to, and the stores that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from buckia.provider import Context
from buckia.secrets import Secret
from buckia.standins import Observed, Reply, Request
from buckia_bunny import opening as bunny
from buckia_bunny import paths
from buckia_bunny.options import Options as BunnyOptions
from buckia_bunny.store import BunnyStore
from buckia_s3 import opening as s3
from buckia_s3.habits import Habits
from buckia_s3.notes import Notes
from buckia_s3.options import Options as S3Options
from buckia_s3.store import S3Store
from tests.torture.fuzz.watching import SECRET

Headers = tuple[tuple[str, str], ...]
BUCKET = "canned"


def says(body: bytes, status: int = 200, headers: Headers = ()) -> Callable[[Request], Reply]:
    return lambda _request: Reply(status=status, body=body, headers=headers)


class Canned(Observed):
    """Answers by the function that it was given last."""

    def __init__(self) -> None:
        super().__init__("canned", port=0)
        self.answer: Callable[[Request], Reply] = says(b"")

    def _reply(self, request: Request) -> Reply:
        # A log of a million requests would be all that memory is needed for.
        self.forget()
        return self.answer(request)


_running: list[Canned] = []


def service() -> Canned:
    """The one that runs as long as this process; each input gives it its answers."""
    if not _running:
        server = Canned()
        server.start()
        _running.append(server)
    return _running[0]


def _context(server: Canned, place: Path) -> Context:
    return Context(
        bucket_name=BUCKET,
        base=place,
        endpoint_url=server.endpoint,
        timeout=10.0,
        notes=place / "notes",
    )


ABLE = Habits(creates=True, replaces="quoted", deletes=True, batches=True, copies=True)
_opened: dict[str, Any] = {}


@contextmanager
def s3_store(place: Path) -> Iterator[S3Store]:
    """An S3 store of that service; its client, which is slow to make, is used again."""
    if "s3" not in _opened:
        options = S3Options(access_key=Secret("AKIA4711"), secret_key=Secret(SECRET))
        _opened["s3"] = s3.opened(options, _context(service(), place))
    store: S3Store = _opened["s3"]
    store.habits = ABLE
    # What one input has left behind is nothing to the next, whose folder is another.
    ground = store._ground
    ground.notes = Notes(place / "notes", ground.connection.endpoint.name, BUCKET)
    yield store


@contextmanager
def bunny_store(place: Path) -> Iterator[BunnyStore]:
    """A Bunny store of that service, that waits for nothing; its connections are used again.

    Its paths are shorter: of folders without end there are enough all the same.
    """
    options = BunnyOptions(storage_api_key=Secret(SECRET))
    store = bunny.opened(options, _context(service(), place))
    store._zone._pause = lambda _seconds: None
    wire: Any = vars(store._zone.service)["_wire"]
    wire._made = _opened.get("httpx")
    with patch.object(paths, "LONGEST_PATH", 1500):
        yield store
    _opened["httpx"] = wire._client
