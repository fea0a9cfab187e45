"""What was done and what is meant to be done, written down in one go: all of it or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from buckia.errors import BuckiaError, InvalidKey
from buckia.model import Agreed, Forgotten, Intent, SideName
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError


def row(key: str, version: str = "1", origin: str = "") -> Agreed:
    return Agreed(key, f"l{version}", f"r{version}", 7, "", origin)


def wish(key: str, version: str = "") -> Intent:
    return Intent(key, SideName.RIGHT, "", 0, version)


def everything(manifest: SqliteManifest) -> tuple[list[Agreed], list[Intent]]:
    return [row for block in manifest.scan() for row in block], manifest.intents()


@pytest.fixture
def commits(database: Database) -> list[str]:
    """Each transaction that was begun, and how it ended."""
    assert database._commits is not None
    seen: list[str] = []
    database._commits._connection.set_trace_callback(
        lambda words: seen.append(words) if words.split()[0] in {"COMMIT", "ROLLBACK"} else None
    )
    return seen


def test_both_are_one_transaction(manifest: SqliteManifest, commits: list[str]) -> None:
    manifest.note([wish("meant"), wish("too")], [row("done"), Forgotten("gone")])
    assert commits == ["COMMIT"]
    assert everything(manifest) == ([row("done")], [wish("meant"), wish("too")])


@pytest.mark.parametrize("intents", [[], [wish("meant")]])
@pytest.mark.parametrize("changes", [[], [row("done")]])
def test_either_may_be_missing_and_nothing_at_all_costs_nothing(
    manifest: SqliteManifest,
    commits: list[str],
    intents: list[Intent],
    changes: list[Agreed | Forgotten],
) -> None:
    manifest.note(iter(intents), iter(changes))
    assert len(commits) == bool(intents or changes)
    assert everything(manifest) == (changes, intents)


def test_what_was_done_settles_what_was_meant_and_nothing_else(manifest: SqliteManifest) -> None:
    manifest.note([wish("a"), wish("b"), wish("c")], [])
    manifest.note([wish("d")], [row("a"), Forgotten("b")])
    assert everything(manifest) == ([row("a")], [wish("c"), wish("d")])


no_size: Any = None
no_key: Any = None


@pytest.mark.parametrize(
    ("intents", "changes", "error"),
    [
        ([wish("new")], [Agreed("bad", "l", "r", no_size, "")], StateError),
        ([wish("new")], [row("bad\udc80")], InvalidKey),
        ([wish("bad\udc80")], [row("new"), Forgotten("old")], InvalidKey),
        ([wish("new"), Intent(no_key, SideName.LEFT, "")], [row("new too")], StateError),
        ([Intent("bad", SideName.LEFT, "", no_size)], [row("n", origin="new/")], StateError),
    ],
)
def test_when_one_cannot_be_written_none_is(
    manifest: SqliteManifest,
    commits: list[str],
    intents: list[Intent],
    changes: list[Agreed | Forgotten],
    error: type[BuckiaError],
) -> None:
    manifest.note([wish("old"), wish("meant")], [row("old")])
    before = everything(manifest)
    with pytest.raises(error):
        manifest.note(intents, changes)
    assert commits == ["COMMIT", "ROLLBACK"]
    assert everything(manifest) == before
    manifest.note([wish("new")], [Forgotten("old")])
    assert everything(manifest) == ([], [wish("meant"), wish("new")])


def failing_at(word: str) -> Callable[..., int]:
    """Lets the database refuse all that begins with this word."""

    def authorized(action: int, *_about: object) -> int:
        refused = {"INSERT": sqlite3.SQLITE_INSERT, "DELETE": sqlite3.SQLITE_DELETE}[word]
        return sqlite3.SQLITE_DENY if action == refused else sqlite3.SQLITE_OK

    return authorized


@pytest.fixture
def refusing(database: Database) -> Iterator[Callable[[str], None]]:
    assert database._commits is not None
    connection = database._commits._connection
    yield lambda word: connection.set_authorizer(failing_at(word))
    connection.set_authorizer(None)


@pytest.mark.parametrize("word", ["INSERT", "DELETE"])
def test_when_the_disk_refuses_a_part_nothing_of_it_is_there(
    manifest: SqliteManifest, refusing: Callable[[str], None], word: str
) -> None:
    manifest.note([wish("meant")], [row("old")])
    before = everything(manifest)
    refusing(word)
    with pytest.raises(StateError):
        manifest.note([wish("new")], [row("new too"), Forgotten("old")])
    assert everything(manifest) == before


def test_they_are_taken_once_before_anything_is_written(manifest: SqliteManifest) -> None:
    """A group that failed is tried again, and then they must still be there."""
    manifest.note((wish(key) for key in "ab"), (row(key) for key in "cd"))
    assert everything(manifest) == ([row("c"), row("d")], [wish("a"), wish("b")])


def test_what_cannot_be_taken_is_not_begun_to_be_written(
    manifest: SqliteManifest, commits: list[str]
) -> None:
    def broken() -> Iterator[Agreed]:
        yield row("a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        manifest.note([wish("b")], broken())
    assert commits == []
    assert everything(manifest) == ([], [])
