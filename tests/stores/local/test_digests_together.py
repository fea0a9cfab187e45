"""Many small files are read in one go; what is odd in any way is left to an ordinary reading."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buckia.stores.local import LocalStore, system
from buckia.stores.local.versions import stem
from tests.stores.local.trees import OLD, handles, opened, planted, put

pytestmark = pytest.mark.skipif(not system.HANDLES, reason="no folder is held open here")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return planted(tmp_path)


@pytest.fixture
def store(base: Path) -> Iterator[LocalStore]:
    with opened(base) as store:
        yield store


def version(base: Path, key: str) -> str:
    """As if it had been seen long after it was written."""
    return stem((base / "root" / key).stat())


def told(store: LocalStore, *versions: tuple[str, str]) -> list[str | None]:
    found = store.digests_together(versions, ("md5",))
    assert all(one is None or set(one) == {"md5"} for one in found)
    return [None if one is None else one["md5"] for one in found]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_each_is_told_of_its_own_bytes_in_the_order_asked_for(
    store: LocalStore, base: Path
) -> None:
    keys = ("x", "a/y", "b/x", "a/b/x", "a/y")
    found = told(store, *((key, version(base, key)) for key in keys))
    assert found == [md5(f"root {key}") for key in keys]


def test_all_digests_that_are_asked_for_are_told(store: LocalStore, base: Path) -> None:
    (found,) = store.digests_together([("x", version(base, "x"))], ("md5", "sha256"))
    assert found == {"md5": md5("root x"), "sha256": hashlib.sha256(b"root x").hexdigest()}


def test_a_file_without_bytes_has_digests_too(store: LocalStore, base: Path) -> None:
    put(base / "root/none", "")
    assert told(store, ("none", version(base, "none"))) == [md5("")]


def test_an_unsettled_version_is_left_alone(store: LocalStore, base: Path) -> None:
    """What could be a mixture has to be looked at again, and only a reading writes that down."""
    assert told(store, ("x", version(base, "x") + "~1")) == [None]


@pytest.mark.parametrize("key", ["../outside/x", "a/../x", "a/b/../../../outside/x", "/x", "a//y"])
def test_a_key_that_is_none_leads_nowhere(store: LocalStore, base: Path, key: str) -> None:
    """Least of all out of the root."""
    path = base / "root" / key.removeprefix("/")
    assert told(store, (key, stem(path.stat()))) == [None]


def test_what_is_no_file_has_no_digest_though_it_is_what_was_seen(
    store: LocalStore, base: Path
) -> None:
    os.mkfifo(base / "root/pipe")
    (base / "root/link").symlink_to("x")
    assert told(store, ("pipe", version(base, "pipe"))) == [None]
    assert told(store, ("link", version(base, "x"))) == [None]
    assert told(store, ("a", version(base, "a"))) == [None]


def _gone(path: Path) -> None:
    path.unlink()


def _written(path: Path) -> None:
    put(path, "another")


def _same_size_and_time(path: Path) -> None:
    put(path, path.read_text()[::-1])


def _link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _no_folder_above(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file")


def _link_above(path: Path) -> None:
    path.parent.rename(path.parent.with_name("aside"))
    path.parent.symlink_to("aside")


CHANGES = (_gone, _written, _same_size_and_time, _link, _folder, _no_folder_above, _link_above)


@pytest.mark.parametrize("change", CHANGES, ids=[one.__name__.strip("_") for one in CHANGES])
def test_what_is_not_the_file_that_was_seen_has_none(
    store: LocalStore, base: Path, change: Callable[[Path], None]
) -> None:
    versions = [(key, version(base, key)) for key in ("b/x", "x")]
    told(store, *versions)
    change(base / "root/b/x")
    before = handles()
    assert told(store, *versions) == [None, md5("root x")]
    assert handles() <= before


@pytest.mark.parametrize("text", ["another text", "rooT x", ""])
def test_a_file_that_changes_while_it_is_read_has_none(
    store: LocalStore, base: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = version(base, "x")
    real = os.read

    def read(handle: int, size: int) -> bytes:
        found = real(handle, size)
        (base / "root/x").write_text(text)
        return found

    monkeypatch.setattr(os, "read", read)
    assert told(store, ("x", seen)) == [None]


def test_a_reading_that_ends_too_soon_proves_nothing(
    store: LocalStore, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Network drives may give less than was asked for."""
    real = os.read
    monkeypatch.setattr(os, "read", lambda handle, _size: real(handle, 2))
    assert told(store, ("x", version(base, "x"))) == [None]


@pytest.mark.parametrize("call", ["open", "read", "fstat"])
def test_what_the_system_refuses_is_for_a_reading_to_tell(
    store: LocalStore, base: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = version(base, "x")
    told(store, ("x", seen))

    def refuse(*_given: object, **_how: object) -> None:
        raise OSError(5, "no")

    before = handles()
    monkeypatch.setattr(os, call, refuse)
    found = told(store, ("x", seen))
    monkeypatch.undo()
    assert found == [None]
    assert handles() == before


def test_a_root_that_is_not_there_is_for_a_reading_to_tell(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert told(store, ("x", f"6.{OLD:x}.{OLD:x}.1")) == [None]


def test_where_no_folder_is_held_open_each_file_is_read_alone(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    seen = version(base, "x")
    monkeypatch.setattr(system, "HANDLES", False)
    with opened(base) as store:
        assert told(store, ("x", seen)) == [None]
