"""What the documentation calls proven has a test of that name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "guarantees.md"
TEST = re.compile(r"(?:\.\./)?(tests/[\w/]+\.py)(?:::(test_\w+))?")
RULES = 17


def sections() -> dict[int, str]:
    """The text of each numbered section."""
    parts = re.split(r"^## (\d+)\. ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def defined(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    named = TEST.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(named) > 3 * RULES
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and name not in defined(ROOT / path))
    ]
    assert missing == []


def test_the_rules_are_numbered_without_a_gap() -> None:
    assert list(sections()) == list(range(1, RULES + 1))


@pytest.mark.parametrize("number", range(1, RULES + 1))
def test_every_rule_names_tests_of_its_own_module(number: int) -> None:
    (module,) = Path(__file__).parent.glob(f"test_rule_{number:02}_*.py")
    named = {name for path, name in TEST.findall(sections()[number]) if path.endswith(module.name)}
    assert len(named - {""}) >= 2
    assert named - {""} <= {name for name in defined(module) if name.startswith("test_")}
