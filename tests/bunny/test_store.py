"""A store on a Bunny that misbehaves: what cannot be known is an error, and nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.errors import (
    AccessDenied,
    ConfigError,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.provider import Context
from buckia.secrets import Secret
from buckia.standins.wire import Reply
from buckia.testing.bodies import OddBody
from buckia_bunny.opening import opened
from buckia_bunny.options import Options
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import (
    Answers,
    CorruptsDownload,
    CutsRequest,
    FakeBunny,
    Fault,
    IgnoresRanges,
    KeepsConnectionsBriefly,
    LateDelete,
    LosesAnswer,
    NoChecksums,
    NoDescribe,
    OddDates,
    Stalls,
    Truncates,
)
from buckia_bunny.testing.storage.asked import Forward, Request
from tests.bunny.patient import again
from tests.bunny.stores import store_on

DATA = b"all that is in it\n" * 50_000
DIGEST = sha256(DATA).hexdigest()
NOT_FOUND = 404
BUSY = "Unable to process request"


@pytest.fixture(params=["direct", "bunnycdnpython"])
def store(fake: FakeBunny, request: pytest.FixtureRequest) -> Iterator[BunnyStore]:
    """By each way in which files can be carried: both are held to the same."""
    made = store_on(fake, client=request.param)
    yield made
    made.close()


def suffer(fake: FakeBunny, *faults: Fault) -> None:
    """From now on, with a log that is empty."""
    fake.faults = faults
    fake.forget()


def kinds(fake: FakeBunny) -> list[str]:
    return [seen.kind for seen in fake.requests]


def failure(call: Callable[..., object], *given: Any, **more: Any) -> StorageError:
    with pytest.raises(StorageError) as caught:
        call(*given, **more)
    return caught.value


def body(data: bytes = DATA, **more: Any) -> BytesBody:
    return BytesBody(data=data, **more)


def all_of(store: BunnyStore, key: str = "a") -> bytes:
    with store.read(key) as reading:
        return b"".join(reading)


# Writing


def test_a_file_arrives_with_its_digest_and_its_type(fake: FakeBunny, store: BunnyStore) -> None:
    entry = store.write("a/ä b.txt", body(content_type="text/x-odd"))
    assert fake.tree.files() == {"a/ä b.txt": DATA}
    assert (entry.size, entry.version, entry.digests) == (len(DATA), DIGEST, {"sha256": DIGEST})
    [put] = fake.requests
    sent = {name.lower(): value for name, value in put.headers.items()}
    assert sent["checksum"] == DIGEST.upper()
    assert sent["content-length"] == str(len(DATA))
    assert sent["override-content-type"] == "text/x-odd"
    assert "transfer-encoding" not in sent
    assert store.stat("a/ä b.txt") == next(iter(next(store.scan())))
    assert store.stat("a/ä b.txt").version == entry.version


def test_an_empty_file_is_a_file(fake: FakeBunny, store: BunnyStore) -> None:
    store.write("a", body(b""))
    assert (fake.tree.files(), all_of(store)) == ({"a": b""}, b"")


@pytest.mark.parametrize(
    ("status", "message", "ends"),
    [
        (401, "", AccessDenied),
        (400, BUSY, Unavailable),
        (400, "Unable to upload file.", Unavailable),
        (429, "", Unavailable),
        (500, "", Unavailable),
        (502, "<html>", Unavailable),
        (503, "", Unavailable),
        (301, "", StorageError),
        (413, "", StorageError),
    ],
)
def test_each_refusal_of_a_write_is_told_as_what_it_means(
    fake: FakeBunny, store: BunnyStore, status: int, message: str, ends: type[StorageError]
) -> None:
    fake.tree.put("a", b"old")
    suffer(fake, Answers(status, message, on="put"))
    error = failure(store.write, "a", body())
    assert (type(error), error.key) == (ends, "a")
    assert fake.tree.files() == {"a": b"old"}


def test_a_service_that_wants_a_pause_is_heard(fake: FakeBunny, store: BunnyStore) -> None:
    suffer(fake, Answers(503, "", headers=(("Retry-After", "7"),), on="put"))
    error = failure(store.write, "a", body())
    assert isinstance(error, Unavailable)
    assert error.wait == 7
    suffer(fake, Answers(429, "", on="list"))
    error = failure(lambda: list(store.scan()))
    assert isinstance(error, Unavailable)
    assert error.wait == 5


def test_a_write_whose_answer_was_lost_may_be_tried_again(
    fake: FakeBunny, store: BunnyStore
) -> None:
    suffer(fake, LosesAnswer(on="put", nth=1))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert fake.tree.files() == {"a": DATA}
    assert store.write("a", body()).version == DIGEST


def test_after_a_refusal_without_a_reason_it_counts_what_is_there(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, Answers(400, "Unable to upload file.", on="put"))
    assert store.write("a", body()).version == DIGEST


def test_a_body_that_was_cut_off_leaves_what_was_there(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a", b"old")
    suffer(fake, CutsRequest(on="put"))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert fake.tree.files() == {"a": b"old"}


def test_a_body_of_other_bytes_than_it_promised_is_not_stored(
    fake: FakeBunny, store: BunnyStore
) -> None:
    error = failure(store.write, "a", OddBody(DATA, digests={"sha256": "0" * 64}))
    assert isinstance(error, Corrupted)
    assert fake.tree.files() == {}


def test_a_name_of_a_folder_and_a_place_below_a_file_are_told(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a/b", b"below")
    fake.tree.put("f", b"file")
    error = failure(store.write, "a", body())
    assert type(error) is InvalidKey
    assert "a folder there has this name" in error.message
    error = failure(store.write, "f/x/y", body())
    assert type(error) is InvalidKey
    assert "f is a file there" in error.message
    assert fake.tree.files() == {"a/b": b"below", "f": b"file"}


# Reading


@pytest.mark.parametrize("after", [0, 1, 100_000, len(DATA) - 1])
def test_a_download_that_is_cut_is_an_error_and_never_an_end(
    fake: FakeBunny, store: BunnyStore, after: int
) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, Truncates(after=after, on="get"))
    assert type(failure(all_of, store)) is Unavailable


def test_bytes_that_are_not_those_that_are_stored_are_found(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, CorruptsDownload(on="get"))
    assert type(failure(all_of, store)) is Corrupted


def test_what_changes_while_it_is_read_is_another_version(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", b"old")
    entry = store.stat("a")
    fake.tree.put("a", b"new")
    assert type(failure(store.read, "a", version=entry.version)) is VersionMismatch
    suffer(fake, CorruptsDownload(on="get"))
    with store.read("a") as reading:
        fake.tree.put("a", b"newer")
        assert type(failure(b"".join, reading)) is VersionMismatch


@pytest.mark.parametrize("faults", [(), (IgnoresRanges(),)])
@pytest.mark.parametrize("span", [(0, 5), (3, 10), (899_990, 100), (10**7, 5), (5, 0)])
def test_a_range_is_exactly_these_bytes_also_where_the_service_sends_all(
    fake: FakeBunny, store: BunnyStore, faults: tuple[Fault, ...], span: tuple[int, int]
) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, *faults)
    start, length = span
    with store.read_range("a", start, length) as reading:
        assert b"".join(reading) == DATA[start : start + length]


# Looking


@pytest.mark.parametrize("fault", [NoDescribe(), Answers(501, on="describe")])
def test_a_service_that_describes_no_file_is_asked_for_its_folder(
    fake: FakeBunny, store: BunnyStore, fault: Fault
) -> None:
    fake.tree.put("d/a", DATA)
    suffer(fake, fault)
    for _ in range(2):
        assert store.stat("d/a").version == DIGEST
    assert kinds(fake) == ["describe", "list", "list"]
    assert type(failure(store.stat, "d/b")) is NotFound
    assert type(failure(store.stat, "d")) is NotFound


def test_a_file_without_a_checksum_has_a_version_and_no_digest(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, NoChecksums())
    [[entry]] = list(store.scan())
    assert entry.version
    assert entry.digests == {}


def test_odd_dates_are_read_or_left_out(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a", DATA)
    suffer(fake, OddDates())
    assert store.stat("a").version == DIGEST


def test_a_listing_is_asked_for_as_it_is(fake: FakeBunny, store: BunnyStore) -> None:
    """Nobody here would unpack it."""
    fake.tree.put("a", DATA)
    fake.forget()
    assert list(store.scan())
    assert store.stat("a").size == len(DATA)
    assert {seen.headers["accept-encoding"] for seen in fake.requests} == {"identity"}


@pytest.mark.parametrize("after", [0, 1, 20, 200])
def test_a_listing_that_is_cut_is_never_an_empty_zone(
    fake: FakeBunny, store: BunnyStore, after: int
) -> None:
    for number in range(5):
        fake.tree.put(f"{number}", b"x")
    suffer(fake, Truncates(after=after, on="list"))
    assert type(failure(lambda: list(store.scan()))) is Unavailable


@pytest.mark.parametrize("status", [401, 404, 400, 500])
def test_a_listing_that_is_refused_is_never_an_empty_zone(
    fake: FakeBunny, store: BunnyStore, status: int
) -> None:
    fake.tree.put("d/a", b"x")
    suffer(fake, Answers(status, on="list"))
    failure(lambda: list(store.scan()))
    suffer(fake, Answers(status, on="list", key="d*"))
    failure(lambda: list(store.scan()))


def test_names_that_others_wrote_lead_to_their_files(fake: FakeBunny, store: BunnyStore) -> None:
    """Ours would be written otherwise; all is reached, and stays where it is."""
    fake.tree.put("odd #1?/50%", b"x")
    [[entry]] = list(store.scan())
    assert entry.key == "odd #1?/50%"
    assert store.stat(entry.key).size == 1
    assert all_of(store, entry.key) == b"x"
    store.write(entry.key, body(b"y"))
    assert fake.tree.files() == {"odd #1?/50%": b"y"}
    store.delete(entry.key)
    assert fake.tree.files() == {}


def test_ours_are_written_so_that_they_stay(fake: FakeBunny, store: BunnyStore) -> None:
    store.write("50% #1?.txt", body(b"x"))
    assert list(fake.tree.files()) == ["50\uff05 \uff031\uff1f.txt"]
    [[entry]] = list(store.scan())
    assert entry.key == "50% #1?.txt"


# Deleting


def test_exactly_this_file_is_deleted(fake: FakeBunny, store: BunnyStore) -> None:
    for key in ("a", "b/a", "ab"):
        fake.tree.put(key, b"x")
    store.delete("a")
    store.delete("a")
    store.delete("b")
    assert sorted(fake.tree.files()) == ["ab", "b/a"]


@pytest.mark.parametrize("key", ["", "/", "a/", "b//a", "/a", ".", "b/..", "a\x00"])
def test_what_would_be_a_folder_is_refused_before_anything_is_sent(
    fake: FakeBunny, store: BunnyStore, key: str
) -> None:
    fake.tree.put("a", b"x")
    fake.tree.put("b/a", b"x")
    fake.forget()
    assert type(failure(store.delete, key)) is InvalidKey
    assert fake.requests == []
    assert len(fake.tree.files()) == 2


def test_a_deletion_that_takes_effect_late_is_not_told_as_done(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", b"x")
    suffer(fake, LateDelete(requests=50))
    assert type(failure(store.delete, "a")) is Unavailable
    store.delete("a")
    assert fake.tree.files() == {}


class DescribesFolders(Fault, frozen=True):
    """A folder is described as files are; nobody knows whether the service does that."""

    concerns: ClassVar[tuple[str, ...]] = ("describe",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        reply = forward(request)
        if reply.status != NOT_FOUND:
            return reply
        row = {"ObjectName": request.key.rpartition("/")[2], "IsDirectory": True}
        return msgspec.structs.replace(reply, status=200, body=msgspec.json.encode(row))


def test_a_folder_is_no_file_also_where_it_is_described(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a/b", b"x")
    suffer(fake, DescribesFolders())
    assert type(failure(store.stat, "a")) is NotFound
    assert type(failure(store.read, "a")) is NotFound
    store.delete("a")
    assert "delete" not in kinds(fake)
    assert fake.tree.files() == {"a/b": b"x"}


# Names


def test_two_names_that_are_one_key_are_an_error_and_neither_is_hidden(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("d/a#b", b"1")
    fake.tree.put("d/a\uff03b", b"2")
    error = failure(lambda: list(store.scan()))
    assert error.key == "d/a#b"
    assert "a#b" in error.message
    assert "a\uff03b" in error.message


def test_a_name_that_no_listing_has_shown_yet_is_found_and_gets_no_twin(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("50% off", b"old")
    assert store.stat("50% off").size == 3
    store.write("50% off", body(b"new"))
    assert fake.tree.files() == {"50% off": b"new"}


def test_a_name_that_is_written_otherwise_by_now_is_followed(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a#b", b"1")
    list(store.scan())
    fake.tree.remove("a#b")
    fake.tree.put("a\uff03b", b"2")
    list(store.scan())
    store.write("a#b", body(b"3"))
    assert fake.tree.files() == {"a\uff03b": b"3"}


def test_folders_that_nobody_may_act_upon_are_listed_all_the_same(
    fake: FakeBunny, store: BunnyStore
) -> None:
    """What to do about such keys is the run's to say, which sees them."""
    fake.tree.put("a\\b/c", b"x")
    fake.tree.put("C:x/d", b"x")
    fake.tree.put("e", b"x")
    assert [entry.key for page in store.scan() for entry in page] == ["C:x/d", "a\\b/c", "e"]


