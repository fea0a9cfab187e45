"""Order, once, and what is not a fault of a file: what becomes of a folder of change files."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.errors import ConfigError
from buckia.inbound import folder, live
from buckia.inbound.changes import Limits
from buckia.inbound.permission import Permission
from buckia.inbound.trouble import InboundError
from tests.inbound.world import ALL_NOTES, NOTES, World, change_id, document, note

IMPATIENT = Limits(wait=0)


def test_a_folder_that_is_empty_or_not_there_is_nothing_to_do(world: World) -> None:
    assert world.apply() == world.apply()
    world.inbound.rmdir()
    world.database.unlink()
    result = world.apply()
    assert (result.applied, result.done, result.stopped) == ((), {}, None)


def test_files_are_applied_in_the_order_of_their_ids_whatever_their_age(world: World) -> None:
    for number, text in ((3, "third"), (1, "first"), (2, "second")):
        world.send(note(1, text, "update"), number=number)
    result = world.apply()
    assert result.applied == tuple(f"{change_id(number)}.json" for number in (1, 2, 3))
    assert world.texts()[1] == "third"


def test_a_file_is_applied_once_and_told_as_done_until_it_is_deleted(world: World) -> None:
    name = world.send(note(1, "changed", "update"))
    assert world.apply().applied == (name,)
    world.run("UPDATE notes SET text = 'the app went on'")
    again = world.apply()
    assert (again.applied, [*again.done], again.quarantined) == ((), [name], ())
    assert world.texts()[1] == "the app went on"
    assert (world.inbound / name).exists()


def test_other_bytes_under_an_id_that_was_applied_are_set_aside(world: World) -> None:
    name = world.send(note(3))
    world.apply()
    world.send(note(4))
    result = world.apply()
    assert result.done == {}
    assert [one.name for one in result.quarantined] == [name]
    assert "other bytes" in result.quarantined[0].reason
    assert 4 not in world.texts()


def test_an_id_that_was_refused_is_free_for_a_better_file(world: World) -> None:
    world.send(note(9, action="update"))
    assert len(world.apply().quarantined) == 1
    name = world.send(note(1, action="update"))
    assert world.apply().applied == (name,)


def test_files_behind_a_bad_one_are_applied_all_the_same(world: World) -> None:
    names = [
        world.send(note(3), number=1),
        world.send(note(3, "other"), number=2),
        world.send(note(3, "last", "update"), number=3),
    ]
    result = world.apply()
    assert result.applied == (names[0], names[2])
    assert [one.name for one in result.quarantined] == [names[1]]
    assert world.texts()[3] == "last"


def test_what_is_no_change_file_is_left_alone_and_told(world: World) -> None:
    (world.inbound / f"{change_id(1)}.json").mkdir()
    (world.inbound / ".buckia-half").write_text("{")
    (world.inbound / "holiday.jpg").write_bytes(b"a picture of somebody")
    (world.inbound / f"{change_id(3)}.JSON").write_text("{}")
    (world.inbound / change_id(4)).write_text("{}")
    (world.inbound / f"{change_id(2)}.json").symlink_to(world.database)
    if hasattr(os, "mkfifo"):
        os.mkfifo(world.inbound / "pipe")
    result = world.apply()
    assert [one.name for one in result.ignored] == sorted(os.listdir(world.inbound))  # noqa: PTH208 - names are all that is needed
    assert len(result.ignored) >= 6
    assert result.quarantined == ()


@pytest.mark.parametrize(
    "name",
    ["notes.json", f"{change_id(1)}.json.json", f"{change_id(1).upper()}.json", " .json"],
)
def test_a_file_with_another_name_is_set_aside(world: World, name: str) -> None:
    (world.inbound / name).write_bytes(document([note(3)]))
    result = world.apply()
    assert [one.name for one in result.quarantined] == [name]
    assert 3 not in world.texts()


def test_a_file_that_becomes_a_link_or_goes_while_it_is_looked_at_is_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [world.send(note(number), number=number) for number in (3, 4)]
    found = folder.listing(world.inbound)
    (world.inbound / names[0]).unlink()
    (world.inbound / names[1]).unlink()
    (world.inbound / names[1]).symlink_to(world.database)
    monkeypatch.setattr(folder, "listing", lambda _path: found)
    result = world.apply()
    assert [one.name for one in result.ignored] == names
    assert result.stopped is None


def test_a_database_that_the_app_is_writing_stops_and_the_next_call_goes_on(world: World) -> None:
    first, second = world.send(note(3), number=1), world.send(note(4), number=2)
    with closing(sqlite3.connect(world.database, isolation_level=None)) as app:

        def busy(word: str) -> None:
            if word == "committed" and not app.in_transaction:
                app.execute("BEGIN IMMEDIATE")

        result = world.apply(limits=IMPATIENT, step=busy)
        assert (result.applied, result.quarantined) == ((first,), ())
        assert result.stopped is not None
        assert "locked" in result.stopped.message
        assert "has ended what it does" in result.stopped.hint
        app.execute("ROLLBACK")
    result = world.apply(limits=IMPATIENT)
    assert (result.applied, [*result.done], result.stopped) == ((second,), [first, second], None)


def test_nobody_writes_between_what_is_looked_at_and_what_is_written(world: World) -> None:
    world.run("PRAGMA journal_mode=wal")
    world.send(note(3))
    refused: list[str] = []

    def interfere(word: str) -> None:
        if word == "row":
            with closing(sqlite3.connect(world.database, timeout=0)) as app:
                try:
                    app.execute("UPDATE notes SET text = 'meanwhile'")
                except sqlite3.OperationalError as error:
                    refused.append(str(error))

    assert len(world.apply(step=interfere).applied) == 1
    assert refused == ["database is locked"]


def test_a_reader_that_keeps_a_commit_from_happening_stops_it(world: World) -> None:
    name = world.send(note(3))
    with closing(sqlite3.connect(world.database, isolation_level=None)) as app:
        app.execute("BEGIN")
        app.execute("SELECT * FROM notes").fetchall()
        result = world.apply(limits=IMPATIENT)
        assert result.stopped is not None
        assert result.done == {}
        app.execute("COMMIT")
    assert 3 not in world.texts()
    assert world.apply().applied == (name,)


def test_a_full_disk_stops_and_is_no_fault_of_the_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = world.send(note(3, "x" * 100_000))
    with monkeypatch.context() as patch:
        patch.setattr(live, "_SETTINGS", (*live._SETTINGS, "PRAGMA max_page_count=5"))
        result = world.apply()
    assert result.stopped is not None
    assert "full" in result.stopped.message
    assert result.quarantined == ()
    assert world.apply().applied == (name,)


def test_a_file_that_the_disk_does_not_give_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (3, 4):
        world.send(note(number), number=number)
    read = folder.read

    def failing(path: Path, limit: int) -> bytes:
        if path.name.startswith(change_id(3)):
            raise OSError(errno.EIO, "Input/output error")
        return read(path, limit)

    monkeypatch.setattr(folder, "read", failing)
    result = world.apply()
    assert result.stopped is not None
    assert "Input/output error" in result.stopped.message
    assert (result.done, result.quarantined) == ({}, ())


@pytest.mark.parametrize("content", [None, b"this is no database, whatever its name may say" * 99])
def test_a_database_that_is_none_stops_it_and_is_not_made(
    world: World, content: bytes | None
) -> None:
    world.database.unlink()
    if content:
        world.database.write_bytes(content)
    world.send(note(3))
    result = world.apply()
    assert isinstance(result.stopped, InboundError)
    assert result.stopped.hint
    assert world.database.exists() == (content is not None)
    assert result.quarantined == ()


@pytest.mark.parametrize(
    "permission",
    [Permission({"notes": "*", "albums": "*"}), Permission({"notes": "*", "albums": ("id", "x")})],
)
def test_a_table_that_is_allowed_and_not_there_yet_is_waited_for(
    world: World, permission: Permission
) -> None:
    world.send({"table": "albums", "action": "insert", "key": {"id": 1}, "values": {"x": 1}})
    result = world.apply(permission)
    assert result.stopped is not None
    assert "start the app" in result.stopped.hint
    world.run("CREATE TABLE albums (id INTEGER PRIMARY KEY)")
    result = world.apply(permission)
    assert (result.stopped is None) == (permission.tables["albums"] == "*")
    assert len(result.quarantined) == (permission.tables["albums"] == "*")


def test_a_file_for_another_database_is_set_aside(world: World) -> None:
    world.put(document([note(4)]).replace(b"App.sqlite", b"Other.sqlite"))
    assert ["Other.sqlite" in one.reason for one in world.apply().quarantined] == [True]


def test_a_folder_that_is_a_link_is_not_entered(world: World) -> None:
    world.send(note(3))
    world.inbound.rename(world.folder / "elsewhere")
    world.inbound.symlink_to("elsewhere")
    result = world.apply()
    assert ([one.name for one in result.ignored], result.applied) == (["inbound"], ())


def test_a_name_that_is_no_text_is_left_alone(world: World) -> None:
    path = os.fsencode(world.inbound) + b"/\xff\xfe.json"
    Path(os.fsdecode(path)).write_bytes(b"x")
    assert ["Unicode" in one.reason for one in world.apply().ignored] == [True]


def test_an_applied_list_that_is_not_ours_stops_it(world: World) -> None:
    world.run("CREATE TABLE buckia_applied (id TEXT PRIMARY KEY, mine TEXT)")
    world.send(note(3))
    result = world.apply()
    assert result.stopped is not None
    assert "not ours" in result.stopped.message
    assert 3 not in world.texts()


def test_somebody_who_applies_the_same_file_meanwhile_does_not_make_it_twice(world: World) -> None:
    name = world.send(note(1, "changed", "update"))

    def overtake(word: str) -> None:
        if word == "begin":
            assert world.apply().applied == (name,)
            world.run("UPDATE notes SET text = 'the app went on'")

    result = world.apply(step=overtake)
    assert (result.applied, [*result.done]) == ((), [name])
    assert world.texts()[1] == "the app went on"


def test_a_permission_whose_columns_are_a_word_is_no_permission() -> None:
    with pytest.raises(ConfigError) as caught:
        Permission({"notes": "text"})  # type: ignore[dict-item]  # this is the mistake
    assert caught.value.hint


def test_what_is_committed_outlasts_a_power_cut_and_references_are_looked_at(world: World) -> None:
    with live.connected(world.database, 1) as connection:
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "foreign_keys", "ignore_check_constraints")
        ]
    assert found == [3, 1, 0]


def test_an_old_library_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    world.send(note(3))
    result = world.apply()
    assert result.stopped is not None
    assert "too old" in result.stopped.message


def test_the_database_gets_nothing_of_ours_before_a_file_was_applied(tmp_path: Path) -> None:
    world = World(tmp_path / "world", NOTES)
    world.apply()
    world.send(note(1, "taken"))
    assert len(world.apply().quarantined) == 1
    assert world.rows(ours=True) == world.rows()
    world.send(note(3))
    world.apply(ALL_NOTES)
    [row] = world.rows(ours=True)["buckia_applied"]
    assert row["id"] == change_id(1)
