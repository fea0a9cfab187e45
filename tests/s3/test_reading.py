"""Objects on their way here: cut off, damaged, of another version, or in ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.body import BytesBody, proven
from buckia.errors import (
    AccessDenied,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.protocols import Reading
from buckia_s3.habits import UNKNOWN
from tests.s3.acting import HONOURS_ALL, TINY, Acts, Stage, data_of, failure, on_stage, tiny_parts
from tests.s3.servers.answering import Answers, CutsConnection
from tests.s3.servers.bodies import CorruptsBody, TruncatesBody
from tests.s3.servers.conditions import IgnoresConditions
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request

DATA = data_of(1_000_003)
STALE = "0" * 32


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def all_of(make: Callable[[], Reading]) -> bytes:
    with make() as reading:
        return b"".join(reading)


def checked(make: Callable[[], Reading]) -> bytes:
    with make() as reading:
        return b"".join(proven(reading))


def test_an_object_comes_whole_with_what_is_known_of_it(stage: Stage) -> None:
    store = stage.opened()
    written = store.write("a", BytesBody(data=DATA, mtime_ns=7))
    with store.read("a", version=written.version) as reading:
        assert b"".join(reading) == DATA
        entry = reading.entry
    assert (entry.key, entry.size, entry.version) == ("a", len(DATA), written.version)
    assert (entry.mtime_ns, entry.digests) == (7, {"sha256": sha256(DATA).hexdigest()})


@pytest.mark.parametrize("after", [0, 1, 300_000, len(DATA) - 1])
def test_a_connection_that_is_cut_is_an_error_and_never_an_end(stage: Stage, after: int) -> None:
    stage.put("a", DATA)
    stage.act(Mood(CutsConnection(after=after, of="answer"), on="GetObject"))
    store = stage.opened()
    for make in (lambda: store.read("a"), lambda: store.read_range("a", 0, len(DATA))):
        error = failure(all_of, make)
        assert (type(error), error.key) == (Unavailable, "a")


def test_a_range_that_is_cut_is_an_error_too(stage: Stage) -> None:
    stage.put("a", DATA)
    stage.act(Mood(CutsConnection(after=99, of="answer"), on="GetObject"))
    store = stage.opened()
    assert type(failure(all_of, lambda: store.read_range("a", 5, 100))) is Unavailable


@pytest.mark.parametrize("does", [TruncatesBody(1000), CorruptsBody()])
@pytest.mark.parametrize("made_by_us", [True, False])
def test_bytes_that_are_not_those_of_the_entry_are_found_by_its_digest(
    stage: Stage, does: TruncatesBody | CorruptsBody, made_by_us: bool
) -> None:
    store = stage.opened()
    if made_by_us:
        store.write("a", BytesBody(data=DATA))
    else:
        stage.put("a", DATA)
    assert checked(lambda: store.read("a")) == DATA
    stage.act(Mood(does))
    assert type(failure(checked, lambda: store.read("a"))) is Corrupted


def test_the_digest_of_an_object_in_parts_finds_damage_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_parts(monkeypatch)
    data = data_of(2**21)
    store = stage.opened(sizes=TINY)
    store.write("a", BytesBody(data=data))
    stage.act(Mood(CorruptsBody()))
    assert type(failure(checked, lambda: store.read("a"))) is Corrupted


def test_an_etag_is_a_digest_only_where_it_is_known_to_be_one(stage: Stage) -> None:
    stage.put("a", DATA)
    etag = md5(DATA).hexdigest()
    for habits, digests in ((HONOURS_ALL, {"md5": etag}), (UNKNOWN, {})):
        with stage.opened(habits).read("a") as reading:
            assert (reading.entry.digests, reading.entry.hints) == (digests, {"md5": etag})


# Versions


@pytest.mark.parametrize("moods", [(), (Mood(IgnoresConditions()),)], ids=["honours", "ignores"])
def test_another_version_is_never_read(stage: Stage, moods: tuple[Mood, ...]) -> None:
    etag = stage.put("a", DATA)
    stage.act(*moods)
    store = stage.opened()
    assert all_of(lambda: store.read("a", version=etag)) == DATA
    assert all_of(lambda: store.read_range("a", 3, 5, version=etag)) == DATA[3:8]
    for call in (
        lambda: store.read("a", version=STALE),
        lambda: store.read_range("a", 3, 5, version=STALE),
        lambda: store.read_range("a", 3, 0, version=STALE),
        lambda: store.read_range("a", len(DATA), 5, version=STALE),
    ):
        error = failure(call)
        assert (type(error), error.key) == (VersionMismatch, "a")


def test_reads_send_no_condition_that_a_service_could_refuse(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    store = stage.opened(HONOURS_ALL)
    assert all_of(lambda: store.read("a", version=etag)) == DATA
    assert "if-match" not in stage.one("GetObject").headers


@pytest.mark.parametrize(
    ("status", "code", "ends", "key"),
    [
        (404, "NoSuchKey", NotFound, "a"),
        (404, "NoSuchBucket", NotFound, ""),
        (403, "AccessDenied", AccessDenied, "a"),
        (403, "InvalidObjectState", StorageError, "a"),
        (503, "SlowDown", Unavailable, "a"),
        (500, "InternalError", Unavailable, "a"),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    stage: Stage, status: int, code: str, ends: type[StorageError], key: str
) -> None:
    stage.act(Mood(Answers(status, code), on="GetObject"))
    store = stage.opened()
    for call in (lambda: store.read("a"), lambda: store.read_range("a", 1, 2)):
        error = failure(call)
        assert (type(error), error.key) == (ends, key)


def test_what_is_not_there_is_not_found_and_a_bucket_that_is_not_there_is_no_key(
    stage: Stage,
) -> None:
    store = stage.opened()
    nowhere = stage.opened(bucket_name="nobody-made-this")
    for call in (store.read, store.stat):
        error = failure(call, "a")
        assert (type(error), error.key) == (NotFound, "a")
    for call in (nowhere.read, nowhere.stat):
        error = failure(call, "a")
        assert (type(error), error.key) == (NotFound, "")


def test_keys_that_nobody_can_keep_are_not_asked_for(stage: Stage) -> None:
    store = stage.opened()
    for call in (lambda: store.read("../a"), lambda: store.read_range("/a", 0, 1)):
        assert type(failure(call)) is InvalidKey
    assert stage.operations() == []


# Ranges


SPANS = [(0, 1), (0, 10), (5, 10), (0, len(DATA)), (len(DATA) - 3, 3), (len(DATA) - 3, 99)]
WHOLE = Acts(
    lambda request, forward: forward(
        msgspec.structs.replace(request, headers=request.without("Range"))
    )
)


@pytest.mark.parametrize("moods", [(), (Mood(WHOLE, on="GetObject"),)], ids=["206", "200"])
def test_a_range_is_exactly_these_bytes_also_where_the_service_sends_all(
    stage: Stage, moods: tuple[Mood, ...]
) -> None:
    stage.put("a", DATA)
    stage.act(*moods)
    store = stage.opened()
    for start, length in SPANS:
        with store.read_range("a", start, length) as reading:
            assert reading.entry.size == len(DATA)
            assert b"".join(reading) == DATA[start : start + length]


def test_a_range_across_the_chunks_of_a_whole_answer_is_cut_out(stage: Stage) -> None:
    stage.put("a", DATA)
    stage.act(Mood(WHOLE, on="GetObject"))
    store, edge = stage.opened(), 1 << 18
    for start, length in [(edge - 1, 2), (edge, 1), (edge - 5, 2 * edge), (3 * edge, 9)]:
        found = all_of(lambda a=start, b=length: store.read_range("a", a, b))  # type: ignore[misc]
        assert found == DATA[start : start + length]


@pytest.mark.parametrize("code", ["InvalidRange", "416"])
def test_beyond_the_end_there_is_nothing(stage: Stage, code: str) -> None:
    etag = stage.put("a", b"12345")
    stage.act(Mood(Answers(416, code), on="GetObject"))
    store = stage.opened()
    for start in (5, 6, 10**9):
        with store.read_range("a", start, 3, version=etag) as reading:
            assert (reading.read(), reading.entry.size, reading.entry.version) == (b"", 5, etag)


def test_of_an_empty_object_every_range_is_empty(stage: Stage) -> None:
    stage.put("a", b"")
    # The proxy says nothing of the size of what is empty.
    store = stage.opened(endpoint_url=stage.direct.meta.endpoint_url)
    assert checked(lambda: store.read("a")) == b""
    for span in ((0, 0), (0, 1), (5, 5)):
        with store.read_range("a", *span) as reading:
            assert (reading.read(), reading.entry.size) == (b"", 0)


def test_no_bytes_are_no_request_for_bytes(stage: Stage) -> None:
    stage.put("a", DATA)
    with stage.opened().read_range("a", 5, 0) as reading:
        assert (reading.read(), reading.entry.size) == (b"", len(DATA))
    assert stage.operations() == ["HeadObject"]


def test_of_what_is_not_there_every_range_is_not_found(stage: Stage) -> None:
    store = stage.opened()
    for span in ((0, 0), (0, 1), (5, 5)):
        assert type(failure(store.read_range, "a", *span)) is NotFound


@pytest.mark.parametrize("span", [(-1, 5), (0, -1)])
def test_what_is_no_range_is_a_mistake_of_the_caller(stage: Stage, span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no range"):
        stage.opened().read_range("a", *span)


def test_a_size_that_the_service_does_not_tell_is_not_made_up(stage: Stage) -> None:
    def silent(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        headers = answer.without("Content-Length")
        return msgspec.structs.replace(answer, headers=headers, length=None)

    stage.put("a", b"")
    stage.act(Mood(Acts(silent), on="HeadObject"))
    assert type(failure(stage.opened().stat, "a")) is Unavailable


def test_a_whole_size_that_the_service_does_not_tell_is_not_made_up(stage: Stage) -> None:
    """`bytes 0-4/*` says what came and not of how much; then what came is all that is known."""

    def star(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return msgspec.structs.replace(
            answer, headers=answer.changing("Content-Range", "bytes 0-4/*")
        )

    stage.put("a", DATA)
    stage.act(Mood(Acts(star), on="GetObject"))
    store = stage.opened()
    assert all_of(lambda: store.read_range("a", 0, 5)) == DATA[:5]


@pytest.mark.parametrize("total", ["\u00b2", "9" * 5000, "-7", ""])
def test_a_range_of_a_whole_that_is_no_number_gives_its_bytes(stage: Stage, total: str) -> None:
    def odd(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return msgspec.structs.replace(
            answer, headers=answer.changing("Content-Range", f"bytes 0-4/{total}")
        )

    stage.put("a", DATA)
    stage.act(Mood(Acts(odd), on="GetObject"))
    store = stage.opened()
    assert all_of(lambda: store.read_range("a", 0, 5)) == DATA[:5]


@pytest.mark.parametrize("when", ["1e20", "-1e20", "inf", "Mon, 01 Jan 99999 00:00:00 GMT"])
def test_a_time_that_nobody_can_read_is_an_error_of_ours(stage: Stage, when: str) -> None:
    def odd(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return msgspec.structs.replace(answer, headers=answer.changing("Last-Modified", when))

    stage.put("a", DATA)
    stage.act(Mood(Acts(odd), on="GetObject"))
    assert type(failure(stage.opened().read, "a")) is Unavailable


def test_a_reading_goes_on_though_another_request_of_its_thread_gets_no_answer(
    stage: Stage,
) -> None:
    data = bytes(3 << 20)
    stage.put("a", data)
    store = stage.opened()
    with store.read("a") as reading:
        chunks = iter(reading)
        first = next(chunks)
        stage.act(Mood(CutsConnection(of="request", after=0), on="HeadObject"))
        assert type(failure(store.stat, "a")) is Unavailable
        assert first + b"".join(chunks) == data


# Connections


def connections(stage: Stage) -> int:
    return len({one.connection for one in stage.proxy.requests})


def test_one_connection_serves_many_readings(stage: Stage) -> None:
    stage.put("a", DATA)
    store = stage.opened()
    for _ in range(5):
        assert all_of(lambda: store.read("a")) == DATA
    assert connections(stage) == 1


def open_sockets(stage: Stage) -> int:
    """How many connections of clients the proxy holds."""
    return len(stage.proxy._listener.sockets)


@pytest.mark.parametrize("ranged", [True, False])
def test_closing_early_gives_the_connection_back(stage: Stage, ranged: bool) -> None:
    """More readings than the pool is wide; each would keep a connection for itself."""
    data = bytes(8 << 20)
    stage.put("a", data)
    store = stage.opened(max_workers=1)
    store.stat("a")
    before = open_sockets(stage)
    for _ in range(12):
        reading: Any = store.read_range("a", 1, len(data)) if ranged else store.read("a")
        assert reading.read(10) == bytes(10)
        reading.close()
        reading.close()
    store.stat("a")
    # Those that were cut vanish at the proxy when it next writes to them.
    listener = stage.proxy._listener
    with listener._closed:
        assert listener._closed.wait_for(lambda: open_sockets(stage) <= before + 2, 20)


def test_a_reading_that_is_closed_gives_no_more(stage: Stage) -> None:
    stage.put("a", DATA)
    reading = stage.opened().read("a")
    assert reading.read(3) == DATA[:3]
    reading.close()
    # What was fetched already may come; the end that nobody has seen may not.
    with pytest.raises((ValueError, StorageError)):
        assert b"".join(reading) != DATA[3:]


def test_a_mismatch_that_the_service_ignored_gives_the_connection_back(stage: Stage) -> None:
    stage.put("a", bytes(8 << 20))
    stage.act(Mood(IgnoresConditions(), on="GetObject"))
    store = stage.opened(max_workers=1)
    for _ in range(6):
        assert type(failure(store.read, "a", version=STALE)) is VersionMismatch
    listener = stage.proxy._listener
    with listener._closed:
        assert listener._closed.wait_for(lambda: open_sockets(stage) <= 2, 20)
