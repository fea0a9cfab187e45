"""What a zone answers is doubted where it may mean something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from buckia.body import BytesBody
from buckia.errors import NotFound, StorageError, Unavailable, VersionMismatch
from buckia_bunny.entries import Row
from buckia_bunny.store import BunnyStore
from buckia_bunny.testing import Answers, FakeBunny
from buckia_bunny.zone import Zone
from tests.bunny.stores import store_on


@pytest.fixture
def store(fake: FakeBunny) -> Iterator[BunnyStore]:
    made = store_on(fake)
    yield made
    made.close()


def failure(call: Callable[..., object], *given: Any) -> StorageError:
    with pytest.raises(StorageError) as caught:
        call(*given)
    return caught.value


def test_after_a_refusal_without_a_reason_the_version_before_is_no_success(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", b"old")
    fake.faults = (Answers(400, "Unable to upload file.", on="put"),)
    assert type(failure(store.write, "a", BytesBody(data=b"new"))) is Unavailable
    assert fake.tree.files() == {"a": b"old"}


def test_a_range_that_changes_while_it_is_read_is_another_version(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.tree.put("a", b"one")
    with store.read_range("a", 0, 3) as reading:
        fake.tree.put("a", b"two")
        assert type(failure(b"".join, reading)) is VersionMismatch


def test_the_key_is_sent_nowhere_else(fake: FakeBunny, store: BunnyStore) -> None:
    fake.tree.put("a", b"old")
    with FakeBunny(zone="zone", password="other") as elsewhere:
        there = ("Location", f"{elsewhere.endpoint}/zone/a")
        fake.faults = (Answers(307, on="delete", headers=(there,)),)
        failure(store.delete, "a")
        assert elsewhere.requests == []


def test_a_password_that_the_service_repeats_is_not_told(
    fake: FakeBunny, store: BunnyStore
) -> None:
    fake.faults = (Answers(500, f"no way in with {fake.password}", on="put"),)
    error = failure(store.write, "a", BytesBody(data=b"new"))
    assert "no way in with" in error.message
    assert fake.password not in f"{error} {error!r} {error.message} {error.hint}"


class Told:
    """A service that tells these rows of any folder, and of no zone."""

    zone = "zone"

    def __init__(self, *names: str) -> None:
        self._rows = [Row(object_name=name) for name in names]

    def rows(self, folder: str) -> Sequence[Row]:
        return self._rows

    def row(self, path: str, key: str) -> Row:
        raise NotFound("there is no such zone")


def zone_of(*names: str) -> Zone:
    service: Any = Told(*names)
    return Zone(service, pause=lambda _seconds: None)


@pytest.mark.parametrize("names", [("",), ("a/b",), ("a", "b", "a")])
def test_names_that_no_folder_can_hold_are_no_listing(names: tuple[str, ...]) -> None:
    assert type(failure(zone_of(*names).folder, "")) is Unavailable


def test_of_a_zone_that_is_gone_no_file_is_told_to_be_absent() -> None:
    error = failure(zone_of().find, "a")
    assert isinstance(error, NotFound)
    assert not error.key
