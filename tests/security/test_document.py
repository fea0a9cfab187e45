"""What SECURITY.md calls a defence has a test of that name."""

from __future__ import annotations

import re

import pytest

from tests.docs.tables import sections
from tests.guarantees.test_document import ROOT, TEST, defined

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
THREATS = sections(sections(TEXT)["Who may do what"], level=3)


def test_every_test_that_is_named_exists() -> None:
    named = TEST.findall(TEXT)
    assert len(named) > 20
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and name not in defined(ROOT / path))
    ]
    assert missing == []


@pytest.mark.parametrize("who", THREATS)
def test_every_threat_says_what_holds_and_what_does_not(who: str) -> None:
    assert "**Not defended" in THREATS[who]
    points = re.split(r"^- ", THREATS[who], flags=re.MULTILINE)[1:]
    assert points
    assert all(TEST.search(point) for point in points), "a defence without a test"


def test_every_file_of_tests_about_security_is_named() -> None:
    named = {path for path, _ in TEST.findall(TEXT)}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/security").glob("test_*")}
    assert files - named == {"tests/security/test_document.py"}


def test_it_names_no_address_and_no_person() -> None:
    assert not re.search(r"https?://(?!`)|@[a-z]", TEXT)


def test_the_readme_leads_to_it() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
