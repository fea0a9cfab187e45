import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buckia.stores.local import LocalEntry, LocalStore, renames, system

OLD = 1_600_000_000_123_456_789
"""A time of long ago, with all its nanoseconds."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    folder = tmp_path / "trash"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path, probe: Path) -> Iterator[LocalStore]:
    opened = LocalStore(root, tag="me", probe=probe)
    yield opened
    opened.close()


@pytest.fixture
def settled() -> Callable[[LocalStore, str], LocalEntry]:
    """The entry of a key once its stamps are a tick old; nothing but time brings that about."""

    def wait(store: LocalStore, key: str) -> LocalEntry:
        for _ in range(1000):
            entry = store.stat(key)
            if "~" not in entry.version:
                return entry
            time.sleep(0.005)
        raise AssertionError("a file that nobody touches must settle")

    return wait


@pytest.fixture
def put(
    root: Path, store: LocalStore, settled: Callable[[LocalStore, str], LocalEntry]
) -> Callable[..., LocalEntry]:
    """Write a file as any other program would, and give its settled entry."""

    def make(key: str, data: bytes, mtime_ns: int = OLD) -> LocalEntry:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        return settled(store, key)

    return make


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    shutil.rmtree(folder)


def _cannot(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.EPERM, "not on this file system")


@pytest.fixture(params=["full", "no exchange", "no special renames", "no links", "no handles"])
def abilities(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the system can do: all of it here, and less on other systems and file systems."""
    kind: str = request.param
    whole = system.special_rename
    if kind == "no exchange":
        monkeypatch.setattr(
            renames, "special_rename", lambda name: None if name == "exchange" else whole(name)
        )
    if kind in ("no special renames", "no links", "no handles"):
        monkeypatch.setattr(renames, "special_rename", lambda _name: None)
    if kind == "no links":
        monkeypatch.setattr(os, "link", _cannot)
    if kind == "no handles":
        monkeypatch.setattr(system, "HANDLES", False)
    return kind


@pytest.fixture
def proc() -> Path:
    """The folder in which the system lists this process's open handles."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open handles there")
    return folder


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """All files below a folder, ours included, with their bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }

    return read
