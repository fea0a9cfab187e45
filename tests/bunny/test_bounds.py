"""Answers of Bunny that never end, trickle, or are about something else: errors, and soon."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from buckia import patience
from buckia.body import BytesBody
from buckia.errors import StorageError, Unavailable
from buckia_bunny import paths
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import FakeBunny
from tests.bunny.stores import store_on
from tests.s3.servers.access import Access
from tests.s3.servers.wire import Answer
from tests.torture.wire.asked import asked_of_bunny
from tests.torture.wire.bending import EndlessBody
from tests.torture.wire.breaking import Drips
from tests.torture.wire.line import Due, Harm, Line, Talk
from tests.torture.wire.lying import OTHER, OfAnother, Pages
from tests.torture.wire.saying import Continues, Page

TIMEOUT = 0.4


@pytest.fixture
def fake() -> Iterator[FakeBunny]:
    with FakeBunny() as fake:
        fake.tree.put("a.txt", b"what is in it" * 500)
        fake.tree.put(OTHER, b"another one")
        yield fake


@pytest.fixture
def line(fake: FakeBunny) -> Iterator[Line]:
    with Line(Access(endpoint=fake.endpoint), asked_of_bunny) as line:
        yield line


@pytest.fixture
def store(fake: FakeBunny, line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[BunnyStore]:
    monkeypatch.setattr(patience, "TIMES", 3)
    store = store_on(fake, endpoint_url=line.endpoint, timeout=TIMEOUT)
    yield store
    store.close()


def _describe(store: BunnyStore) -> object:
    return store.stat("a.txt")


def _get(store: BunnyStore) -> object:
    with store.read("a.txt") as reading:
        return reading.read()


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (Drips(of="head"), "describe"),
        (Drips(of="body"), "describe"),
        (Drips(of="head"), "get"),
        (Drips(of="body"), "get"),
        (Continues(times=0, answers=False), "describe"),
    ],
)
def test_an_answer_that_trickles_is_given_up_though_each_byte_is_in_time(
    store: BunnyStore, line: Line, harm: Harm, kind: str
) -> None:
    line.harm([Due(harm, kind, often=True)])
    began = time.monotonic()
    with pytest.raises(Unavailable):
        (_describe if kind == "describe" else _get)(store)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("in_pieces", [False, True])
def test_an_answer_without_end_is_given_up(
    store: BunnyStore, line: Line, *, in_pieces: bool
) -> None:
    line.harm([Due(EndlessBody(in_pieces=in_pieces), often=True)])
    with pytest.raises(Unavailable, match="more than"):
        _describe(store)
    with pytest.raises(Unavailable, match="more than"):
        store.write("b.txt", BytesBody(data=b"b"))


def test_an_answer_about_another_file_does_not_say_that_this_one_is_gone(
    store: BunnyStore, line: Line
) -> None:
    line.harm([Due(OfAnother(), "describe")])
    with pytest.raises(Unavailable, match="the answer is about"):
        _describe(store)
    assert store.stat("a.txt").size == 6500


def test_the_listing_of_another_folder_is_not_believed(store: BunnyStore, line: Line) -> None:
    store.write("stay/b.txt", BytesBody(data=b"b"))
    line.harm([Due(Pages("elsewhere"), "list", often=True)])
    with pytest.raises(Unavailable, match=r"is of .*/stay/"):
        list(store.scan())


class FolderInItself:
    """Whatever is asked, there is a folder in it, and no file."""

    def __call__(self, talk: Talk) -> None:
        talk.request()
        rows = b'[{"ObjectName": "d", "IsDirectory": true}]'
        talk.pass_on(Answer(status=200, headers=(("Content-Type", "application/json"),), body=rows))


def test_folders_without_end_are_an_error(
    store: BunnyStore, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "LONGEST_PATH", 100)
    line.harm([Due(FolderInItself(), "list", often=True)])
    with pytest.raises(StorageError, match="no end"):
        list(store.scan())


def test_a_page_of_a_stranger_does_not_say_that_a_file_is_gone(
    store: BunnyStore, line: Line
) -> None:
    line.harm([Due(Page(404), "describe")])
    with pytest.raises(Unavailable, match="not one of the service"):
        _describe(store)
