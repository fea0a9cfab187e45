from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from buckia.errors import BuckiaError, InvalidKey
from buckia.model import Agreed, Intent, SideName
from buckia.state.commits import Commits
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError

THREADS = 32
Work = Callable[[], Any]


def commits_of(database: Database) -> Commits:
    assert database._commits is not None
    return database._commits


class Gate:
    """Holds the connection until `waiting` others wait for it, then lets go."""

    def __init__(self, commits: Commits, waiting: int) -> None:
        self._commits, self._waiting = commits, waiting
        self.entered = threading.Event()

    def __call__(self, connection: sqlite3.Connection) -> None:
        self.entered.set()
        wait_until(lambda: len(self._commits._waiting) >= self._waiting)


def wait_until(condition: Callable[[], bool]) -> None:
    """Joining a queue of waiting threads sets no event, so this looks again and again."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def behind_a_gate(database: Database, works: Sequence[Work]) -> list[Any]:
    """Run all of these at once, all waiting for one commit; what each returned or raised."""
    commits = commits_of(database)
    gate = Gate(commits, len(works))

    def outcome(work: Work) -> Any:
        try:
            return work()
        except BuckiaError as error:
            return error

    with ThreadPoolExecutor(len(works) + 1) as pool:
        first = pool.submit(commits.run, gate)
        assert gate.entered.wait(10)
        outcomes = list(pool.map(outcome, works))
        first.result()
    return outcomes


def counted(database: Database) -> list[str]:
    seen: list[str] = []
    commits_of(database)._connection.set_trace_callback(
        lambda statement: seen.append(statement) if statement in {"COMMIT", "ROLLBACK"} else None
    )
    return seen


def intent(number: int) -> Intent:
    return Intent(f"{number:04d}", SideName.RIGHT, "")


def test_what_many_threads_intend_at_once_is_one_commit(
    database: Database, manifest: SqliteManifest
) -> None:
    seen = counted(database)
    works = [partial(manifest.intend, [intent(n)]) for n in range(THREADS)]
    assert behind_a_gate(database, works) == [None] * THREADS
    assert seen == ["COMMIT", "COMMIT"]
    assert manifest.intents() == [intent(n) for n in range(THREADS)]


def test_one_at_fault_fails_alone(database: Database, manifest: SqliteManifest) -> None:
    works: list[Work] = [partial(manifest.intend, [intent(n)]) for n in range(THREADS)]
    works[5] = partial(manifest.intend, [Intent("\udc80", SideName.LEFT, "")])
    no_size: Any = None
    works[9] = partial(manifest.record, [Agreed("k", "l", "r", no_size, "")])
    outcomes = behind_a_gate(database, works)
    assert isinstance(outcomes[5], InvalidKey)
    assert isinstance(outcomes[9], StateError)
    assert [outcome for outcome in outcomes if outcome is not None] == [outcomes[5], outcomes[9]]
    assert manifest.intents() == [intent(n) for n in range(THREADS) if n not in {5, 9}]


def test_a_leader_that_is_interrupted_takes_nobody_with_it(
    database: Database, manifest: SqliteManifest
) -> None:
    commits = commits_of(database)

    def interrupted(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('half', 'done')")
        raise KeyboardInterrupt

    commits._busy = True
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(manifest.intend, [intent(1)])
        wait_until(lambda: len(commits._waiting) == 1)
        # The other one is not woken, so it is we who lead, for both.
        commits._busy = False
        with pytest.raises(KeyboardInterrupt):
            commits.run(interrupted)
        other.result(10)
    assert manifest.intents() == [intent(1)]
    assert manifest.meta("half") is None


def test_who_is_interrupted_while_waiting_takes_the_wish_back(
    database: Database, manifest: SqliteManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = commits_of(database)
    commits._busy = True
    with monkeypatch.context() as patch:

        def interrupt(_condition: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(commits._turn, "wait_for", interrupt)
        with pytest.raises(KeyboardInterrupt):
            manifest.intend([intent(1)])
    commits._busy = False
    manifest.intend([intent(2)])
    assert manifest.intents() == [intent(2)]


def test_everything_is_there_after_many_threads_and_turns(manifest: SqliteManifest) -> None:
    def work(thread: int) -> None:
        for turn in range(20):
            key = f"{thread:02d}-{turn:02d}"
            manifest.intend([Intent(key, SideName.LEFT, "")])
            assert manifest.get(key) is None
            if turn % 2:
                manifest.record([Agreed(key, "l", "r", turn, "")])
                assert manifest.get(key) is not None

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert manifest.count() == THREADS * 10
    assert len(manifest.intents()) == THREADS * 10
    assert all(int(wish.key[-1]) % 2 == 0 for wish in manifest.intents())
