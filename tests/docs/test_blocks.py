from __future__ import annotations

import pytest

from tests.docs.blocks import Block, Malformed, blocks


def test_blocks_are_found_with_their_line_language_and_words() -> None:
    document = (
        "# Title\n\n```yaml file=.buckia\na: 1\n```\ntext\n~~~python from=x/y.py\npass\n~~~\n"
    )
    assert list(blocks(document)) == [
        Block(3, "yaml", "a: 1\n", file=".buckia"),
        Block(7, "python", "pass\n", source="x/y.py"),
    ]


def test_a_longer_fence_may_hold_a_shorter_one() -> None:
    [block] = blocks("````text\n```console\n$ ls\n```\n````\n")
    assert block.text == "```console\n$ ls\n```\n"


def test_a_block_within_a_list_loses_the_indent_of_its_fence() -> None:
    [block] = blocks("1. do\n\n   ```console\n   $ ls\n     two\n   ```\n")
    assert block.text == "$ ls\n  two\n"


def test_a_comment_right_above_says_why_a_block_is_not_run() -> None:
    excused, other = blocks(
        "<!-- not run: needs an account -->\n\n```console\n$ a\n```\n\n```console\n$ b\n```\n"
    )
    assert excused.not_run == "needs an account"
    assert not other.not_run


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("\n```console\n$ ls\n", "line 2: the block has no end"),
        ("```\nls\n```\n", "line 1: the block has no language"),
        ("```yaml title=x\n```\n", "line 1: what is title"),
        ("```yaml hidden\n```\n", "line 1: what is hidden"),
    ],
)
def test_a_malformed_document_is_refused_with_its_line(document: str, complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        list(blocks(document))


@pytest.mark.parametrize("comment", ["<!-- not run: -->", "<!-- not run -->", "not run: tired"])
def test_an_excuse_without_a_reason_is_none(comment: str) -> None:
    [block] = blocks(f"{comment}\n```console\n$ ls\n```\n")
    assert not block.not_run
