"""What a document links to is there, headings included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.docs.test_documents import DOCUMENTS, ROOT

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^ *(`{3,}|~{3,}).*?^ *\1`*~* *$", flags=re.MULTILINE | re.DOTALL)


def prose(document: Path) -> str:
    """The text outside of code blocks."""
    return _FENCED.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """The names by which the headings of a document are linked to."""
    titles = re.findall(r"^#+ (.+)$", prose(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_the_document_leads_somewhere(document: Path) -> None:
    broken = []
    for link in _LINK.findall(prose(document)):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        sound = target.exists() and (not anchor or anchor in anchors(target))
        if not sound:
            broken.append(link)
    assert broken == []


def test_every_page_of_the_manual_is_linked_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in _LINK.findall(prose(ROOT / "README.md"))}
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= linked


def test_links_and_headings_in_code_are_none(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One: two!\n\n```text\n# no heading\n[x](nowhere.md)\n```\n\n[y](#one-two)\n")
    assert anchors(page) == {"one-two"}
    assert _LINK.findall(prose(page)) == ["#one-two"]
    assert len(list(blocks(page.read_text()))) == 1
