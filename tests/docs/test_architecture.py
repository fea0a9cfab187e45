"""The picture of the inside names every module there is."""

from __future__ import annotations

import pkgutil
import tomllib
from pathlib import Path

import buckia
from buckia import client, engine, protocols
from buckia.state.schema import TABLES as KEPT
from buckia.state.spill import LIMIT
from tests.docs.tables import codes, tables

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
[MODULES] = [table[1:] for table in tables(TEXT) if table[0][0] == "module"]
NAMED = [name for row in MODULES for name in codes(row[0])]


def test_every_module_is_in_the_table_once_and_no_other() -> None:
    real = {one.name for one in pkgutil.iter_modules(buckia.__path__)} - {"__main__"}
    for package in (client, engine):
        short = package.__name__.rpartition(".")[2]
        real = real - {short} | {
            f"{short}.{one.name}" for one in pkgutil.iter_modules(package.__path__)
        }
    assert set(NAMED) == real
    assert len(NAMED) == len(real)


def test_the_order_of_reading_is_that_of_the_layers_for_the_words_the_core_and_the_faces() -> None:
    """What is read first imports nothing of what is read later, as far as layers say so."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [
        one["layers"] for one in contracts["contracts"] if one["name"] == "imports run one way"
    ]
    found = [set(layer.replace("(", "").replace(")", "").split()) for layer in layers]
    words, decisions = found[-1], found[-2]
    assert max(NAMED.index(name) for name in words - {":"}) < NAMED.index("scope")
    assert max(map(NAMED.index, decisions - {":"})) < NAMED.index("engine.limits")
    assert NAMED.index("engine.run") < NAMED.index("client.opening") < NAMED.index("cli")


def test_the_numbers_and_names_in_the_text_are_real() -> None:
    assert f"{LIMIT:,}" in TEXT
    for name in ("Surveys", "Stages", "Retires", "Sweeps", "Identifies"):
        assert hasattr(protocols, name)
    shown = next(line for line in TEXT.splitlines() if line.lstrip().startswith("base.sqlite"))
    assert {"agreed", "intents", "known", "meta"} <= KEPT & set(shown.replace(",", " ").split())
