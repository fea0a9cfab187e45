"""Files carried by `bunnycdnpython`: what it says of its own is never believed."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from BunnyCDN.Storage import Storage as Theirs

from buckia.body import BytesBody
from buckia.errors import AccessDenied, ConfigError, NotFound, StorageError, Unavailable
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import Answers, FakeBunny, LosesAnswer, Stalls, Truncates
from tests.bunny.stores import store_on

BODY = BytesBody(data=b"bytes")
TRANSFERS = {"put", "get", "delete"}


@pytest.fixture
def store(fake: FakeBunny) -> Iterator[BunnyStore]:
    made = store_on(fake, client="bunnycdnpython")
    yield made
    made.close()


def everything(store: BunnyStore, key: str) -> bytes:
    with store.read(key) as reading:
        return b"".join(reading)


def test_the_package_carries_files_and_everything_else_goes_directly(
    fake: FakeBunny, store: BunnyStore
) -> None:
    store.write("a", BODY)
    assert everything(store, "a") == b"bytes"
    assert [entry.key for page in store.scan() for entry in page] == ["a"]
    store.delete("a")
    agents = {seen.kind: seen.headers["user-agent"].partition("/")[0] for seen in fake.requests}
    assert {kind for kind, agent in agents.items() if agent == "python-requests"} == TRANSFERS
    assert {agent for kind, agent in agents.items() if kind not in TRANSFERS} == {"buckia"}


def test_the_package_alone_would_call_a_failed_deletion_a_success(fake: FakeBunny) -> None:
    """Were this mended there, nothing would be worse; it shows what is not believed here."""
    fake.tree.put("a", b"bytes")
    fake.faults = (Answers(500, on="delete"),)
    theirs = Theirs(fake.password, fake.zone)
    theirs.base_url = f"{fake.endpoint}/{fake.zone}/"
    assert theirs.DeleteFile("a")["status"] == "success"
    assert fake.tree.files() == {"a": b"bytes"}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_no_failure_of_the_service_is_a_success(
    fake: FakeBunny, store: BunnyStore, status: int
) -> None:
    fake.tree.put("a", b"old")
    fake.faults = (Answers(status, on="put get delete"),)
    for attempt in (
        lambda: store.write("a", BODY),
        lambda: store.delete("a"),
        lambda: everything(store, "a"),
    ):
        with pytest.raises(Unavailable):
            attempt()
    assert fake.tree.files() == {"a": b"old"}


def test_where_there_is_no_answer_it_is_told_so(fake: FakeBunny, store: BunnyStore) -> None:
    """The package stumbles over an answer that it never got."""
    fake.tree.put("a", b"old")
    fake.faults = (LosesAnswer(on="put delete get"),)
    for attempt in (
        lambda: store.write("b", BODY),
        lambda: everything(store, "a"),
        lambda: store.delete("a"),
    ):
        with pytest.raises(Unavailable, match=fake.endpoint):
            attempt()


def test_it_waits_no_longer_than_was_set(fake: FakeBunny) -> None:
    """Left to itself it would wait for ever."""
    store = store_on(fake, client="bunnycdnpython", timeout=0.2)
    fake.faults = (Stalls(on="put"),)
    with pytest.raises(Unavailable):
        store.write("a", BODY)
    store.close()


def test_a_download_that_breaks_off_is_no_file(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a", b"bytes" * 100_000)
    fake.faults = (Truncates(after=70_000, on="get"),)
    with pytest.raises(StorageError):
        everything(store, "a")


def test_its_key_follows_no_redirection(fake: FakeBunny, store: BunnyStore) -> None:
    with FakeBunny(zone="zone", password="other") as elsewhere:
        there = f"{elsewhere.endpoint}/zone/a"
        fake.faults = (Answers(307, on="put delete", headers=(("Location", there),)),)
        with pytest.raises(StorageError):
            store.write("a", BODY)
        assert elsewhere.requests == []


def test_a_wrong_password_is_told_and_not_shown(fake: FakeBunny) -> None:
    from buckia.secrets import Secret

    fake.tree.put("a", b"old")
    store = store_on(fake, client="bunnycdnpython", storage_api_key=Secret("wrong-4711"))
    with pytest.raises(AccessDenied) as caught:
        store.write("a", BODY)
    assert "4711" not in f"{caught.value} {caught.value.hint}"
    store.close()


def test_what_is_absent_is_not_found(store: BunnyStore) -> None:
    with pytest.raises(NotFound):
        everything(store, "a")
    store.delete("a")


@pytest.mark.skipif(os.name != "posix", reason="other systems allow other lengths")
def test_a_name_too_long_for_the_package_is_no_reason_to_try_again(
    fake: FakeBunny, store: BunnyStore
) -> None:
    """It writes the percent signs of an address into the name of its file."""
    fake.tree.put("ä" * 90, b"bytes")
    with pytest.raises(StorageError) as caught:
        everything(store, "ä" * 90)
    assert type(caught.value) is StorageError
    assert store.stat("ä" * 90).size == 5


def test_many_threads_do_not_mix_up_their_answers(fake: FakeBunny, store: BunnyStore) -> None:
    keys = [f"{number}.txt" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.write(key, BytesBody(data=key.encode())), keys))
        assert list(pool.map(lambda key: everything(store, key), keys)) == [
            key.encode() for key in keys
        ]
    assert fake.tree.files() == {key: key.encode() for key in keys}


def test_without_the_package_it_says_what_to_install(
    fake: FakeBunny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "BunnyCDN", None)
    monkeypatch.setitem(sys.modules, "BunnyCDN.Storage", None)
    store = store_on(fake, client="bunnycdnpython")
    with pytest.raises(ConfigError) as caught:
        store.write("a", BODY)
    assert "pip install" in caught.value.hint
    store.close()


def test_no_drafts_stay_behind(
    store: BunnyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store.write("a", BODY)
    with store.read("a") as reading:
        assert list(tmp_path.iterdir())
        assert b"".join(reading) == b"bytes"
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_is_not_there_is_told(fake: FakeBunny) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        store = store_on(fake, client="bunnycdnpython", endpoint_url=nowhere)
        with pytest.raises(Unavailable, match=nowhere):
            store.write("a", BODY)
        store.close()
