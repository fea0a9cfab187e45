"""What docs/format.md shows and says in figures is so."""

from __future__ import annotations

import json
from pathlib import Path

from buckia import ids
from buckia.inbound import ledger
from buckia.inbound.changes import DEFAULT_LIMITS
from buckia.inbound.document import decode
from buckia.inbound.quarantine import Reason
from buckia.inbound.values import kind
from tests.docs.blocks import blocks
from tests.docs.tables import codes, tables
from tests.inbound.world import VECTORS

TEXT = (VECTORS.parent / "format.md").read_text(encoding="utf-8")
SHOWN = list(blocks(TEXT))


def table(head: str) -> list[list[str]]:
    [found] = [one for one in tables(TEXT) if one[0][0] == head]
    return found[1:]


def test_the_change_file_that_is_shown_is_one() -> None:
    [file, reason] = [block.text for block in SHOWN if block.language == "json"]
    assert len(decode(file.encode(), DEFAULT_LIMITS).changes) == 3
    assert list(json.loads(reason)) == list(Reason.__struct_fields__)


def test_the_limits_are_those_of_the_code() -> None:
    said = [int(most.replace(",", "")) for _, most in table("what")]
    assert said == [DEFAULT_LIMITS.file, DEFAULT_LIMITS.value, DEFAULT_LIMITS.changes]


def test_the_alphabet_and_the_applied_list_are_those_of_the_code() -> None:
    texts = [block.text for block in SHOWN if block.language == "text"]
    assert texts[0].strip() == ids.ALPHABET
    made = next(text for text in texts if "CREATE TABLE" in text)
    assert made.split() == ledger._MAKE.replace("main.", "").split()


def test_each_declared_type_has_the_kind_that_the_table_says() -> None:
    for said, found, _ in table("declared type"):
        if said.startswith("none"):
            assert {kind("", strict=False), kind("any", strict=True)} == {found}
        else:
            assert {kind(f"x{name}y".lower(), strict=False) for name in codes(said)} == {found}


def test_every_vector_is_named_in_the_text() -> None:
    for path in VECTORS.iterdir():
        assert f"](vectors/{path.name})" in TEXT


def test_every_vector_ends_in_a_line_end_and_says_what_it_is_about() -> None:
    for path in sorted(Path(VECTORS).iterdir()):
        content = path.read_text(encoding="utf-8")
        assert content.endswith("}\n")
        assert json.loads(content)["about"]
