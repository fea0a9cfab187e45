"""What a room tells, and what becomes of a room that fails, says nothing or has little time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.torture import __main__ as torture
from tests.torture.report import read, written
from tests.torture.session import Failed, Session, main

ROOM = """
import sys
from tests.torture.session import Session, main

def play(session: Session) -> None:
    session.saw("kills", "survived", 3)
    {deed}

if __name__ == "__main__":
    sys.exit(main("{name}", play))
"""


PAGE = """before
<!-- the last long run -->
old
<!-- end of the last long run -->
between
<!-- made-up input -->
older
<!-- end of made-up input -->
after
"""


def failing(session: Session) -> None:
    session.saw("kills", "survived")
    raise Failed("a file is gone; play it again by ...")


def played(monkeypatch: pytest.MonkeyPatch, report: Path, seconds: str = "0") -> None:
    words = ["room", "--seconds", seconds, "--seed", "7", "--report", str(report)]
    monkeypatch.setattr(sys, "argv", words)


def test_a_room_that_fails_tells_what_it_saw_before_and_how_to_see_the_failure_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    played(monkeypatch, tmp_path / "told.json")
    assert main("room", failing) == 1
    told = read(tmp_path / "told.json")
    assert [(one.tried, one.ended, one.times) for one in told.outcomes] == [
        ("kills", "survived", 1)
    ]
    assert told.failure == "Failed: a file is gone; play it again by ..."
    assert told.seed == 7


def test_a_room_without_failure_ends_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played(monkeypatch, tmp_path / "told.json")
    assert main("room", lambda session: session.note("no compiler")) == 0
    assert json.loads((tmp_path / "told.json").read_bytes())["notes"] == ["no compiler"]


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    one, other, third = (Session(1, seed, tmp_path) for seed in (5, 5, 6))
    drawn = one.chance.random()
    assert drawn == other.chance.random() != third.chance.random()


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `rooms_of_a_test`, which the processes of the torture can import."""
    package = tmp_path / "rooms_of_a_test"
    package.mkdir()
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{root}")
    (package / "well.py").write_text(ROOM.format(name="well", deed="assert session.seed == 4"))
    (package / "ill.py").write_text(ROOM.format(name="ill", deed="raise ValueError('gone')"))
    (package / "silent.py").write_text("import os; os._exit(3)")
    return tmp_path


def tortured(rooms: Path, *names: str) -> int:
    lanes = [{name: 1.0} for name in names]
    words = ["--hours", "0.0001", "--seed", "4", "--folder", str(rooms / "told")]
    page = rooms / "page.md"
    page.write_text(PAGE)
    return torture.main([*words, "--page", str(page)], lanes, "rooms_of_a_test")


def test_the_page_gets_what_all_rooms_saw(rooms: Path) -> None:
    assert tortured(rooms, "well") == 0
    page = (rooms / "page.md").read_text()
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "\nold\n" not in page
    assert "| well | 0 | kills | 3 | survived |" in page
    assert "Failures: none." in page


@pytest.mark.parametrize(("name", "word"), [("ill", "ValueError: gone"), ("silent", "exit code 3")])
def test_a_room_that_fails_or_says_nothing_is_a_failure_of_the_whole(
    rooms: Path, name: str, word: str
) -> None:
    assert tortured(rooms, "well", name) == 1
    assert word in (rooms / "page.md").read_text()


def test_each_part_of_the_page_is_written_by_itself(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    session = Session(1, 5, tmp_path)
    session.saw("state", "an error of ours", 7)
    session.saw("state", "read", 2)
    written(page, [session.report("fuzz")], "make fuzz", "fuzz")
    text = page.read_text()
    assert "| fuzz | 0 | state | 9 | an error of ours (7), read (2) |" in text
    assert "\nold\n" in text
    assert "older" not in text
    assert text.endswith("after\n")
