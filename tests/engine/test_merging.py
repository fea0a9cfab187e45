"""Databases that both sides changed become one, whatever happens between two steps of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.databases.header import plainly
from buckia.engine.execute import merges
from buckia.errors import PluginError
from buckia.merging import whole
from buckia.results import SyncResult
from buckia.testing.faults import unavailable
from tests.engine.bench import Bench, whenever

KEY = "App.sqlite"
AGREED = {1: "one", 2: "two", 3: "three"}


def edit(path: Path, **rows: str | None) -> None:
    """`_1="x"` writes the row 1, and None deletes it."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word)")
        for name, word in rows.items():
            database.execute("DELETE FROM words WHERE id = ?", (int(name[1:]),))
            if word is not None:
                database.execute("INSERT INTO words VALUES (?, ?)", (int(name[1:]), word))


def rows(path: Path) -> dict[int, str]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(database.execute("SELECT id, word FROM words"))


class Two(Bench):
    """The bucket's database can be edited as by another device."""

    def there_rows(self) -> dict[int, str]:
        return self._elsewhere()

    def edit_there(self, **found: str | None) -> None:
        self._elsewhere(**found)

    def _elsewhere(self, **found: str | None) -> dict[int, str]:
        path = self.folder / "elsewhere.sqlite"
        path.write_bytes(self.there()[KEY])
        if found:
            edit(path, **found)
            self.put_there(KEY, path.read_bytes())
        return rows(path)

    def edit_here(self, **found: str | None) -> None:
        edit(self.root / KEY, **found)

    def here_rows(self) -> dict[int, str]:
        return rows(self.root / KEY)

    def both_hold(self, wanted: Mapping[int, str]) -> None:
        assert self.here_rows() == self.there_rows() == wanted
        assert not self.status().actions
        assert self.intents() == []


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return begun(tmp_path)


def begun(folder: Path, **config: Any) -> Two:
    bench = Two(folder, conflict_resolution="merge", **config)
    bench.edit_here(**{f"_{number}": word for number, word in AGREED.items()})
    bench.put_here("rest", "rest")
    bench.done()
    return bench


def resolutions(result: SyncResult) -> list[tuple[str, str]]:
    return [(one.path, one.resolution) for one in result.conflicts]


def told(result: SyncResult) -> list[Any]:
    """What the report says of each row."""
    (conflict,) = result.conflicts
    assert conflict.kept is not None
    return [json.loads(line) for line in Path(conflict.kept).read_text().splitlines()]


def test_rows_that_one_side_touched_are_taken_from_it(two: Two) -> None:
    two.edit_here(_1="edited here", _4="new here")
    two.edit_there(_2="edited there", _3=None)
    result = two.sync()
    assert resolutions(result) == [(KEY, "merge")]
    assert result.conflicts[0].kept is None
    assert (result.uploaded, result.downloaded, result.exit_code) == (1, 1, 0)
    two.both_hold({1: "edited here", 2: "edited there", 4: "new here"})


def test_what_was_merged_is_the_ancestor_of_the_next_merge(two: Two) -> None:
    for turn in range(3):
        two.edit_here(_1=f"here {turn}")
        two.edit_there(_2=f"there {turn}")
        two.sync()
        two.both_hold({1: f"here {turn}", 2: f"there {turn}", 3: "three"})


def test_of_a_row_that_both_changed_the_rule_decides_and_the_other_is_told(two: Two) -> None:
    two.edit_here(_1="edited here")
    two.edit_there(_1="edited there", _2="also there")
    (row,) = told(two.sync())
    assert (row["table"], row["key"], row["kept"]) == ("words", {"id": 1}, "local")
    assert row["remote"] == {"id": 1, "word": "edited there"}
    two.both_hold({1: "edited here", 2: "also there", 3: "three"})


def test_both_versions_are_in_the_trash(two: Two) -> None:
    two.edit_here(_1="edited here")
    two.edit_there(_1="edited there")
    two.sync()
    kept = {one.side: one.data for one in two.trash()}
    assert b"edited here" in kept["left"]
    assert b"edited there" in kept["right"]