# Connections, credentials, secrets


def test_a_yes_of_somebody_between_is_no_upload(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a", b"old")
    suffer(fake, Answers(200, "Welcome to our network", on="put"))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert fake.tree.files() == {"a": b"old"}
    fake.tree.put("a", DATA)
    assert store.write("a", body()).version == DIGEST


@pytest.mark.parametrize("text", ["", "a key\n", "clé", "a b"])
def test_a_password_that_cannot_be_sent_is_refused_and_not_shown(text: str) -> None:
    options = Options(password=Secret(text))
    with pytest.raises(ConfigError) as caught:
        opened(options, Context(bucket_name="zone", base=Path()))
    assert not text or text not in f"{caught.value.message} {caught.value.hint}"


def test_who_wants_fewer_requests_at_once_gets_them(fake: FakeBunny) -> None:
    store = store_on(fake, listings=2, deletes=1)
    for number in range(20):
        fake.tree.put(f"{number:03}/a", b"x")
    fake.latency = 0.005
    fake.forget()
    keys = [entry.key for page in store.scan() for entry in page]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.delete, keys))
    assert (fake.most["list"], fake.most["delete"]) == (2, 1)
    assert fake.tree.files() == {}
    store.close()


def test_a_service_that_says_nothing_is_not_waited_for_longer_than_was_set(
    fake: FakeBunny,
) -> None:
    store = store_on(fake, timeout=0.2)
    suffer(fake, Stalls())
    assert type(failure(store.stat, "a")) is Unavailable
    store.close()


