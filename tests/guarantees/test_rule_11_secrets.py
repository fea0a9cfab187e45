"""Secrets appear nowhere, and the state is its owner's only."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import msgspec
import pytest

from buckia.errors import AccessDenied, BuckiaError, StorageError, Unavailable
from buckia.secrets import Secret
from buckia.testing.faults import At, Fails, Fault
from tests.guarantees import plugin
from tests.guarantees.processes import Folders
from tests.guarantees.stage import Stage, put, writes

TOKEN = "tok-5e4d3c2b1a-and-more"


@pytest.fixture
def secretive(tmp_path: Path) -> Stage:
    """A bucket with a secret, which its service repeats in each of its errors."""
    stage = Stage(tmp_path, credentials={"token": TOKEN})
    stage.put_here("a", "first")
    stage.put_here("b", "first")
    stage.sync()
    options = plugin.opened[-1]
    assert isinstance(options.token, Secret)
    assert options.token.reveal() == TOKEN, "or nothing here would be tested"
    return stage


def telling(kind: type[StorageError]) -> Fault:
    return Fails(lambda key: kind(f"bad request with token={TOKEN} for {key}", key=key))


def test_no_failure_of_a_key_shows_a_secret(secretive: Stage) -> None:
    secretive.put_here("a", "second")
    secretive.script(writes(telling(AccessDenied), "a"))
    result = secretive.sync()
    assert [one.path for one in result.failed] == ["a"]
    assert "token=***" in result.failed[0].message
    assert TOKEN not in msgspec.json.encode(result).decode()
    assert TOKEN not in repr(result)


def test_no_error_that_ends_a_run_shows_a_secret(secretive: Stage) -> None:
    secretive.script(At("scan", telling(AccessDenied)))
    with pytest.raises(BuckiaError) as caught:
        secretive.sync()
    assert TOKEN not in f"{caught.value} {caught.value!r} {caught.value.message}"
    assert TOKEN not in caught.value.hint


def test_no_event_shows_a_secret(secretive: Stage) -> None:
    secretive.put_here("a", "second")
    secretive.script(writes(telling(Unavailable), "a"))
    secretive.sync()
    told = repr(secretive.events)
    assert "Retrying" in told, "or nothing here would be tested"
    assert TOKEN not in told


def test_no_log_shows_a_secret(secretive: Stage, caplog: pytest.LogCaptureFixture) -> None:
    secretive.put_here("a", "second")
    secretive.script(writes(telling(Unavailable), "a"))
    with caplog.at_level(logging.DEBUG):
        secretive.sync()
    assert TOKEN not in caplog.text


def test_no_repr_shows_a_secret(secretive: Stage) -> None:
    with secretive.client() as client:
        assert TOKEN not in f"{client!r} {client.__dict__!r}"
    assert TOKEN not in f"{secretive.config!r} {secretive.config}"
    assert TOKEN not in repr(plugin.opened)


def test_no_file_of_the_state_holds_a_secret(secretive: Stage) -> None:
    secretive.put_here("a", "second")
    secretive.put_there("b", "second")
    secretive.script(writes(telling(AccessDenied), "a"))
    secretive.sync()
    held = [path for path in secretive.state.rglob("*") if path.is_file()]
    assert len(held) > 3
    for path in held:
        assert TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.skipif(os.name == "nt", reason="permissions are told in another way there")
def test_state_and_trash_are_readable_by_their_owner_only(stage: Stage) -> None:
    before = os.umask(0)
    try:
        stage.put_here("a", "first")
        (stage.root / "a").chmod(0o666)
        stage.put_here("b", "mine")
        stage.sync()
        stage.put_there("a", "second")
        stage.put_here("b", "mine again")
        stage.put_there("b", "theirs")
        stage.sync(conflict_resolution="local_wins")
    finally:
        os.umask(before)
    assert {key for key, _ in stage.trash()} == {"a", "b"}
    assert stat.S_IMODE(stage.state.stat().st_mode) == 0o700
    for path in (stage.state / "trash").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    for path in stage.state.glob("pairs/*/base.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_command_line_hides_a_secret_that_an_error_repeats(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    put(folders.root / "a", "a")
    folders.configure(credentials={"token": TOKEN})
    for words in (("sync",), ("sync", "--json"), ("sync", "--debug")):
        done = folders.command(*words)
        assert done.returncode == 2
        assert TOKEN not in done.stdout + done.stderr
