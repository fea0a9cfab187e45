from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.merging.model import RowConflict
from buckia.merging.reporting import write_conflicts

CONFLICT = RowConflict(
    "t",
    {"id": 1},
    None,
    {"id": 1, "text": "naïve\n☃", "bad": "a\udcff", "nul": "\0"},
    {"blob": b"\0\xff", "inf": float("-inf"), "real": -0.0, "big": 2**63 - 1, "none": None},
    "local",
)
LINE = {
    "table": "t",
    "key": {"id": 1},
    "reason": "edited",
    "kept": "local",
    "base": None,
    "local": {"id": 1, "text": "naïve\n☃", "bad": "a\udcff", "nul": "\0"},
    "remote": {
        "blob": {"base64": "AP8="},
        "inf": {"real": "-inf"},
        "real": -0.0,
        "big": 2**63 - 1,
        "none": None,
    },
}


def test_each_conflict_is_a_line_for_people_and_programs(tmp_path: Path) -> None:
    path = tmp_path / "conflicts.jsonl"
    path.write_text("old")
    write_conflicts(path, [CONFLICT, CONFLICT])
    content = path.read_text(encoding="utf-8")
    assert [json.loads(line) for line in content.splitlines()] == [LINE, LINE]
    assert "naïve" in content
    assert "☃" in content
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_whole_stays_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[RowConflict]:
        yield CONFLICT
        raise KeyError

    path = tmp_path / "conflicts.jsonl"
    path.write_text("old")
    with pytest.raises(KeyError):
        write_conflicts(path, broken())
    assert [found.read_text() for found in tmp_path.iterdir()] == ["old"]