def test_connections_that_are_closed_early_are_made_anew(
    fake: FakeBunny, store: BunnyStore
) -> None:
    suffer(fake, KeepsConnectionsBriefly())
    for number in range(5):
        # The end of a connection may cross the next request on its way.
        again(partial(store.write, f"{number}", body(b"x")))
    assert len(fake.tree.files()) == 5


def test_no_more_folders_are_listed_at_once_than_the_service_bears(
    fake: FakeBunny, store: BunnyStore
) -> None:
    for number in range(100):
        fake.tree.put(f"{number:03}/a", b"x")
    fake.latency = 0.002
    fake.forget()
    assert sum(map(len, store.scan())) == 100
    assert fake.most["list"] == 5


def test_a_wrong_password_and_a_wrong_zone_say_what_to_look_at(fake: FakeBunny) -> None:
    for more in ({"storage_api_key": Secret("other")}, {"storage_zone": "elsewhere"}):
        store = store_on(fake, **more)
        error = failure(lambda store=store: list(store.scan()))
        assert type(error) is AccessDenied
        assert "region" in error.hint
        store.close()


def test_who_may_only_read_reads(fake: FakeBunny) -> None:
    fake.tree.put("a", DATA)
    store = store_on(fake, storage_api_key=Secret(fake.read_only_password))
    assert all_of(store) == DATA
    assert type(failure(store.write, "b", body())) is AccessDenied
    assert type(failure(store.delete, "a")) is AccessDenied
    store.close()


