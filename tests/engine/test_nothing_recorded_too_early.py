"""A run that is stopped by a guard has learned nothing, and nothing goes that was not compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.client import BuckiaClient
from buckia.errors import GuardStopped
from buckia.events import Event, Scanned
from buckia.model import Intent, SideName
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench, memory

Made = Callable[..., Bench]


def test_what_another_disk_holds_is_not_taken_for_agreed(bench: Bench) -> None:
    """Otherwise the right disk, back in its place, would seem to have lost those files."""
    bench.put_here("old", "agreed")
    bench.sync()
    right_disk = bench.store.store
    bench.put_here("new", "written here")
    other = MemoryStore()
    other.identity(create=True)
    bench.use(other)
    for key, data in (("old", "agreed"), ("new", "written here")):
        bench.put_there(key, data)
    with pytest.raises(GuardStopped):
        bench.sync(delete_orphaned=True)
    assert bench.rows().keys() == {"old"}
    bench.use(right_disk)
    bench.done(delete_orphaned=True)
    bench.agreed({"old": "agreed", "new": "written here"})


def test_an_empty_bucket_settles_no_wish_of_a_run_that_was_cut_off(bench: Bench) -> None:
    """That nothing is there does not mean that our own deletion came true."""
    for key in ("a", "b"):
        bench.put_here(key, key)
    bench.sync()
    wish = Intent(key="a", side=SideName.RIGHT, digests="", origin=".")
    [path] = bench.state.glob("pairs/*/base.sqlite")
    with Database.open(path) as database:
        SqliteManifest(database).intend([wish])
    held = bench.store.store
    bench.use(MemoryStore())
    with pytest.raises(GuardStopped):
        bench.sync(delete_orphaned=True)
    assert bench.intents() == [wish]
    assert bench.rows().keys() == {"a", "b"}
    bench.use(held)
    bench.done(delete_orphaned=True)
    bench.agreed({"a": "a", "b": "b"})


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_file_that_gives_its_name_to_a_folder_and_changes_meanwhile_is_not_lost(
    made: Made, side: str
) -> None:
    bench = made(memory(flat=True))
    bench.put_here("a", "agreed")
    bench.sync()
    bench.put_there("a/b", "makes a folder of it")
    edited: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Scanned) and not edited:
            edited.append(side)
            (bench.put_here if side == "here" else bench.put_there)("a", "edited")

    with BuckiaClient(
        bench.config, local_path=bench.root, plugins=bench.plugins, on_event=hear
    ) as client:
        client.sync()
    assert edited
    for _ in range(2):
        bench.sync()
    held = {*bench.here().values(), *bench.there().values(), *(one.data for one in bench.trash())}
    assert b"edited" in held
