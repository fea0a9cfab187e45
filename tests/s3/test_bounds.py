"""Answers of S3 that never end, trickle, or are about something else: errors, and soon."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from buckia import patience
from buckia.errors import StorageError, Unavailable
from buckia_s3 import listing
from buckia_s3.store import S3Store
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Server
from tests.s3.servers.moto import Moto
from tests.torture.wire.asked import asked_of_s3
from tests.torture.wire.bending import EndlessBody
from tests.torture.wire.breaking import CutsRefusal, Drips
from tests.torture.wire.line import Due, Harm, Line, Talk
from tests.torture.wire.lying import Pages
from tests.torture.wire.saying import Continues, Page

TIMEOUT = 0.4
DATA = b"what is in it" * 500
KEYS = tuple(f"{number}.txt" for number in range(6))


class Through(Server):
    """The server as it is seen through a line."""

    def __init__(self, line: Line) -> None:
        super().__init__(msgspec.structs.replace(line.upstream, endpoint=line.endpoint))

    def stop(self) -> None:
        """The line ends by itself."""


@pytest.fixture
def line(moto: Moto) -> Iterator[Line]:
    with Line(moto.access, asked_of_s3) as line:
        yield line


@pytest.fixture
def store(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    monkeypatch.setattr(patience, "TIMES", 3)
    monkeypatch.setattr(listing, "PAGE", 2)
    bucket = Bucket(Through(line), tmp_path)
    for key in KEYS:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=DATA)
    store = bucket.open(timeout=TIMEOUT)
    yield store
    store.close()


def _list(store: S3Store) -> object:
    return list(store.scan())


def _get(store: S3Store) -> object:
    with store.read("1.txt") as reading:
        return reading.read()


def _head(store: S3Store) -> object:
    return store.stat("1.txt")


@pytest.mark.parametrize(
    ("harm", "ask"),
    [
        (Drips(of="head"), _head),
        (Drips(of="head"), _get),
        (Drips(of="body"), _get),
        (Drips(of="body"), _list),
        (Continues(times=0, answers=False), _head),
    ],
)
def test_an_answer_that_trickles_is_given_up_though_each_byte_is_in_time(
    store: S3Store, line: Line, harm: Harm, ask: Callable[[S3Store], object]
) -> None:
    line.harm([Due(harm, often=True)])
    began = time.monotonic()
    with pytest.raises(Unavailable):
        ask(store)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("status", [None, 503])
def test_an_answer_without_end_is_given_up(store: S3Store, line: Line, status: int | None) -> None:
    line.harm([Due(EndlessBody(status=status), often=True)])
    for ask in (_list, _get) if status else (_list,):
        with pytest.raises(Unavailable) as raised:
            ask(store)
        # An error is kept until the run ends, and with it what its frames hold.
        assert sum(map(_held, _chain(raised.value))) < 8 << 20


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _held(error: BaseException) -> int:
    """Bytes in lists and alone, where the error went by."""
    found = 0
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            pieces = value if isinstance(value, list) else [value]
            found += sum(len(one) for one in pieces if isinstance(one, bytes))
    return found


@pytest.mark.parametrize("ask", [_list, _get])
def test_a_refusal_that_breaks_off_is_an_error_of_ours(
    store: S3Store, line: Line, ask: Callable[[S3Store], object]
) -> None:
    line.harm([Due(CutsRefusal(reset=True), often=True)])
    with pytest.raises(StorageError):
        ask(store)


class Second:
    """Does harm to the second request that it sees."""

    def __init__(self, harm: Harm) -> None:
        self._harm = harm
        self._seen = 0

    def __call__(self, talk: Talk) -> None:
        self._seen += 1
        if self._seen == 2:
            self._harm(talk)
        else:
            talk.pass_on(talk.answer())


@pytest.mark.parametrize("pages", [Pages("again"), Pages("left out"), Pages("elsewhere")])
def test_a_page_that_was_not_asked_for_ends_the_listing(
    store: S3Store, line: Line, pages: Pages
) -> None:
    line.harm([Due(Second(pages), "list", often=True)])
    with pytest.raises(Unavailable, match="not sound"):
        _list(store)
    line.harm([])
    assert names(store) == list(KEYS)


def names(store: S3Store) -> list[str]:
    return [entry.key for page in store.scan() for entry in page]


def test_a_yes_that_is_none_of_s3_does_not_mean_that_the_object_is_gone(
    store: S3Store, line: Line
) -> None:
    line.harm([Due(Page(200), "delete")])
    with pytest.raises(Unavailable, match="still there"):
        store.delete("1.txt")
    store.delete("1.txt")
    assert names(store) == [key for key in KEYS if key != "1.txt"]
