"""What goes wrong on purpose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from threading import Barrier

import pytest

from buckia_bunny.testing import (
    Answers,
    CorruptsDownload,
    CutsRequest,
    FakeBunny,
    IgnoresRanges,
    KeepsConnectionsBriefly,
    LosesAnswer,
    NoChecksums,
    NoDescribe,
    Stalls,
    Truncates,
)
from tests.bunny.fake.asking import Asking, Meets

BODY = b"0123456789" * 20


def test_an_answer_may_be_any_and_nothing_is_done(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (
        Answers(429, "Slow down", (("Retry-After", "7"),), on="put"),
        Answers(502, on="delete"),
        Answers(599, on="get"),
    )
    fake.tree.put("a", BODY)
    answer = ask("PUT", "b", BODY)
    assert answer.told == (429, "Slow down")
    assert answer.headers["Retry-After"] == "7"
    assert ask("DELETE", "a").told == (502, "Bad Gateway")
    assert ask("GET", "a").status == 599
    assert fake.tree.files() == {"a": BODY}
    fake.faults = ()
    assert ask("GET", "a").body == BODY


@pytest.mark.parametrize("status", [99, 204, 304, 600])
def test_an_answer_has_a_status_that_can_be(status: int) -> None:
    with pytest.raises(ValueError, match="is no status"):
        Answers(status)


def test_a_lost_answer_is_of_something_done(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (LosesAnswer(),)
    with pytest.raises(ConnectionError):
        ask("PUT", "a", BODY)
    assert fake.tree.files() == {"a": BODY}
    with pytest.raises(ConnectionError):
        ask("DELETE", "a")
    assert fake.tree.files() == {}


@pytest.mark.parametrize("size", [0, 10, 1 << 22])
def test_a_request_that_is_cut_off_never_arrives(fake: FakeBunny, ask: Asking, size: int) -> None:
    fake.tree.put("a", BODY)
    fake.faults = (CutsRequest(),)
    for method, body in (("PUT", b"x" * size), ("DELETE", None)):
        with pytest.raises(ConnectionError):
            ask(method, "a", body)
    assert fake.tree.files() == {"a": BODY}


@pytest.mark.parametrize("after", [0, 7])
@pytest.mark.parametrize("key", ["a", ""])
def test_a_download_or_a_listing_may_end_early(
    fake: FakeBunny, ask: Asking, after: int, key: str
) -> None:
    fake.tree.put("a", BODY)
    whole = ask("GET", "a").body if key else None
    fake.faults = (Truncates(after=after),)
    with pytest.raises(IncompleteRead) as found:
        ask("GET", key)
    assert len(found.value.partial) == after
    assert whole is None or found.value.partial == whole[:after]
    assert ask("GET", "missing").told == (404, "Object Not Found")


def test_a_stalled_request_ends_when_the_fake_stops() -> None:
    fake = FakeBunny()
    fake.start()
    asking = Asking(fake)
    arrived = Barrier(2)
    fake.faults = (Meets(barrier=arrived), Stalls(on="put"))
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(asking, "PUT", "a", BODY)
        arrived.wait(timeout=20)
        assert not asked.done()
        fake.stop()
        assert isinstance(asked.exception(timeout=20), ConnectionError)
    assert fake.tree.files() == {}
    assert [seen.status for seen in fake.requests] == [None]


def test_ranges_may_be_ignored(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", BODY)
    fake.faults = (IgnoresRanges(),)
    answer = ask("GET", "a", headers={"Range": "bytes=2-3"})
    assert (answer.status, answer.body) == (200, BODY)
    assert "Content-Range" not in answer.headers


def test_describe_may_be_unknown(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", BODY)
    fake.faults = (NoDescribe(),)
    assert ask("DESCRIBE", "a").status == 405
    assert ask("GET", "a").status == 200
    fake.faults = ()
    assert ask("DESCRIBE", "a").status == 200


def test_checksums_may_be_missing(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", BODY)
    fake.faults = (NoChecksums(),)
    assert ask.item("a")["Checksum"] is None
    assert ask("DESCRIBE", "a").document["Checksum"] is None
    fake.faults = (NoChecksums(on="list"),)
    assert ask.item("a")["Checksum"] is None
    assert ask("DESCRIBE", "a").document["Checksum"] is not None


def test_one_byte_of_a_download_may_differ(fake: FakeBunny, ask: Asking) -> None:
    fake.tree.put("a", BODY)
    fake.tree.put("empty", b"")
    fake.faults = (CorruptsDownload(),)
    whole = ask("GET", "a").body
    part = ask("GET", "a", headers={"Range": "bytes=3-5"}).body
    assert differences(whole, BODY) == differences(part, BODY[3:6]) == 1
    assert ask("GET", "empty").body == b""
    assert ask("GET", "missing").told == (404, "Object Not Found")
    assert fake.tree.files()["a"] == BODY


def differences(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def test_connections_may_end_after_one_answer_without_a_word(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (KeepsConnectionsBriefly(),)
    answer = ask("GET")
    assert answer.status == 200
    assert "Connection" not in answer.headers
    kept = ask.connection.sock
    assert kept is not None
    assert kept.recv(1) == b""