def test_a_table_may_have_a_rule_of_its_own(tmp_path: Path) -> None:
    two = begun(tmp_path, merge={"words": "remote", "*": "ask"})
    two.edit_here(_1="edited here", _4="new")
    two.edit_there(_1="edited there")
    two.sync()
    two.both_hold({1: "edited there", 2: "two", 3: "three", 4: "new"})


def test_where_a_person_must_decide_nothing_is_done(tmp_path: Path) -> None:
    two = begun(tmp_path, merge={"*": "ask"})
    two.edit_here(_1="edited here")
    two.edit_there(_1="edited there")
    for _ in range(2):
        result = two.sync()
        assert result.exit_code == 5
        assert [row["kept"] for row in told(result)] == ["none yet"]
    assert two.here_rows()[1] == "edited here"
    assert two.there_rows()[1] == "edited there"
    assert len(list((two.state / "conflicts").rglob("*.jsonl"))) == 1
    with two.client() as client:
        assert client.resolve(KEY, "remote").exit_code == 0
    two.both_hold({1: "edited there", 2: "two", 3: "three"})


def test_reports_go_with_the_versions_of_their_time(two: Two) -> None:
    two.edit_here(_1="edited here")
    two.edit_there(_1="edited there")
    (conflict,) = two.sync().conflicts
    assert conflict.kept is not None
    with two.client(trash_days=0) as client:
        client.sync()
    assert not Path(conflict.kept).exists()


def test_an_app_that_has_it_open_goes_on(two: Two) -> None:
    with closing(sqlite3.connect(two.root / KEY)) as app:
        app.execute("PRAGMA journal_mode=WAL")
        with app:
            app.execute("UPDATE words SET word = 'in the log' WHERE id = 1")
        two.edit_there(_2="edited there")
        two.sync()
        assert dict(app.execute("SELECT id, word FROM words")) == {
            1: "in the log",
            2: "edited there",
            3: "three",
        }
        with app:
            app.execute("INSERT INTO words VALUES (4, 'and on')")
    two.sync()
    two.both_hold({1: "in the log", 2: "edited there", 3: "three", 4: "and on"})


