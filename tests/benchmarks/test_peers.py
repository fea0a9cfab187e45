"""The comparison with others runs to its end; what it measures is no test."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import loadserver
from benchmarks.drawing import Chart, drawn
from tests.benchmarks.asking import CACHE

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _compiled() -> None:
    try:
        loadserver.built(CACHE)
    except loadserver.NotHere as reason:
        pytest.skip(str(reason))


def ran(module: str, *words: str) -> str:
    """What one of them prints, with nobody beside Buckia."""
    command = [sys.executable, "-m", module, "--peers", "--rounds", "1", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("job", ["a", "b", "e", "g-down", "h", "l", "m-quiet", "n"])
def test_each_kind_of_job_is_done_and_counted(tmp_path: Path, job: str) -> None:
    told = tmp_path / "told.json"
    said = ran("benchmarks", "--only", job, "--scale", "0.001", "--json", str(told))
    [found] = json.loads(told.read_text())["jobs"]
    scores: dict[str, Any] = found["scores"]
    assert said.startswith(f"({job}) ")
    assert [name for name in scores if name.startswith("buckia")]
    assert all(score["wall"] > 0 and score["peak"] > 1e6 for score in scores.values())


@pytest.mark.slow
def test_growth_is_drawn(tmp_path: Path) -> None:
    drawing = tmp_path / "growth.svg"
    said = ran("benchmarks.growth", "--counts", "20", "200", "--drawing", str(drawing))
    assert said.count("buckia") == 2
    lines = ET.parse(drawing).getroot().findall(f".//{SVG}polyline")
    assert len(lines) == 2
    assert all(len(line.attrib["points"].split()) == 2 for line in lines)


@pytest.mark.slow
def test_who_cannot_go_on_is_left_out_as_the_tree_grows() -> None:
    said = ran("benchmarks.growth", "--counts", "20", "200", "--until", "buckia=20")
    assert said.count("buckia") == 1


def test_names_at_the_ends_of_lines_do_not_cover_each_other() -> None:
    near = {"one": [(10.0, 5.0), (100.0, 5.0)], "two": [(10.0, 5.0), (100.0, 5.1)]}
    early = {"three": [(10.0, 5.0)]}
    words = ET.fromstring(drawn([Chart("seconds", {**near, **early})])).findall(f".//{SVG}text")
    places = {word.text: word for word in words}
    one, two = (float(places[name].attrib["y"]) for name in ("one", "two"))
    assert abs(one - two) >= 14
    assert places["one"].attrib["text-anchor"] == "start"
    assert places["three"].attrib["text-anchor"] == "end"
