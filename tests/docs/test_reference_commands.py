"""The reference names every command, every option and every choice, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from buckia.cli.app import COMMANDS, program
from buckia.cli.flags import COMMON
from tests.docs.blocks import blocks
from tests.docs.tables import codes, sections, tables

TEXT = (Path(__file__).parents[2] / "docs/reference/commands.md").read_text(encoding="utf-8")
SECTIONS = {**sections(TEXT), **sections(TEXT, level=3)}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it; of a group its members."""
    ctx = click.Context(program)
    for name in COMMANDS:
        found = program.get_command(ctx, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in found.commands.items())
        else:
            yield name, found


FOUND = dict(commands())


def own(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option) and one not in COMMON]


def shown(section: str) -> dict[frozenset[str], list[str]]:
    """The rows of a section's table of options, by the names that stand in the first cell."""
    rows = [row for table in tables(section) if table[0][0] == "option" for row in table[1:]]
    return {
        frozenset(word for code in codes(row[0]) for word in code.split() if word[0] == "-"): row
        for row in rows
    }


def names(option: click.Option) -> frozenset[str]:
    return frozenset([*option.opts, *option.secondary_opts])


def test_every_command_has_a_section_and_no_section_is_about_another() -> None:
    groups = {name.split()[0] for name in FOUND if " " in name}
    found = {title for title in SECTIONS if title.startswith("buckia ")}
    assert found == {f"buckia {name}" for name in {*FOUND, *groups}}


@pytest.mark.parametrize("name", FOUND)
def test_every_option_of_the_command_is_in_its_table_and_no_other(name: str) -> None:
    real = {names(option) for option in own(FOUND[name])}
    assert shown(SECTIONS[f"buckia {name}"]).keys() == real


def test_the_options_of_every_command_are_in_a_table_of_their_own() -> None:
    real = {names(option) for option in COMMON} | {frozenset({"-h", "--help"})}
    assert shown(SECTIONS["Options of every command"]).keys() == real


@pytest.mark.parametrize("name", [*FOUND, ""])
def test_every_choice_of_an_option_is_named(name: str) -> None:
    rows = shown(SECTIONS[f"buckia {name}" if name else "Options of every command"])
    for option in own(FOUND[name]) if name else COMMON:
        if isinstance(option.type, click.Choice):
            assert set(option.type.choices) <= set(codes(rows[names(option)][1])), option.name


@pytest.mark.parametrize("name", FOUND)
def test_every_option_with_a_value_shows_one(name: str) -> None:
    rows = shown(SECTIONS[f"buckia {name}"])
    for option in own(FOUND[name]):
        takes = not option.is_flag
        assert takes == any(" " in code for code in codes(rows[names(option)][0])), option.name


@pytest.mark.parametrize("name", FOUND)
def test_every_argument_is_shown_in_the_form_of_the_command(name: str) -> None:
    text = SECTIONS[f"buckia {name}"]
    forms = [code for code in codes(text) if code.startswith(f"buckia {name} ")]
    for param in FOUND[name].params:
        if isinstance(param, click.Argument):
            word = re.sub(r"\W", "", (param.metavar or param.name or "").replace(".", "")).upper()
            shown_words = {re.sub(r"\W", "", part) for form in forms for part in form.split()}
            assert word in shown_words, param.name


@pytest.mark.parametrize("name", FOUND)
def test_every_command_has_an_example(name: str) -> None:
    played = [one.text for one in blocks(SECTIONS[f"buckia {name}"]) if one.language == "console"]
    assert any(f"buckia {name}" in text for text in played)
