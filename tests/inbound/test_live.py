"""The app goes on writing while changes are applied, and neither disturbs the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from buckia.inbound.changes import Limits
from tests.inbound.world import NOTES, World, note

APP = Path(__file__).with_name("app.py")
COUNT = 20


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_an_app_that_writes_all_the_time_sees_no_error(tmp_path: Path, journal: str) -> None:
    world = World(
        tmp_path / "world",
        [
            f"PRAGMA journal_mode={journal}",
            *NOTES,
            "CREATE TABLE own (id INTEGER PRIMARY KEY, text TEXT)",
            "CREATE TABLE counter (n INTEGER)",
            "INSERT INTO counter VALUES (0)",
        ],
    )
    for number in range(COUNT):
        world.send(note(100 + number), note(1, f"{number}", "update"), number=number)
    with subprocess.Popen(
        [sys.executable, APP, world.database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as app:
        said = app.stdout
        assert said is not None

        def alternate(word: str) -> None:
            """Between two files the app comes to commit as well."""
            if word == "committed":
                already = len(world.rows()["own"])
                while int(said.readline()) <= already:
                    pass

        assert int(said.readline()) == 1
        result = world.apply(limits=Limits(wait=60), step=alternate)
        rest, complaints = app.communicate("over", timeout=60)
    assert complaints == ""
    assert app.returncode == 0
    assert (len(result.applied), result.stopped) == (COUNT, None)
    rows = world.rows()
    assert len(rows["own"]) == rows["counter"][0]["n"] >= COUNT
    assert not rest or rest.split()[-1] == str(len(rows["own"]))
    assert world.texts()[1] == f"{COUNT - 1}"
    assert len(rows["notes"]) == 2 + COUNT
