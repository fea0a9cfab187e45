"""Whole runs on a Bunny that misbehaves: nothing is changed in the dark, nothing told as done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import AccessDenied, StorageError, SyncError, Unavailable
from buckia.results import SyncResult
from buckia.secrets import Secret
from buckia.standins.wire import Reply
from buckia_bunny.testing import Answers, FakeBunny, Fault, LosesAnswer, NoChecksums, Truncates
from buckia_bunny.testing.storage.asked import Forward, Request, says
from tests.histories.world import contents

FILES = {"a.txt": b"a", "d/b.txt": b"b", "d/e/c.txt": b"c", "keep.txt": b"k"}


class Side:
    """A folder that is kept in step with the zone, deletions too."""

    def __init__(self, folder: Path, fake: FakeBunny, retries: int = 2) -> None:
        self.folder = folder
        self.config = BucketConfig(
            provider="bunny",
            bucket_name=fake.zone,
            endpoint_url=fake.endpoint,
            delete_orphaned=True,
            max_delete=1000,
            retries=retries,
            options={"storage_api_key": Secret(fake.password)},
        )
        for key, data in FILES.items():
            self.put(key, data)

    def put(self, key: str, data: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def here(self) -> dict[str, bytes]:
        return contents(self.folder)

    def sync(self) -> SyncResult:
        with BuckiaClient(self.config, local_path=self.folder) as client:
            return client.sync()

    @contextmanager
    def watched(self, fake: FakeBunny) -> Iterator[None]:
        """Inside, nothing may be written or deleted on either side."""
        before = self.here(), fake.tree.files()
        fake.forget()
        yield
        assert (self.here(), fake.tree.files()) == before
        assert {seen.kind for seen in fake.requests} <= {"list", "describe"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buckia.engine.limits.FIRST_PAUSE", 0.0)
    monkeypatch.setattr("buckia_bunny.zone._PAUSES", (0.0, 0.0))


@pytest.fixture
def side(fake: FakeBunny, tmp_path: Path) -> Side:
    made = Side(tmp_path / "app", fake)
    assert made.sync().exit_code == 0
    return made


class EmptyList(Fault, frozen=True):
    """A folder that is shown as empty, with a status that says that it is not known."""

    status: int = 500
    concerns: ClassVar[tuple[str, ...]] = ("list",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        forward(request)
        return Reply(status=self.status, body=b"[]")


BAD_LISTINGS: dict[str, tuple[Fault, ...]] = {
    "refused": (Answers(401, on="list"),),
    "refused below": (Answers(401, on="list", key="d/*"),),
    "out of order": (Answers(500, on="list"),),
    "out of order below": (Answers(500, on="list", key="d/e/"),),
    "not found": (Answers(404, on="list"),),
    "not found below": (Answers(404, on="list", key="d/*"),),
    "cut": (Truncates(after=20, on="list"),),
    "cut at once": (Truncates(after=1, on="list"),),
    "cut below": (Truncates(after=20, on="list", key="d/*"),),
    "lost": (LosesAnswer(on="list"),),
    "lost below": (LosesAnswer(on="list", key="d/*"),),
    "empty, with an error": (EmptyList(),),
    "empty, of somebody who is asked to log in": (EmptyList(status=302),),
    "a page for people": (Answers(503, "<html>come back later</html>", on="list"),),
}


@pytest.mark.parametrize("faults", BAD_LISTINGS.values(), ids=list(BAD_LISTINGS))
def test_what_cannot_be_listed_changes_nothing_anywhere(
    fake: FakeBunny, side: Side, faults: tuple[Fault, ...]
) -> None:
    side.put("new.txt", b"new")
    (side.folder / "a.txt").unlink()
    fake.tree.put("d/theirs.txt", b"theirs")
    fake.faults = faults
    with side.watched(fake), pytest.raises((StorageError, SyncError)):
        side.sync()
    fake.faults = ()
    assert side.sync().exit_code == 0
    assert side.here() == fake.tree.files()
    assert set(side.here()) == {"d/b.txt", "d/e/c.txt", "keep.txt", "new.txt", "d/theirs.txt"}


@pytest.mark.parametrize(("status", "kind"), [(401, AccessDenied), (500, Unavailable)])
def test_a_first_listing_that_fails_stops_the_run_with_its_reason(
    fake: FakeBunny, tmp_path: Path, status: int, kind: type[StorageError]
) -> None:
    side = Side(tmp_path / "app", fake)
    fake.faults = (Answers(status, on="list"),)
    with side.watched(fake), pytest.raises(kind):
        side.sync()


class StoresNothing(Fault, frozen=True):
    """Says that it was stored."""

    concerns: ClassVar[tuple[str, ...]] = ("put",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        request.body.read()
        return says(201, "File uploaded.")


class StoresOthers(Fault, frozen=True):
    """Stores other bytes than came, and looks at no digest."""

    tree: object
    concerns: ClassVar[tuple[str, ...]] = ("put",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        data = request.body.read()
        self.tree.put(request.key, data[:-1] + b"?")  # type: ignore[attr-defined]
        return says(201, "File uploaded.")


def test_an_upload_of_which_nothing_is_there_is_not_done(fake: FakeBunny, side: Side) -> None:
    side.put("new.txt", b"new")
    fake.faults = (StoresNothing(),)
    result = side.sync()
    assert (result.uploaded, [one.path for one in result.failed]) == (0, ["new.txt"])
    fake.faults = ()
    assert side.sync().uploaded == 1
    assert fake.tree.files()["new.txt"] == b"new"


@pytest.mark.parametrize("key", ["new.txt", "a.txt"])
def test_an_upload_that_arrived_as_other_bytes_is_not_done(
    fake: FakeBunny, side: Side, key: str
) -> None:
    side.put(key, b"mine")
    fake.faults = (StoresOthers(tree=fake.tree),)
    result = side.sync()
    assert (result.uploaded, [one.path for one in result.failed]) == (0, [key])
    assert side.here()[key] == b"mine"
    fake.faults = ()
    assert side.sync().exit_code in {0, 5}
    side.sync()
    assert b"mine" in fake.tree.files().values()
    assert side.here() == fake.tree.files()


def test_where_the_service_tells_no_digest_the_bytes_are_read_back(
    fake: FakeBunny, side: Side
) -> None:
    fake.faults = (NoChecksums(),)
    side.put("new.txt", b"new")
    fake.forget()
    assert side.sync().exit_code == 0
    read = {seen.key for seen in fake.requests if seen.kind == "get"}
    assert "new.txt" in read
    assert fake.tree.files()["new.txt"] == b"new"


def test_a_digest_of_other_bytes_in_the_listing_is_believed_over_the_answer(
    fake: FakeBunny, side: Side
) -> None:
    class Lies(Fault, frozen=True):
        concerns: ClassVar[tuple[str, ...]] = ("describe", "list")

        def __call__(self, request: Request, forward: Forward) -> Reply:
            reply = forward(request)
            digest = hashlib.sha256(b"new").hexdigest().upper().encode()
            other = hashlib.sha256(b"other").hexdigest().upper().encode()
            return msgspec.structs.replace(reply, body=reply.body.replace(digest, other))

    side.put("new.txt", b"new")
    fake.faults = (Lies(),)
    result = side.sync()
    assert (result.uploaded, [one.path for one in result.failed]) == (0, ["new.txt"])


def test_a_run_without_anything_to_do_asks_for_folders_and_nothing_else(
    fake: FakeBunny, side: Side
) -> None:
    side.sync()
    fake.forget()
    assert side.sync().unchanged == len(FILES)
    assert sorted(seen.kind for seen in fake.requests) == ["list"] * 3


def test_two_equal_trees_are_found_equal_without_a_transfer(
    fake: FakeBunny, tmp_path: Path
) -> None:
    for key, data in FILES.items():
        fake.tree.put(key, data)
    side = Side(tmp_path / "app", fake)
    fake.forget()
    result = side.sync()
    assert (result.adopted, result.bytes_up, result.bytes_down) == (len(FILES), 0, 0)
    assert {seen.kind for seen in fake.requests} == {"list"}
