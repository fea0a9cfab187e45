"""The reference names every key there is, with the default that really holds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from buckia.config.common import COMMON, DEFAULTS, REQUIRED
from buckia.config.file import NAMES
from buckia.filters.verdict import DEFAULTS as LEFT_OUT
from buckia.model import Direction, Policy
from buckia.plugins import Plugins
from tests.docs import pretend
from tests.docs.tables import codes, tables

TEXT = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text(encoding="utf-8")
HEAD = ["key", "default", "what it does"]
ROWS = {codes(row[0])[0]: row for table in tables(TEXT) if table[0] == HEAD for row in table[1:]}
OWN = [row for table in tables(TEXT) if table[0] == ["provider", *HEAD] for row in table[1:]]


def test_the_reference_has_every_key_and_no_other() -> None:
    assert ROWS.keys() == COMMON.keys()


@pytest.mark.parametrize("key", COMMON)
def test_the_default_shown_is_the_one_that_holds(key: str) -> None:
    shown = ROWS[key][1]
    if key in REQUIRED:
        assert shown == "required"
        return
    default = DEFAULTS[key]
    if default is None or (hasattr(default, "__len__") and not len(default)):
        assert shown == "none"
        return
    [text] = codes(shown)
    assert COMMON[key](yaml.safe_load(text)) == default


@pytest.mark.parametrize(
    ("key", "choices"), [("direction", Direction), ("conflict_resolution", Policy)]
)
def test_every_choice_of_a_key_is_named(key: str, choices: type[Direction | Policy]) -> None:
    assert {str(one) for one in choices} <= set(codes(ROWS[key][2]))


def test_the_keys_of_the_providers_that_come_with_the_core_are_there_with_their_defaults() -> None:
    plugins = Plugins(entry_points=pretend.shipped)
    real = {
        (name, field.encode_name, field.default)
        for name in plugins.names()
        for field in msgspec.structs.fields(plugins.provider(name).options)
    }
    shown = {(codes(row[0])[0], codes(row[1])[0], codes(row[2])[0]) for row in OWN}
    assert shown == real


def test_the_names_of_the_file_and_the_patterns_left_out_are_those_of_the_program() -> None:
    assert [name for name in (*NAMES, *LEFT_OUT) if f"`{name}`" not in TEXT] == []
