"""Older, newer, damaged and missing bases."""

from __future__ import annotations

import random
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.errors import ConfigError
from buckia.model import Agreed, Intent, SideName
from buckia.state import schema
from buckia.state.database import Database
from buckia.state.examine import Finding, examine
from buckia.state.manifest import BLOCK, SqliteManifest
from buckia.state.seam import DamagedState, StateError

Contents = Callable[[Path], dict[str, bytes | None]]

ROWS = [Agreed(f"key-{n:05d}", f"l{n}", f"r{n}", n, f"md5:{n:032x}") for n in range(3000)]
NEXT = (*schema.STEPS, ("ALTER TABLE intents ADD COLUMN upload TEXT NOT NULL DEFAULT ''",))


@pytest.fixture
def filled(base: Path) -> Path:
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
        manifest.record(ROWS)
        manifest.intend([Intent("i", SideName.LEFT, "")])
    return base


def rows_of(database: Database) -> list[Agreed]:
    return [row for block in SqliteManifest(database).scan() for row in block]


def version_of(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[60:64], "big")


def test_a_new_base_says_what_it_is(filled: Path) -> None:
    assert version_of(filled) == len(schema.STEPS)
    assert int.from_bytes(filled.read_bytes()[68:72], "big") == schema.APPLICATION_ID
    assert [path.name for path in filled.parent.iterdir()] == ["base.sqlite"]
    assert examine(filled, looking=True).finding is Finding.SOUND


def test_looking_where_nothing_is_makes_nothing(base: Path) -> None:
    with Database.look(base) as database:
        assert rows_of(database) == []
        assert SqliteManifest(database).intents() == []
        assert database.notices == ()
        elsewhere = database.path.parent
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert not base.parent.exists()
    assert not elsewhere.exists()


# Versions


def test_an_older_base_is_migrated(filled: Path) -> None:
    with Database.open(filled, steps=NEXT) as database:
        assert database.notices == ()
        assert rows_of(database) == ROWS
        with database.snapshot() as connection:
            assert connection.execute("SELECT upload FROM intents").fetchall() == [("",)]
    assert version_of(filled) == len(NEXT)
    assert [path.name for path in filled.parent.iterdir()] == ["base.sqlite"]


def test_an_older_base_that_is_looked_at_stays_older(filled: Path, contents: Contents) -> None:
    before = filled.read_bytes()
    with Database.look(filled, steps=NEXT) as database:
        assert rows_of(database) == ROWS
        with database.snapshot() as connection:
            assert connection.execute("SELECT upload FROM intents").fetchall() == [("",)]
    assert filled.read_bytes() == before


def test_a_step_that_fails_leaves_the_version_before_it(filled: Path) -> None:
    broken = (*NEXT, ("CREATE TABLE third (x)", "CREATE TABLE third (x)"))
    with pytest.raises(StateError, match="third already exists"):
        Database.open(filled, steps=broken)
    with Database.open(filled, steps=NEXT) as database, database.snapshot() as connection:
        assert schema.version(connection) == len(NEXT)
        names = connection.execute("SELECT name FROM sqlite_master WHERE name = 'third'")
        assert names.fetchall() == []


@pytest.mark.parametrize("way", [Database.open, Database.look])
def test_a_newer_base_is_refused_and_stays_as_it_is(
    filled: Path,
    way: Callable[[Path], Database],
    contents: Contents,
) -> None:
    Database.open(filled, steps=NEXT).close()
    before = contents(filled.parent)
    with pytest.raises(ConfigError, match="written by a newer Buckia") as caught:
        way(filled)
    assert caught.value.exit_code == 2
    assert contents(filled.parent) == before


@pytest.mark.parametrize("way", [Database.open, Database.look])
def test_a_newer_base_that_only_its_log_knows_of_is_refused_too(
    filled: Path, tmp_path: Path, way: Callable[[Path], Database]
) -> None:
    target = tmp_path / "copy" / "base.sqlite"
    target.parent.mkdir()
    running = sqlite3.connect(filled, isolation_level=None)
    running.execute("PRAGMA user_version=99")
    for ending in ("", "-wal"):
        shutil.copy(f"{filled}{ending}", f"{target}{ending}")
    running.close()
    before = {ending: Path(f"{target}{ending}").read_bytes() for ending in ("", "-wal")}
    assert version_of(target) == len(schema.STEPS)
    with pytest.raises(ConfigError, match="version 99"):
        way(target)
    assert {ending: Path(f"{target}{ending}").read_bytes() for ending in ("", "-wal")} == before


