"""Changes of others come in through each kind of bucket, and leave nothing behind in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.events import Event, Finished
from tests.grounds import GROUNDS, config
from tests.inbound.devices import INBOUND
from tests.inbound.world import World, change_id, document, note

USER = "7k2m9qx4c0w8v3nz5rj1tdh6bypfgas2"
"""Each user has a folder in the bucket, and the other folders are nobody's business."""


@pytest.mark.parametrize("kind", GROUNDS)
def test_changes_are_applied_and_cleared_away_and_others_are_left_alone(
    kind: str, tmp_path: Path
) -> None:
    here = World(tmp_path / "here" / USER, inbound=False)
    keys = [f"{USER}/inbound/{change_id(number)}.json" for number in (1, 2, 3)]
    with GROUNDS[kind](tmp_path) as ground:
        inbound = {**INBOUND, "folder": f"{USER}/inbound/", "database": f"{USER}/App.sqlite"}
        bucket = config(ground, inbound=inbound, folders=[USER])
        ground.put("another/inbound/x.json", b"another's")
        ground.put(keys[0], document([note(3)], change_id(1)))
        ground.put(keys[1], b"{")
        ground.put(keys[2], document([note(3, "again", "update")], change_id(3)))
        with BuckiaClient(bucket, local_path=tmp_path / "here") as client:
            result = client.sync()
            assert result.inbound is not None
            assert result.inbound.applied == (keys[0], keys[2])
            assert [one.path for one in result.inbound.quarantined] == [keys[1]]
            assert (result.failed, result.deleted_remote) == ((), 3)
            objects = ground.objects()
            assert objects.keys() == {"another/inbound/x.json", f"{USER}/App.sqlite"}
            assert here.texts()[3] == "again"
            again = client.sync()
            assert (again.exit_code, again.uploaded, again.downloaded, again.deleted) == (
                0,
                0,
                0,
                0,
            )
    assert not (here.folder / "inbound").exists()
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(objects[f"{USER}/App.sqlite"])
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT text FROM notes WHERE id = 3").fetchone() == ("again",)


@pytest.mark.parametrize("kind", GROUNDS)
def test_what_somebody_put_in_the_place_of_an_applied_file_stays(kind: str, tmp_path: Path) -> None:
    World(tmp_path / "here", inbound=False)
    key = f"inbound/{change_id(1)}.json"
    other = document([note(4)], change_id(1))
    seen: list[Event] = []

    with GROUNDS[kind](tmp_path) as ground:

        def replace(event: Event) -> None:
            seen.extend([event] if isinstance(event, Finished) else [])
            if isinstance(event, Finished) and len(seen) == 2:
                ground.put(key, other)

        ground.put(key, document([note(3)], change_id(1)))
        bucket = config(ground, inbound=INBOUND)
        with BuckiaClient(bucket, local_path=tmp_path / "here", on_event=replace) as client:
            result = client.sync()
            assert [one.path for one in result.failed] == [key]
            assert ground.objects()[key] == other
            result = client.sync()
            assert result.inbound is not None
            assert [one.path for one in result.inbound.quarantined] == [key]
            assert result.inbound.quarantined[0].kept.read_bytes() == other
            assert client.sync().exit_code == 0
            assert ground.objects().keys() == {"App.sqlite"}