def test_a_service_that_cannot_be_reached_is_told(fake: FakeBunny) -> None:
    store = store_on(fake, endpoint_url="http://127.0.0.1:9")
    error = failure(store.stat, "a")
    assert type(error) is Unavailable
    assert "http://127.0.0.1:9 cannot be reached" in error.message


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"storage_api_key": Secret("a"), "password": Secret("b")},
        {"password": Secret("a"), "storage_zone": "a/b"},
        {"password": Secret("a"), "storage_zone": "x"},
    ],
)
def test_a_configuration_that_cannot_be_right_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(Options(**options), Context(bucket_name="zone", base=Path()))
    assert caught.value.hint


@pytest.mark.parametrize("name", ["storage_api_key", "password", "api_key"])
def test_each_name_of_the_password_is_taken(fake: FakeBunny, name: str) -> None:
    given: dict[str, Any] = {"storage_api_key": None, name: Secret(fake.password)}
    store = store_on(fake, **given)
    assert list(store.scan()) == []
    store.close()


def test_no_log_at_any_level_holds_the_password(caplog: pytest.LogCaptureFixture) -> None:
    password = "a-password-of-this-test"
    with FakeBunny(password=password) as fake, caplog.at_level(logging.DEBUG):
        store = store_on(fake)
        store.write("a", body())
        fake.faults = (Answers(500, on="get"),)
        error = failure(all_of, store)
        store.close()
        assert caplog.text
        told = f"{caplog.text} {error!r} {error.message} {error.hint} {store!r} {vars(store)}"
    assert password not in told
