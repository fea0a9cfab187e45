"""The rules of the house hold in every distribution."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.workspace.rules import (
    LONGEST_FUNCTION,
    LONGEST_MODULE,
    Module,
    impure,
    possessive,
    shown,
    too_long,
    unexplained,
    vendors,
)

ROOT = Path(__file__).parents[2]
Rule = Callable[[Module], Iterable[str]]


def modules(packages: str = "*") -> Iterator[Module]:
    for source in sorted(ROOT.glob(f"packages/{packages}/src")):
        for path in sorted(source.rglob("*.py")):
            name = ".".join(path.relative_to(source).with_suffix("").parts)
            yield Module(name.removesuffix(".__init__"), path.read_text(encoding="utf-8"))


def layer(member: str) -> list[Module]:
    """The modules of the layer that this one is in, as the import contracts have it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [contract] = (one for one in contracts if one["name"] == "imports run one way")
    [names] = (found for line in contract["layers"] if member in (found := words(line)))
    tops = tuple(f"buckia.{name}." for name in names)
    return [m for m in modules("buckia-core") if f"{m.name}.".startswith(tops)]


def words(line: str) -> list[str]:
    return re.findall(r"\w+", line)


def broken(rule: Rule, where: Iterable[Module]) -> list[str]:
    return [offence for module in where for offence in rule(module)]


def test_modules_and_functions_are_short() -> None:
    assert not broken(too_long, modules())


def test_the_core_knows_no_provider_by_name() -> None:
    assert not broken(vendors, modules("buckia-core"))


def test_only_the_command_line_shows_anything() -> None:
    programs = ("buckia.cli.", "buckia_bunny.testing.__main__.")
    quiet = (m for m in modules() if not f"{m.name}.".startswith(programs))
    assert not broken(shown, quiet)


def test_decisions_see_no_file_clock_thread_or_log() -> None:
    decisions = layer("diff")
    assert "buckia.diff" in {module.name for module in decisions}
    assert not broken(impure, decisions)


def test_the_shell_is_given_its_stores() -> None:
    shell = layer("engine")
    assert "buckia.engine.side" in {module.name for module in shell}
    assert not broken(possessive, shell)


def test_wide_excepts_and_silenced_checks_give_their_reason() -> None:
    assert not broken(unexplained, modules())


SPAN = "    pass\n"


@pytest.mark.parametrize(
    ("rule", "source", "count"),
    [
        (too_long, "x = 1\n" * LONGEST_MODULE, 0),
        (too_long, "x = 1\n" * (LONGEST_MODULE + 1), 1),
        (too_long, "def f():\n" + SPAN * (LONGEST_FUNCTION - 1), 0),
        (too_long, "def f():\n" + SPAN * LONGEST_FUNCTION, 1),
        (too_long, "class A:\n  async def f():\n" + SPAN * LONGEST_FUNCTION, 1),
        (vendors, "from buckia_s3 import x", 1),
        (vendors, "# as Bunny does", 1),
        (vendors, "NAME = 'boto3'", 1),
        (vendors, "s30 = bunnyhop = class3 = 1", 0),
        (shown, "print(1)", 1),
        (shown, "import sys\nsys.stderr.write('x')", 1),
        (shown, "def pprint(): ...\npprint()", 0),
        (impure, "import os", 1),
        (impure, "def f():\n    from os.path import join", 1),
        (impure, "import concurrent.futures, time", 1),
        (impure, "with open('x'): ...", 1),
        (impure, "from buckia import io\nimport re", 0),
        (possessive, "from buckia.stores.local import x", 1),
        (possessive, "def f():\n    from buckia import stores", 1),
        (possessive, "import buckia.stores.memory.store", 1),
        (possessive, "import buckia.state.trash", 0),
        (possessive, "from buckia.protocols import Storage", 0),
        (unexplained, "x = 1  # noqa: S311", 1),
        (unexplained, "x = 1  # noqa: S311, PTH108", 1),
        (unexplained, "x = 1  # noqa: S311 - jitter, not a secret", 0),
        (unexplained, "x = 1  # type: ignore[arg-type]", 1),
        (unexplained, "x = 1  # type: ignore[arg-type]  # the stub is wrong", 0),
        (unexplained, "x = 1  # type: ignore[misc]  # noqa: S311", 1),
        (unexplained, "# ruff: noqa: PTH", 1),
        (unexplained, "x = '# noqa'", 0),
        (unexplained, "try: ...\nexcept Exception:\n    raise", 1),
        (unexplained, "try: ...\nexcept (OSError, BaseException):\n    raise", 1),
        (unexplained, "try: ...\nexcept:\n    raise", 1),
        (unexplained, "try: ...\nexcept Exception:  # noqa: BLE001\n    raise", 2),
        (unexplained, "try: ...\nexcept Exception:  # it goes on its way\n    raise", 0),
        (unexplained, "try: ...\nexcept Exception:\n    # it goes on its way\n    raise", 0),
        (unexplained, "try: ...\nexcept OSError:\n    raise", 0),
    ],
)
def test_each_rule_notices_what_breaks_it(rule: Rule, source: str, count: int) -> None:
    assert len(list(rule(Module("m", source)))) == count