# Damage


def truncate_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def truncate_to_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192])


def truncate_inside_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage_header(path: Path) -> None:
    path.write_bytes(random.Random(3).randbytes(100) + path.read_bytes()[100:])


def no_version(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:60] + bytes(4) + content[64:])


def garbage_first_page(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + random.Random(4).randbytes(8092) + content[8192:])


def garbage_in_the_middle(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 2 // 8192 * 8192
    path.write_bytes(content[:middle] + random.Random(5).randbytes(8192) + content[middle + 8192 :])


def zeros_in_the_middle(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 2 // 8192 * 8192
    path.write_bytes(content[:middle] + bytes(3 * 8192) + content[middle + 3 * 8192 :])


def all_garbage(path: Path) -> None:
    path.write_bytes(random.Random(6).randbytes(path.stat().st_size))


def all_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def some_text(path: Path) -> None:
    path.write_text("nothing to see here\n" * 100)


def another_database(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE agreed (key)")
    connection.close()


def a_table_is_gone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE agreed")
    connection.close()


def a_log_of_garbage(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(random.Random(7).randbytes(50_000))


def only_its_log_is_left(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(random.Random(8).randbytes(50_000))
    path.unlink()


def a_log_with_one_bit_wrong(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    running = sqlite3.connect(path, isolation_level=None)
    running.execute("INSERT INTO meta VALUES ('a', 'b')")
    content = bytearray(log.read_bytes())
    running.close()
    content[20] ^= 1
    log.write_bytes(content)


DAMAGES = [
    truncate_half,
    truncate_to_a_page,
    truncate_inside_the_header,
    empty,
    garbage_header,
    no_version,
    garbage_first_page,
    garbage_in_the_middle,
    zeros_in_the_middle,
    all_garbage,
    all_zeros,
    some_text,
    another_database,
    a_table_is_gone,
    a_log_of_garbage,
    only_its_log_is_left,
    a_log_with_one_bit_wrong,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_base_is_set_aside_reported_and_lost(
    filled: Path,
    damage: Callable[[Path], None],
    contents: Contents,
) -> None:
    damage(filled)
    before = contents(filled.parent)
    with Database.open(filled) as database:
        (notice,) = database.notices
        assert "damaged" in notice
        assert rows_of(database) == []
        SqliteManifest(database).record(ROWS[:3])
    kept = {
        name.replace("base.sqlite", "", 1): content
        for name, content in contents(filled.parent).items()
        if ".damaged-" in name
    }
    stamp = min(kept, key=len).removesuffix("-wal")
    assert f"base.sqlite{stamp}" in notice
    for name, content in before.items():
        if not name.endswith("-shm"):
            assert kept[stamp + name.removeprefix("base.sqlite")] == content
    with Database.open(filled) as database:
        assert database.notices == ()
        assert rows_of(database) == ROWS[:3]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_base_that_is_looked_at_is_shown_as_lost_and_left_alone(
    filled: Path, damage: Callable[[Path], None]
) -> None:
    damage(filled)
    files = [path for path in filled.parent.iterdir() if not path.name.endswith("-shm")]
    before = {path: path.read_bytes() for path in files}
    with Database.look(filled) as database:
        (notice,) = database.notices
        assert "the next sync sets it aside" in notice
        assert rows_of(database) == []
    assert {path: path.read_bytes() for path in files} == before


@pytest.mark.parametrize("beginning", [b"", b"\x37\x7f", bytes(32), bytes(5000)])
def test_a_log_that_never_began_is_no_damage(filled: Path, beginning: bytes) -> None:
    filled.with_name(filled.name + "-wal").write_bytes(beginning)
    with Database.open(filled) as database:
        assert database.notices == ()
        assert rows_of(database) == ROWS


def test_two_damaged_bases_of_one_second_are_both_kept(filled: Path) -> None:
    for _ in range(3):
        some_text(filled)
        Database.open(filled).close()
    assert len(list(filled.parent.glob("base.sqlite.damaged-*"))) == 3


def spoil(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agreed SET digests = x'0900' WHERE key = 'key-01500'",
        "UPDATE agreed SET digests = x'0300' WHERE key = 'key-01500'",
        "UPDATE agreed SET digests = 5 WHERE key = 'key-01500'",
        "UPDATE agreed SET origin = 77 WHERE key = 'key-01500'",
        "UPDATE agreed SET left = CAST(x'ff' AS TEXT) WHERE key = 'key-01500'",
        "UPDATE agreed SET key = x'6b' WHERE key = 'key-01500'",
    ],
)
def test_damage_found_while_reading_is_set_aside_at_the_next_opening(
    filled: Path, statement: str
) -> None:
    spoil(filled, statement)
    with Database.open(filled) as database:
        assert database.notices == ()
        with pytest.raises(DamagedState, match="is damaged"):
            rows_of(database)
    with Database.open(filled) as database:
        assert "was last read" in database.notices[0]
        assert rows_of(database) == []
    with Database.open(filled) as database:
        assert database.notices == ()


@pytest.mark.parametrize("number", [BLOCK - 1, BLOCK, BLOCK + 1, 2000, len(ROWS) - 1])
def test_rows_out_of_order_are_damage(filled: Path, number: int) -> None:
    connection = sqlite3.connect(filled)
    connection.executescript(f"""
        ALTER TABLE agreed RENAME TO old;
        CREATE TABLE agreed (key TEXT COLLATE NOCASE PRIMARY KEY, left, right, size, digests,
            origin) WITHOUT ROWID;
        INSERT INTO agreed SELECT * FROM old;
        DROP TABLE old;
        UPDATE agreed SET key = 'KEY-{number:05}x' WHERE key = 'key-{number:05}';
    """)
    connection.close()
    with Database.open(filled) as database, pytest.raises(DamagedState, match="out of order"):
        rows_of(database)


def test_marks_that_lead_back_are_damage(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else they would lead round in a circle."""
    monkeypatch.setattr("buckia.state.manifest.APART", 100)
    with Database.open(filled) as database:
        assert len(SqliteManifest(database).marks()) == len(ROWS) // 100
    monkeypatch.setattr(
        "buckia.state.manifest.rows.within", lambda _prefix, start="": ("key >= ?", ("key-00500",))
    )
    with Database.open(filled) as database, pytest.raises(DamagedState, match="out of order"):
        SqliteManifest(database).marks()


def test_rows_that_a_damaged_page_hides_are_not_passed_over(filled: Path) -> None:
    """Who looks for the first row of a block may find one further on."""
    sound = filled.read_bytes()
    leading = [
        place
        for page in range(0, len(sound), 8192)
        if sound[page] == 2
        for one in ROWS[BLOCK:]
        if (place := sound.find(one.key.encode(), page, page + 8192)) >= 0
    ]
    assert len(leading) > 5
    for place in leading:
        filled.write_bytes(sound[:place] + b"aaa" + sound[place + 3 :])
        with Database.look(filled) as database, pytest.raises(DamagedState, match="out of order"):
            rows_of(database)


def test_damage_that_comes_while_the_base_is_open_is_told(filled: Path) -> None:
    with Database.open(filled) as database:
        garbage_in_the_middle_in_place(filled)
        with pytest.raises(DamagedState):
            rows_of(database)
    with Database.open(filled) as database:
        assert len(database.notices) == 1
        assert rows_of(database) == []


def garbage_in_the_middle_in_place(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4 // 8192 * 8192)
        file.write(random.Random(9).randbytes(size // 2))


def test_damage_found_while_looking_changes_nothing(filled: Path) -> None:
    spoil(filled, "UPDATE agreed SET origin = 77")
    with Database.look(filled) as database, pytest.raises(DamagedState, match="is damaged"):
        rows_of(database)
    assert not filled.with_name(filled.name + ".suspect").exists()
    assert filled.exists()


def test_a_mark_of_damage_without_a_base_says_nothing_about_a_new_one(filled: Path) -> None:
    filled.unlink()
    filled.with_name(filled.name + ".suspect").touch()
    with Database.open(filled) as database:
        assert database.notices == ()
    with Database.open(filled) as database:
        assert database.notices == ()


def test_what_a_kill_left_half_made_is_swept(filled: Path) -> None:
    filled.with_name(filled.name + ".new-1234").write_bytes(b"half")
    filled.with_name(filled.name + ".new-1234-journal").write_bytes(b"half")
    filled.with_name("scratch-1234.sqlite").write_bytes(b"half")
    with Database.open(filled) as database:
        assert rows_of(database) == ROWS
    assert [path.name for path in filled.parent.iterdir()] == ["base.sqlite"]


def test_a_folder_in_the_place_of_the_base_is_told_and_left(base: Path) -> None:
    base.mkdir(parents=True)
    with pytest.raises(StateError, match="could not be read"):
        Database.open(base)
    assert base.is_dir()
