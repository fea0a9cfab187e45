"""Single objects, into the bucket and out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from buckia.errors import (
    ConfigError,
    Corrupted,
    InvalidKey,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from buckia.testing.faults import At, Corrupts, Truncates, unavailable
from tests.engine.bench import (
    OLD,
    READS,
    WRITES,
    Bench,
    lacking,
    memory,
    whenever,
)

Made = Callable[..., Bench]
LARGE = bytes(range(256)) * (5 << 12)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere.png"
    path.write_bytes(b"of a file")
    return path


@pytest.mark.parametrize("facts", [{}, {"lacks": frozenset({"WritesConditionally"})}], ids=str)
@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_a_file_goes_into_the_bucket_and_comes_out_again(
    made: Made, file: Path, tmp_path: Path, facts: dict[str, Any], data: bytes
) -> None:
    bench = made(memory(**facts), prefix="p/")
    file.write_bytes(data)
    with bench.client() as client:
        put = client.upload_file(file, "d/a.png")
        assert (put.key, put.size) == ("d/a.png", len(data))
        assert bench.there() == {"p/d/a.png": data}
        got = client.download_file("d/a.png", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data
    assert (got.key, got.size) == ("d/a.png", len(data))
    assert (tmp_path / "back").stat().st_mtime_ns == file.stat().st_mtime_ns
    assert bench.bucket.stored("p/d/a.png").content_type == "image/png"


def test_an_object_is_replaced_only_by_force_and_then_kept(bench: Bench, file: Path) -> None:
    bench.put_there("a", "was there")
    with bench.client() as client:
        with pytest.raises(VersionMismatch) as caught:
            client.upload_file(file, "a")
        assert "--force" in caught.value.hint
        assert bench.there() == {"a": b"was there"}
        client.upload_file(file, "a", force=True)
    assert bench.there() == {"a": b"of a file"}
    assert [(one.key, one.data) for one in bench.trash()] == [("a", b"was there")]


def test_a_file_is_replaced_only_by_force(bench: Bench, file: Path) -> None:
    bench.put_there("a", "of the bucket")
    with bench.client() as client:
        with pytest.raises(VersionMismatch):
            client.download_file("a", file)
        assert file.read_bytes() == b"of a file"
        client.download_file("a", file, force=True)
    assert file.read_bytes() == b"of the bucket"


def test_a_file_that_appears_while_an_object_comes_is_not_replaced(
    bench: Bench, tmp_path: Path
) -> None:
    from buckia.testing.faults import Pauses

    target = tmp_path / "target"

    def appear(_call: object) -> None:
        target.write_text("made meanwhile")

    bench.put_there("a", "of the bucket")
    bench.script(whenever(READS, Pauses(appear)))
    with bench.client() as client, pytest.raises(VersionMismatch):
        client.download_file("a", target)
    assert target.read_text() == "made meanwhile"


def test_into_a_folder_an_object_comes_by_its_last_name(bench: Bench, tmp_path: Path) -> None:
    bench.put_there("d/e/a.txt", "a")
    with bench.client() as client:
        client.download_file("d/e/a.txt", tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"a"


def test_a_strangers_object_that_comes_meanwhile_is_not_written_over(
    bench: Bench, file: Path
) -> None:
    from buckia.testing.faults import Pauses

    appear = Pauses(lambda _call: bench.put_there("a", "a stranger's"))
    bench.script(At("write_if", appear, nth=1))
    with bench.client() as client, pytest.raises(VersionMismatch):
        client.upload_file(file, "a")
    assert bench.there() == {"a": b"a stranger's"}


@pytest.mark.parametrize("fault", [Truncates(3), Corrupts(2)], ids=str)
def test_an_object_that_does_not_come_whole_gets_no_name(
    bench: Bench, tmp_path: Path, fault: Any
) -> None:
    bench.put_there("a", "the whole text")
    bench.script(whenever(READS, fault))
    with bench.client() as client, pytest.raises(Corrupted):
        client.download_file("a", tmp_path / "back")
    assert not list(tmp_path.glob("back*"))
    assert not list(tmp_path.glob(".buckia-tmp*"))
    bench.script(whenever(READS, fault, nth=1))
    with bench.client() as client:
        client.download_file("a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"the whole text"


def test_an_upload_that_arrives_damaged_is_an_error(bench: Bench, file: Path) -> None:
    bench.script(whenever(WRITES, Corrupts(1)))
    with bench.client() as client, pytest.raises(Corrupted):
        client.upload_file(file, "a")


@pytest.mark.parametrize("key", ["../a", "/a", "a//b", "C:x", "a\\b", "", "nul\x00"])
def test_what_can_be_no_key_is_not_written(bench: Bench, file: Path, key: str) -> None:
    with bench.client() as client, pytest.raises(InvalidKey):
        client.upload_file(file, key)
    assert not bench.there()


@pytest.mark.parametrize("key", ["d/..", "..", "/", "d/"])
def test_an_object_of_a_hostile_key_leads_nowhere(bench: Bench, tmp_path: Path, key: str) -> None:
    from buckia.body import BytesBody

    bench.bucket.write(key, BytesBody(data=b"hostile"))
    target = tmp_path / "target"
    target.mkdir()
    with bench.client() as client, pytest.raises((ConfigError, InvalidKey, VersionMismatch)):
        client.download_file(key, target)
    assert not list(target.iterdir())
    assert not [p for p in tmp_path.iterdir() if p.name not in {"target", "here"}]


def test_what_is_not_there_is_an_error(bench: Bench, tmp_path: Path) -> None:
    with bench.client() as client:
        with pytest.raises(NotFound):
            client.download_file("a", tmp_path / "back")
        with pytest.raises(NotFound):
            client.delete_file("a")
        with pytest.raises(ConfigError):
            client.upload_file(tmp_path / "nothing", "a")


def test_a_deleted_object_is_kept_in_the_trash(bench: Bench) -> None:
    bench.put_there("a", "a", OLD)
    with bench.client() as client:
        kept = client.delete_file("a")
        assert kept is not None
        assert kept.read_bytes() == b"a"
        assert not bench.there()
        client.restore("a")
    assert bench.here() == {"a": b"a"}


def test_an_object_that_cannot_be_kept_is_not_deleted(bench: Bench) -> None:
    bench.put_there("a", "a")
    bench.script(whenever(READS, unavailable()))
    with bench.client() as client, pytest.raises(Unavailable):
        client.delete_file("a")
    assert bench.there() == {"a": b"a"}


def test_without_days_in_the_trash_an_object_is_deleted_for_good(made: Made) -> None:
    bench = made(trash_days=0)
    bench.put_there("a", "a")
    with bench.client() as client:
        assert client.delete_file("a") is None
    assert not bench.there()
    assert not bench.trash()


def test_a_listing_shows_keys_below_the_prefix(made: Made) -> None:
    bench = made(memory(page_size=1), prefix="p/")
    for key in ("p/a", "p/d/b", "p/d/c", "q/x"):
        bench.put_there(key, key)
    with bench.client() as client:
        assert [one.key for one in client.list_files()] == ["a", "d/b", "d/c"]
        assert [(one.key, one.size) for one in client.list_files("d/")] == [("d/b", 5), ("d/c", 5)]
        assert list(client.list_files("nothing/")) == []


def test_an_address_is_that_of_the_key_below_the_prefix(made: Made) -> None:
    bench = made(prefix="p/")
    with bench.client() as client:
        assert client.get_public_url("a b").endswith("/p/a%20b")
        assert "expires" in client.get_public_url("a", expires=timedelta(hours=1))
    lacks = made(lacking("GivesUrls"))
    with lacks.client() as client, pytest.raises(ConfigError):
        client.get_public_url("a")


@pytest.mark.parametrize("key", ["../a", "/a", "a/../../b", ""])
def test_what_can_be_no_key_has_no_address(made: Made, key: str) -> None:
    bench = made(prefix="p/")
    with bench.client() as client, pytest.raises(InvalidKey):
        client.get_public_url(key)
