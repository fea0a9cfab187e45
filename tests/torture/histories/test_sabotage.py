"""Histories that a broken Buckia does not come through: what is asked of a run is really asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia import digests
from buckia.engine.execute.desk import Desk
from buckia.engine.execute.execution import Execution
from buckia.engine.execute.outcomes import Outcomes
from buckia.engine.side import Side
from buckia.state.manifest import SqliteManifest
from buckia.state.trash import Trash
from tests.histories.edits import Edit
from tests.histories.judge import Disagreement
from tests.histories.oracle import KEEP_BOTH, LOCAL_WINS, REMOTE_WINS, Rules
from tests.torture.histories import shorter
from tests.torture.histories.judge import Sides
from tests.torture.histories.ledger import Ledger
from tests.torture.histories.shorter import Found, play, shortest
from tests.torture.histories.words import (
    Clock,
    Disaster,
    Meanwhile,
    Setting,
    Settle,
    Step,
    Stranger,
    Sync,
    User,
)

Patch = pytest.MonkeyPatch
DAY = 24 * 3600


def over(device: int, key: str, text: str) -> User:
    return User(device, Edit("", "write", key=key, text=text))


def found(*steps: Step, ground: str = "memory") -> Found:
    return Found(Setting(ground, agreed=("a", "b.txt")), steps)


def clash(policy: str) -> Found:
    rules = Rules(delete_orphaned=True, policy=policy)
    return found(over(0, "a", "mine"), over(1, "a", "yours"), Sync(0, rules), Sync(1, rules))


def is_caught(history: Found, folder: Path, words: str) -> None:
    with pytest.raises(Disagreement, match=words):
        play(history, folder / "world")


@pytest.mark.parametrize("policy", [LOCAL_WINS, REMOTE_WINS, KEEP_BOTH])
def test_a_sound_buckia_comes_through(policy: str, tmp_path: Path) -> None:
    play(clash(policy), tmp_path / "world")


@pytest.mark.parametrize("policy", [LOCAL_WINS, REMOTE_WINS])
def test_a_loser_that_is_not_kept_is_missed(
    policy: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(Desk, "slot", lambda *_given: None)
    is_caught(clash(policy), tmp_path, "lost|neither in the trash nor a copy")


def test_a_conflict_that_is_not_told_is_missed(tmp_path: Path, monkeypatch: Patch) -> None:
    done = Outcomes.done

    def silent(self: Outcomes, action: Any, what: Any) -> None:
        verdict = msgspec.structs.replace(action.verdict, conflict="")
        done(self, msgspec.structs.replace(action, verdict=verdict), what)

    monkeypatch.setattr(Outcomes, "done", silent)
    is_caught(clash(LOCAL_WINS), tmp_path, "nobody was told")


def test_a_run_that_does_nothing_and_says_all_is_done_is_noticed(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(Execution, "run", lambda *_given: None)
    is_caught(clash(LOCAL_WINS), tmp_path, "after exit code 0")


def test_a_deletion_of_what_was_not_seen_is_missed(tmp_path: Path, monkeypatch: Patch) -> None:
    def careless(self: Side, entry: Any, origin: str) -> None:
        mount = self.mount(origin)
        mount.storage.delete(mount.inside(entry.key))

    rules = Rules(delete_orphaned=True)
    deleted = User(0, Edit("", "drop", key="a"))
    comes = Meanwhile(0, (Stranger("put", key="a", text="a stranger's"),))
    history = found(deleted, Sync(0, rules, meanwhile=(comes,)), ground="memory")
    play(history, tmp_path / "world")
    monkeypatch.setattr(Side, "remove", careless)
    is_caught(history, tmp_path, "lost")


def test_a_trash_that_one_wrong_clock_empties_is_noticed(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    history = found(
        over(0, "a", "new"), Sync(0), Sync(1), Clock(1, 40 * DAY), Sync(1), Clock(1, 0), Sync(1)
    )
    play(history, tmp_path / "world")
    expire = Trash.expire
    monkeypatch.setattr(Trash, "expire", lambda self, days, _last: expire(self, days))
    is_caught(history, tmp_path, "gone from the trash")


def test_a_base_that_forgets_is_noticed_at_rest(tmp_path: Path, monkeypatch: Patch) -> None:
    kept = SqliteManifest.note

    def note(self: SqliteManifest, *notes: Iterable[Any]) -> None:
        intents, changes = ([one for one in some if one.key != "new"] for some in notes)
        kept(self, intents, changes)

    monkeypatch.setattr(SqliteManifest, "note", note)
    is_caught(found(over(0, "new", "n"), Settle()), tmp_path, "a third run wants to do")


def test_a_history_is_made_as_short_as_it_can_be(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Desk, "slot", lambda *_given: None)
    monkeypatch.setattr(shorter, "PATIENCE", 20)
    rules = Rules(policy=REMOTE_WINS)
    matter = (over(0, "a", "mine"), over(1, "a", "yours"), Sync(0, rules), Sync(1, rules))
    long = Found(Setting(), (over(0, "b", "x"), *matter, Settle()))
    assert shortest(long, tmp_path / "world").steps == matter


def test_who_writes_over_a_version_gives_it_up_and_no_sync_does() -> None:
    ledger = Ledger()
    ledger.user({}, {"a": b"1", "b": b"2"})
    ledger.user({"a": b"1", "b": b"2"}, {"a": b"3", "c": b"2"})
    assert ledger.owed == {("a", b"3"), ("c", b"2")}
    assert ledger.missing({b"2"}) == {("a", b"3")}


def test_who_deletes_a_copy_gives_up_what_it_is_a_copy_of() -> None:
    ledger = Ledger()
    ledger.user({}, {"a": b"1"})
    ledger.user({"a.conflict-1-device": b"1"}, {})
    assert not ledger.owed


@pytest.mark.parametrize(
    "steps",
    [
        (
            User(1, Edit("", "rename", key="c", nth=0)),
            Disaster(1, "replaced"),
            over(0, "a", "anew"),
            Sync(0),
        ),
        (
            Stranger("put", key="b.txt", text="a as agreed"),
            over(0, "b.txt", "mine"),
            Sync(0, Rules("push"), trash_days=0),
            over(0, "a", "anew"),
            over(1, "a", "anew"),
            Sync(0),
        ),
    ],
    ids=["a device that is gone", "a trash that keeps nothing"],
)
def test_what_went_for_good_is_not_owed_because_others_have_the_same_bytes(
    steps: tuple[Step, ...], tmp_path: Path
) -> None:
    play(found(*steps), tmp_path / "world")


def test_what_a_stranger_puts_back_is_no_new_version() -> None:
    ledger = Ledger()
    ledger.user({}, {"a": b"1"})
    ledger.user({"a": b"1"}, {"a": b"2"})
    ledger.stranger({}, {"a": b"1", "b": b"1"})
    assert ledger.owed == {("a", b"2"), ("b", b"1")}


def test_what_a_base_knows_by_any_digest_was_agreed_on() -> None:
    rows = {"a": {"md5": digests.of(b"1", "md5")}, "b": {}}
    sides = Sides(left={}, right={}, rows=rows)
    assert sides.agreed("a", b"1")
    assert not sides.agreed("a", b"2")
    assert sides.agreed("b", b"any")
    assert not sides.agreed("c", b"1")
