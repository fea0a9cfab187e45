from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest

Spawn = Callable[..., AbstractContextManager[subprocess.Popen[str]]]
Contents = Callable[[Path], dict[str, bytes | None]]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "pair" / "base.sqlite"


@pytest.fixture
def database(base: Path) -> Iterator[Database]:
    with Database.open(base) as opened:
        yield opened


@pytest.fixture
def manifest(database: Database) -> SqliteManifest:
    return SqliteManifest(database)


@contextmanager
def _spawned(script: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, *map(str, words)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.fixture
def spawn() -> Spawn:
    """A Python process of its own that runs a script; killed at the end if it still lives."""
    return _spawned


def _contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def contents() -> Contents:
    """Names below a folder, and the bytes of the files."""
    return _contents
