"""Rows of the demo come into a live database, and those of the user stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from buckia.errors import Unavailable, Unmergeable, Unsound
from buckia.showcase.applying import Applied, apply, examine
from buckia.showcase.rules import ByColumn, ByIds, ByTables, RowRule

COLUMN = ByColumn("is_demo", 1)
PHOTOS = "CREATE TABLE photos (id INTEGER PRIMARY KEY, title UNIQUE, is_demo)"
ALBUMS = (
    "CREATE TABLE albums (id INTEGER PRIMARY KEY, name, is_demo);"
    "CREATE TABLE photos (id INTEGER PRIMARY KEY, album REFERENCES albums ON DELETE CASCADE,"
    " is_demo)"
)


class Stage:
    """The user's database, open in an app with a log, and the demo's."""

    def __init__(self, folder: Path, schema: str) -> None:
        self.live, self.demo = folder / "App.sqlite", folder / "demo.sqlite"
        for path in (self.live, self.demo):
            self.write(path, schema)
        self.app = sqlite3.connect(self.live, isolation_level=None, timeout=0)
        self.app.execute("PRAGMA journal_mode=WAL")
        self.kept: list[list[tuple[object, ...]]] = []
        self.let_go = 0

    def write(self, path: Path, script: str) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.executescript(script)

    def rows(self, table: str = "photos", path: Path | None = None) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path or self.live)) as database:
            return database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()

    def keep(self) -> Callable[[], None]:
        self.kept.append(self.rows())

        def let_go() -> None:
            self.let_go += 1

        return let_go

    def apply(self, rule: RowRule = COLUMN) -> Applied:
        return apply(self.live, self.demo, rule, self.keep)

    def refuses(self, reason: str, kind: type[Exception] = Unmergeable) -> None:
        """It stops with these words, and nothing has changed."""
        before = self.dump()
        with pytest.raises(kind, match=reason):
            self.apply()
        assert self.dump() == before
        assert len(self.kept) == self.let_go, "a version is kept that is still in its place"

    def dump(self) -> list[object]:
        with closing(sqlite3.connect(self.live)) as database:
            found = database.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        return [*found, *(self.rows(f'"{name}"') for kind, name, _ in found if kind == "table")]


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], Stage]:
    return lambda schema: Stage(tmp_path, schema)


Made = Callable[[str], Stage]


def test_rows_come_change_and_go_and_an_open_app_sees_it(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.executescript(
        "INSERT INTO photos VALUES (1, 'old', 1), (2, 'gone', 1), (3, 'as is', 1), (9, 'mine', 0)"
    )
    before = stage.rows()
    stage.write(
        stage.demo,
        "INSERT INTO photos VALUES (1, 'new', 1), (3, 'as is', 1), (4, 'more', 1), (5, 'draft', 0)",
    )
    assert stage.apply() == Applied(inserted=1, updated=1, deleted=1)
    assert stage.app.execute("SELECT * FROM photos ORDER BY 1").fetchall() == [
        (1, "new", 1),
        (3, "as is", 1),
        (4, "more", 1),
        (9, "mine", 0),
    ]
    assert (stage.kept, stage.let_go) == ([before], 0)


def test_where_nothing_is_new_nothing_is_written_or_kept(made: Made) -> None:
    stage = made(PHOTOS)
    for path in (stage.live, stage.demo):
        stage.write(path, "INSERT INTO photos VALUES (1, 'a', 1)")
    seen = stage.app.execute("PRAGMA data_version").fetchone()
    assert stage.apply() == Applied()
    assert stage.kept == []
    assert stage.app.execute("PRAGMA data_version").fetchone() == seen


def test_a_key_of_the_users_is_a_clash(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (1, 'mine', 0), (2, 'old', 1)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1), (2, 'new', 1)")
    stage.refuses("a row of the demo has the key of a row of the user's: photos 1")
    with pytest.raises(Unmergeable, match="has the key of a row"):
        examine(stage.live, stage.demo, COLUMN)


def test_a_unique_value_of_the_users_stops_it(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (1, 'taken', 0), (2, 'old', 1)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (2, 'new', 1), (3, 'taken', 1)")
    stage.refuses("cannot come in .photos 3.: UNIQUE constraint failed")


def test_rows_of_the_demo_may_change_places(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)")
    wanted: list[tuple[object, ...]] = [(1, "b", 1), (2, "a", 1), (3, "d", 1), (4, "c", 1)]
    stage.write(stage.demo, f"INSERT INTO photos VALUES {', '.join(map(str, wanted))}")
    assert stage.apply() == Applied(inserted=1, updated=3)
    assert stage.rows() == wanted


def test_a_row_that_the_users_rows_refer_to_is_left_and_named(made: Made) -> None:
    stage = made(ALBUMS)
    stage.app.executescript(
        "INSERT INTO albums VALUES (1, 'kept', 1), (2, 'gone', 1), (3, 'stays', 1);"
        "INSERT INTO photos VALUES (1, 1, 0), (2, 2, 1)"
    )
    stage.write(stage.demo, "INSERT INTO albums VALUES (3, 'stays', 1)")
    assert stage.apply() == Applied(deleted=2, left=("albums 1",))
    assert stage.rows("albums") == [(1, "kept", 1), (3, "stays", 1)]
    assert stage.rows() == [(1, 1, 0)]


def test_a_row_that_would_refer_to_nothing_stops_it(made: Made) -> None:
    stage = made(ALBUMS)
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 7, 1)")
    stage.refuses("a row of photos would refer to a row of albums that is not there")


def test_what_the_app_had_broken_before_stops_nothing(made: Made) -> None:
    stage = made(ALBUMS)
    stage.app.execute("INSERT INTO photos VALUES (9, 77, 0)")
    stage.write(stage.demo, "INSERT INTO albums VALUES (1, 'a', 1)")
    assert stage.apply() == Applied(inserted=1)


def test_triggers_of_the_app_are_fired(made: Made) -> None:
    stage = made(
        f"{PHOTOS}; CREATE TABLE log (id INTEGER PRIMARY KEY, title);"
        "CREATE TRIGGER seen AFTER INSERT ON photos BEGIN"
        " INSERT INTO log (title) VALUES (NEW.title); END"
    )
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1)")
    assert stage.apply() == Applied(inserted=1)
    assert stage.rows("log") == [(1, "a")]


@pytest.mark.parametrize(
    "deed", ["DELETE FROM photos WHERE id = 9", "UPDATE photos SET title = 'b' WHERE id = 9"]
)
def test_a_trigger_that_reaches_a_row_of_the_users_stops_it(made: Made, deed: str) -> None:
    stage = made(
        f"{PHOTOS}; CREATE TRIGGER bad AFTER INSERT ON photos WHEN NEW.is_demo BEGIN {deed}; END"
    )
    with closing(sqlite3.connect(stage.live)) as database, database:
        database.execute("INSERT INTO photos VALUES (9, 'mine', 0)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1)")
    stage.refuses("a trigger would take away a row of the user's in photos")


def test_a_trigger_that_removes_from_another_table_stops_it(made: Made) -> None:
    stage = made(
        f'{PHOTOS}; CREATE TABLE "it\'s" (id INTEGER PRIMARY KEY);'
        'CREATE TRIGGER bad AFTER DELETE ON photos BEGIN DELETE FROM "it\'s"; END'
    )
    stage.app.executescript(
        "INSERT INTO photos VALUES (1, 'a', 1), (2, 'b', 1); INSERT INTO \"it's\" VALUES (5)"
    )
    stage.write(stage.demo, "INSERT INTO photos VALUES (2, 'b', 1)")
    stage.refuses("a trigger would take away a row of the user's in it's")


def test_a_rule_that_ignores_a_row_stops_it(made: Made) -> None:
    stage = made(
        f"{PHOTOS}; CREATE TRIGGER no BEFORE UPDATE ON photos BEGIN SELECT RAISE(IGNORE); END"
    )
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 1)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'b', 1)")
    stage.refuses("cannot come in .photos 1.: a rule of the app's database ignores it")


def test_a_rule_that_refuses_a_change_is_not_evaded(made: Made) -> None:
    stage = made(
        f"{PHOTOS}; CREATE TRIGGER no BEFORE UPDATE ON photos"
        " BEGIN SELECT RAISE(ABORT, 'not like this'); END"
    )
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 1)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'b', 1)")
    stage.refuses("not like this")


def test_a_rule_that_ends_the_transaction_stops_it(made: Made) -> None:
    stage = made(
        f"{PHOTOS}; CREATE TRIGGER no BEFORE UPDATE ON photos"
        " BEGIN SELECT RAISE(ROLLBACK, 'never'); END"
    )
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 1), (2, 'c', 1)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'b', 1), (2, 'd', 1)")
    stage.refuses("never")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("PRAGMA user_version=7", "user_version 7, and the one here is at 0"),
        ("PRAGMA application_id=7", "it belongs to another app"),
        ("ALTER TABLE photos ADD COLUMN more", "table 'photos' has no column 'more' here"),
        (
            "ALTER TABLE photos DROP COLUMN is_demo",
            "table 'photos' has no column 'is_demo' in the demo's database",
        ),
        ("", "holds no row of the demo"),
    ],
)
def test_a_database_that_does_not_fit_stops_it(made: Made, script: str, reason: str) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 1)")
    if script.startswith(("PRAGMA", "ALTER")) and "DROP" not in script:
        stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'b', 1)")
    stage.write(stage.demo, script)
    stage.refuses(reason, Unsound)


def test_an_empty_key_stops_it(made: Made) -> None:
    stage = made("CREATE TABLE photos (name TEXT PRIMARY KEY, is_demo)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (NULL, 1)")
    stage.refuses("a row of table 'photos' has an empty key", Unsound)


def test_a_table_list_gives_the_demo_all_rows_of_the_table(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (1, 'a', 0), (5, 'b', 0)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'c', 0)")
    assert stage.apply(ByTables(("Photos",))) == Applied(updated=1, deleted=1)
    assert stage.rows() == [(1, "c", 0)]


def test_a_range_of_numbers_gives_the_demo_these_rows(made: Made) -> None:
    stage = made(PHOTOS)
    stage.app.execute("INSERT INTO photos VALUES (99, 'a', 0), (100, 'mine', 0)")
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'c', 0), (100, 'outside', 0)")
    assert stage.apply(ByIds(1, 99)) == Applied(inserted=1, deleted=1)
    assert stage.rows() == [(1, "c", 0), (100, "mine", 0)]


def test_what_is_kept_is_exactly_what_was_there_before(made: Made) -> None:
    """Somebody who writes while it is being kept makes it be kept again."""
    stage = made(PHOTOS)
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1)")
    keep, busy = stage.keep, [7, 8]

    def keep_and_write() -> Callable[[], None]:
        let_go = keep()
        if busy:
            stage.app.execute("INSERT INTO photos VALUES (?, NULL, 0)", (busy.pop(),))
        return let_go

    assert apply(stage.live, stage.demo, COLUMN, keep_and_write) == Applied(inserted=1)
    assert stage.let_go == len(stage.kept) - 1
    assert stage.kept[-1] == [(7, None, 0), (8, None, 0)]
    assert stage.rows() == [(1, "a", 1), *stage.kept[-1]]


def test_an_app_that_never_rests_has_to_wait_for_a_moment(made: Made) -> None:
    stage = made(PHOTOS)
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1)")
    keep, refused = stage.keep, 0

    def keep_and_write() -> Callable[[], None]:
        nonlocal refused
        let_go = keep()
        try:
            stage.app.execute("INSERT INTO photos VALUES (?, NULL, 0)", (100 + len(stage.kept),))
        except sqlite3.OperationalError:
            refused += 1
        return let_go

    assert apply(stage.live, stage.demo, COLUMN, keep_and_write) == Applied(inserted=1)
    assert refused == 1
    assert len(stage.rows()) == len(stage.kept[-1]) + 1


def test_a_lock_that_is_never_given_back_is_told(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.databases.opening.PATIENCE", 0.05)
    stage = made(PHOTOS)
    stage.write(stage.demo, "INSERT INTO photos VALUES (1, 'a', 1)")
    stage.app.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="keeps the database locked"):
        stage.apply()
    stage.app.execute("COMMIT")
    assert stage.rows() == []
    assert stage.let_go == len(stage.kept) == 1
