"""The tutorial is made of the example: no line of code stands in it that nobody runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from buckia.protocols import Storage
from tests.docs.blocks import Block, blocks

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "write-a-provider.md"
EXAMPLE = "examples/buckia-onefile/"
BLOCKS = list(blocks(TUTORIAL.read_text(encoding="utf-8")))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_every_code_block_stands_in_the_example_word_for_word(block: Block) -> None:
    assert block.source.startswith(EXAMPLE), "from which file of the example is it?"
    assert block.text in (ROOT / block.source).read_text(encoding="utf-8")


def test_the_tutorial_shows_every_method_that_a_store_must_have() -> None:
    shown = "".join(block.text for block in BLOCKS)
    methods = [name for name in vars(Storage) if not name.startswith("_") and name != "traits"]
    assert len(methods) == 6
    assert [name for name in methods if f"def {name}(" not in shown] == []


def test_the_tutorial_shows_each_file_of_the_example() -> None:
    files = {path.name for path in (ROOT / EXAMPLE).rglob("*.py") if path.name != "__init__.py"}
    assert {Path(block.source).name for block in BLOCKS} >= {*files, "pyproject.toml"}


def test_what_the_tutorial_links_to_is_there() -> None:
    links = re.findall(r"\]\((\.\.?/[^)#]+)", TUTORIAL.read_text(encoding="utf-8"))
    assert len(links) >= 2
    assert [link for link in links if not (TUTORIAL.parent / link).exists()] == []
