"""What docs/bunny.md says is so: its sessions are played against a zone, its tables held to it."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from buckia_bunny.commands import add
from buckia_bunny.hosts import REGIONS
from buckia_bunny.options import Options
from buckia_bunny.testing import FakeAccount, FakeBunny
from tests.docs.blocks import blocks
from tests.docs.session import Session
from tests.docs.tables import codes, tables
from tests.docs.test_documents import DOCUMENTS, perform

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "bunny.md", ROOT / "packages" / "buckia-bunny" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
PLAYED_HERE = "tests/docs/test_bunny.py has one"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("document", [PAGE, README], ids=lambda path: path.name)
def test_what_needs_a_zone_goes_as_the_document_shows(document: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    with (
        FakeBunny(zone="ann-notes", password="the-password-of-the-zone") as fake,
        FakeAccount("the-key-of-the-account", zones=[fake]) as account,
    ):
        account.add_pull_zone("ann", fake)
        there = f"endpoint_url: {fake.endpoint}\n  account_url: {account.endpoint}"
        for block in blocks(document.read_text(encoding="utf-8")):
            if PLAYED_HERE in block.not_run:
                session.play(block.text)
            elif "provider: bunny" in block.text and block.language == "yaml":
                text = block.text.replace("region: ny", there)
                perform(block._replace(text=text, file=".buckia"), session)
        assert list(fake.tree.files()) == ["shopping.txt"]


def test_every_excuse_that_names_this_file_is_on_a_page_that_is_played_here() -> None:
    assert {path for path in DOCUMENTS if PLAYED_HERE in path.read_text("utf-8")} == {PAGE, README}


def table(head: str) -> dict[str, list[str]]:
    [found] = [one for one in tables(TEXT) if one[0][0] == head]
    return {row[0]: row[1:] for row in found[1:]}


def test_the_table_of_keys_has_every_key_of_the_provider_with_its_default() -> None:
    shown = {name.strip("`"): row[0].strip("`") for name, row in table("key").items()}
    real = Options()
    assert shown == {
        name: "none" if getattr(real, name) is None else str(getattr(real, name))
        for name in Options.__struct_fields__
    }


def test_the_table_of_commands_has_every_command() -> None:
    shown = {" ".join(name.strip("`").split()[:3]) for name in table("command")}
    group = click.Group("bunny")
    add(group)
    assert shown == {f"buckia bunny {name}" for name in group.commands}


def test_the_table_of_regions_has_every_region_with_its_words() -> None:
    shown = {name.strip("`"): codes(row[0]) for name, row in table("region").items()}
    assert shown == {code: list(words) for code, words in REGIONS.items()}