def test_an_edit_between_reading_and_installing_is_merged_too(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.edit_here(_1="edited here")
    two.edit_there(_2="edited there")
    real, late = whole.merge, iter([True])

    def merge(*given: Any, **named: Any) -> Any:
        merged = real(*given, **named)
        if next(late, False):
            two.edit_here(_3="at the last moment")
        return merged

    monkeypatch.setattr(whole, "merge", merge)
    two.sync()
    two.both_hold({1: "edited here", 2: "edited there", 3: "at the last moment"})


def test_an_edit_in_the_bucket_before_the_upload_is_merged_too(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.edit_here(_1="edited here")
    two.edit_there(_2="edited there")
    real, late = merges._send, iter([True])

    def send(*given: Any) -> Any:
        if next(late, False):
            two.edit_there(_3="at the last moment")
        return real(*given)

    monkeypatch.setattr(merges, "_send", send)
    two.sync()
    two.both_hold({1: "edited here", 2: "edited there", 3: "at the last moment"})


def test_a_run_that_broke_off_after_installing_is_finished_by_the_next(two: Two) -> None:
    two.edit_here(_1="edited here", _3="both here")
    two.edit_there(_2="edited there", _3="both there")
    two.script(whenever("write_if", unavailable()))
    assert [one.error for one in two.sync().failed] == ["Unavailable"]
    assert two.here_rows() == {1: "edited here", 2: "edited there", 3: "both here"}
    two.script()
    two.sync()
    two.both_hold({1: "edited here", 2: "edited there", 3: "both here"})


def test_without_an_ancestor_both_are_kept(two: Two) -> None:
    (found,) = two.state.rglob("ancestors")
    shutil.rmtree(found)
    two.edit_here(_1="edited here")
    two.edit_there(_2="edited there")
    assert "cannot be merged" in two.status().actions[0].reason
    assert resolutions(two.sync()) == [(KEY, "keep_both")]
    assert two.here_rows() == {1: "one", 2: "edited there", 3: "three"}


def test_what_is_no_database_is_kept_both(two: Two) -> None:
    two.put_here("rest", "edited here")
    two.put_there("rest", "edited there")
    assert resolutions(two.sync()) == [("rest", "keep_both")]


def test_a_database_that_both_have_anew_is_kept_both(tmp_path: Path) -> None:
    two = Two(tmp_path, conflict_resolution="merge")
    two.edit_here(_1="here")
    other = tmp_path / "other"
    edit(other, _1="there")
    two.put_there(KEY, other.read_bytes())
    assert resolutions(two.sync()) == [(KEY, "keep_both")]


def test_another_schema_is_left_alone_and_told(two: Two) -> None:
    two.edit_here(_1="edited here")
    path = two.folder / "elsewhere.sqlite"
    path.write_bytes(two.there()[KEY])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE words ADD COLUMN more")
    two.put_there(KEY, path.read_bytes())
    result = two.sync()
    assert [(one.path, one.error) for one in result.failed] == [(KEY, "Unmergeable")]
    assert "schema changed" in result.failed[0].message
    assert two.here_rows()[1] == "edited here"
    assert two.there()[KEY] == path.read_bytes()


def ancestors(bench: Bench) -> list[bytes]:
    found = bench.state.glob("pairs/*/ancestors/*/*")
    return [path.read_bytes() for path in found if path.name != "key"]


def test_only_the_latest_agreement_is_kept(two: Two) -> None:
    two.edit_here(_1="edited here")
    two.done()
    (kept,) = ancestors(two)
    assert kept == plainly(two.there()[KEY])
    two.edit_there(_1="edited there")
    two.done()
    (kept,) = ancestors(two)
    assert b"edited there" in kept
    two.drop_here(KEY)
    two.drop_there(KEY)
    two.sync()
    assert ancestors(two) == []


def test_databases_that_were_agreed_before_merging_was_chosen_are_kept(tmp_path: Path) -> None:
    two = Two(tmp_path)
    two.edit_here(**{f"_{number}": word for number, word in AGREED.items()})
    two.done()
    assert ancestors(two) == []
    two.config = two.config.replace(conflict_resolution="merge")
    two.done()
    two.edit_here(_1="edited here")
    two.edit_there(_2="edited there")
    two.sync()
    two.both_hold({1: "edited here", 2: "edited there", 3: "three"})


def test_runs_without_merging_in_between_are_made_up_for(two: Two) -> None:
    two.edit_here(_1="edited here")
    for _ in range(2):
        # The second one knows the very version, so nothing of it is written down anew later.
        two.done(conflict_resolution="local_wins")
    two.done()
    two.edit_here(_2="later here")
    two.edit_there(_3="later there")
    two.sync()
    two.both_hold({1: "edited here", 2: "later here", 3: "later there"})


def test_what_was_found_equal_is_kept_too(tmp_path: Path) -> None:
    two = Two(tmp_path, conflict_resolution="merge")
    two.edit_here(_1="one", _2="two")
    with two.client() as client:
        client.upload_file(two.root / KEY, KEY)
    assert two.sync().adopted == 1
    two.edit_here(_1="edited here")
    two.edit_there(_2="edited there")
    two.sync()
    two.both_hold({1: "edited here", 2: "edited there"})


def test_the_library_is_asked_for_before_anything_is_done(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apsw", None)
    with pytest.raises(PluginError, match="apsw"):
        two.sync()
    assert not two.sync(conflict_resolution="local_wins").actions


@pytest.fixture
def devices(tmp_path: Path) -> tuple[Two, Two]:
    """Two devices and one bucket."""
    one = begun(tmp_path / "one")
    other = Two(tmp_path / "other", conflict_resolution="merge")
    other.use(one.store.store)
    other.done()
    return one, other


def test_two_devices_hold_the_same_after_two_syncs_each(devices: tuple[Two, Two]) -> None:
    one, other = devices
    one.edit_here(_1="edited on one", _4="new on one")
    other.edit_here(_2="edited on the other", _3=None, _5="new on the other")
    for bench in (one, other, one, other):
        bench.sync()
    wanted = {
        1: "edited on one",
        2: "edited on the other",
        4: "new on one",
        5: "new on the other",
    }
    one.both_hold(wanted)
    other.both_hold(wanted)
