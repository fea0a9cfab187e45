"""What docs/linode.md says is so: its sessions are played against a fake of the API, and moto."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from buckia_linode.commands import add
from buckia_linode.options import Options
from buckia_linode.places import KINDS
from buckia_linode.testing import FakeLinode
from buckia_s3.options import Options as S3Options
from tests.docs.blocks import blocks
from tests.docs.session import Session
from tests.docs.tables import tables
from tests.docs.test_documents import DOCUMENTS, perform
from tests.linode.moto_backend import OnMoto, endpoint_on
from tests.s3.servers.moto import Moto

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "linode.md", ROOT / "packages" / "buckia-linode" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
PLAYED_HERE = "tests/docs/test_linode.py has one"


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("document", [PAGE, README], ids=lambda path: path.name)
def test_what_needs_the_api_goes_as_the_document_shows(document: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    with Moto() as moto:
        backend = OnMoto(moto)
        endpoints = [endpoint_on(moto)]
        with FakeLinode("the-personal-token", endpoints=endpoints, backend=backend) as fake:
            for block in blocks(document.read_text(encoding="utf-8")):
                if PLAYED_HERE in block.not_run:
                    session.play(block.text)
                elif "provider: linode" in block.text and block.language == "yaml":
                    told = f"region: us-ord\n  api_url: {fake.api}"
                    text = block.text.replace("region: us-ord", told)
                    perform(block._replace(text=text, file=".buckia"), session)
            [bucket] = fake.buckets
            assert backend.count(bucket).objects == 1
        backend.close()


def test_every_excuse_that_names_this_file_is_on_a_page_that_is_played_here() -> None:
    assert {path for path in DOCUMENTS if PLAYED_HERE in path.read_text("utf-8")} == {PAGE, README}


def table(head: str) -> dict[str, list[str]]:
    [found] = [one for one in tables(TEXT) if one[0][0] == head]
    return {row[0]: row[1:] for row in found[1:]}


def test_the_table_of_keys_has_every_key_that_s3_has_not() -> None:
    shown = {name.strip("`") for name in table("key")}
    assert shown == set(Options.__struct_fields__) - set(S3Options.__struct_fields__)


def test_the_table_of_types_has_every_type_with_its_facts() -> None:
    shown = {name.strip("`"): row for name, row in table("type").items()}
    assert shown == {
        name: [
            str(facts.requests_per_second),
            "can be set" if facts.has_cors else "cannot be set",
        ]
        for name, facts in KINDS.items()
    }


def test_the_page_names_every_command() -> None:
    group = click.Group("linode")
    add(group)
    shown = {" ".join(name.strip("`").split()[2:]) for name in table("command")}
    for name, command in group.commands.items():
        if f"`{name}`" in TEXT:
            continue
        inner = getattr(command, "commands", {"": None})
        words = {f"{name} {one}".strip() for one in inner}
        assert all(any(one.startswith(word) for one in shown) for word in words), name
