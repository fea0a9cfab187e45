"""A look at the first bytes of a database takes no lock away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from buckia.databases import peeking
from tests.databases.conftest import Open, filled

OTHER = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=0) as other:
    other.execute("INSERT INTO words (word) VALUES ('from elsewhere')")
"""


def test_locks_of_this_process_outlive_a_look(tmp_path: Path, opened: Open) -> None:
    """Closing any handle of a file drops all locks that its process holds on it."""
    path = tmp_path / "App.sqlite"
    app = filled(opened(path, "delete"), "here")
    app.execute("BEGIN EXCLUSIVE")
    assert peeking.peek(path)
    assert peeking.peek(path)
    other = subprocess.run(
        [sys.executable, "-c", OTHER, str(path)], capture_output=True, text=True, check=False
    )
    assert "database is locked" in other.stderr
    app.execute("COMMIT")


def test_only_databases_are_kept_open(tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir())) if handles.exists() else 0
    for name in ("empty", "text"):
        (tmp_path / name).write_bytes(b"" if name == "empty" else b"no database")
        assert not peeking.peek(tmp_path / name)
    assert not peeking.peek(tmp_path / "missing")
    assert (len(list(handles.iterdir())) if handles.exists() else 0) == before
