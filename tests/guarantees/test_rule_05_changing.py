"""A file that changes while it is read is not recorded as agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buckia.body import ChunkReading, chunks
from buckia.model import BasicEntry
from buckia.protocols import Body, Entry, Expected, Source
from buckia.stores.memory import MemoryStore
from tests.guarantees.stage import Stage, digest

SIZE = 9_000_000


class Slow:
    """A body of which the first piece is taken, and then somebody does something."""

    path = None

    def __init__(self, body: Body, meanwhile: Callable[[], None]) -> None:
        self._body = body
        self._meanwhile = meanwhile
        self.size = body.size
        self.mtime_ns = body.mtime_ns
        self.digests = body.digests
        self.content_type = body.content_type
        self.metadata = body.metadata

    def open(self) -> Source:
        source = self._body.open()

        def pieces() -> Iterator[bytes]:
            for number, piece in enumerate(chunks(source)):
                if number == 1:
                    self._meanwhile()
                yield piece

        return ChunkReading(
            BasicEntry(key="-", size=self.size, version="-"), pieces(), source.close
        )


class SlowStore(MemoryStore):
    """Somebody edits the file while it is being sent, for as long as `edits` has one."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: list[Callable[[], None]] = []

    def _meanwhile(self) -> None:
        if self.edits:
            self.edits.pop(0)()

    def write(self, key: str, body: Body) -> Entry:
        return super().write(key, Slow(body, self._meanwhile))

    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        return super().write_if(key, Slow(body, self._meanwhile), expect=expect)


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
def busy(tmp_path: Path, store: SlowStore) -> Stage:
    stage = Stage(tmp_path, store)
    stage.put_here("quiet", "quiet")
    stage.put_here("busy", b"0" * SIZE)
    return stage


def rewriting(stage: Stage, number: int) -> Callable[[], None]:
    """The end of the file changes: a first half that was read no longer fits the second."""

    def edit() -> None:
        with (stage.root / "busy").open("r+b") as file:
            file.write(b"%d" % number * SIZE)

    return edit


def test_a_file_that_never_rests_is_reported_and_not_recorded(
    busy: Stage, store: SlowStore
) -> None:
    store.edits = [rewriting(busy, number % 10) for number in range(1, 100)]
    result = busy.sync()
    assert [one.path for one in result.failed] == ["busy"]
    assert result.exit_code == 1
    assert busy.rows() == {"quiet": digest("quiet")}
    assert set(busy.there()) <= {"quiet"}


def test_once_it_rests_it_is_sent_whole(busy: Stage, store: SlowStore) -> None:
    store.edits = [rewriting(busy, number % 10) for number in range(1, 100)]
    busy.sync()
    store.edits = []
    result = busy.sync()
    assert not result.failed
    assert not result.conflicts
    assert busy.here() == busy.there()
    assert busy.rows() == {key: digest(data) for key, data in busy.here().items()}


def test_a_file_that_changed_once_is_tried_again(busy: Stage, store: SlowStore) -> None:
    store.edits = [rewriting(busy, 1)]
    result = busy.sync()
    assert not result.failed
    assert busy.there()["busy"] == b"1" * SIZE
    assert busy.rows()["busy"] == digest(b"1" * SIZE)


def test_a_file_that_is_replaced_while_it_is_read_is_sent_as_one_of_the_two(
    busy: Stage, store: SlowStore
) -> None:
    def replace() -> None:
        busy.put_here("busy.new", b"1" * SIZE)
        (busy.root / "busy.new").replace(busy.root / "busy")

    store.edits = [replace]
    busy.sync()
    assert busy.there().get("busy") in {None, b"0" * SIZE, b"1" * SIZE}
    if "busy" in busy.rows():
        assert busy.rows()["busy"] == digest(busy.there()["busy"])
    assert not busy.sync().conflicts
    assert busy.there()["busy"] == b"1" * SIZE


def test_a_file_that_grows_while_it_is_read_is_sent_in_the_end(
    busy: Stage, store: SlowStore
) -> None:
    def grow() -> None:
        with (busy.root / "busy").open("ab") as file:
            file.write(b"and more")

    store.edits = [grow, grow]
    busy.sync()
    busy.sync()
    assert busy.there()["busy"] == b"0" * SIZE + b"and more" * 2
    assert busy.here() == busy.there()


def test_a_file_that_vanishes_while_it_is_read_leaves_no_row(busy: Stage, store: SlowStore) -> None:
    store.edits = [(busy.root / "busy").unlink]
    busy.sync()
    result = busy.sync(delete_orphaned=True)
    assert not result.failed
    assert busy.here() == busy.there()
    assert busy.rows() == {key: digest(data) for key, data in busy.here().items()}
