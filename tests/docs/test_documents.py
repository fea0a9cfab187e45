"""What stands in a code block of the documentation works when it is typed."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from buckia.config import load
from buckia.errors import ConfigError
from buckia.plugins.registry import Plugins
from tests.docs.blocks import Block, blocks
from tests.docs.session import Session

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
)
PARSERS: dict[str, Callable[[str], object]] = {
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "json": json.loads,
}
SHOWN = {"text", "mermaid"}
"""Languages of blocks that are there to be looked at."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_code_block_of_the_document_works(document: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    for block in blocks(document.read_text(encoding="utf-8")):
        try:
            perform(block, session)
        except Exception as error:  # noqa: BLE001 - whatever it is, one needs to know where
            where = f"{document.relative_to(ROOT)}, line {block.line}"
            pytest.fail(f"{where}: {error}", pytrace=False)


def perform(block: Block, session: Session) -> None:
    """Do with the block what a reader would."""
    if block.source:
        written = (ROOT / block.source).read_text(encoding="utf-8")
        assert block.text in written, f"does not stand like this in {block.source}"
        return
    if block.language in PARSERS:
        understand(block, session.scratch)
    if block.file:
        target = session.folder / block.file
        assert target.resolve().is_relative_to(session.folder.resolve()), "leads out of the folder"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
    elif block.not_run or block.language in PARSERS or block.language in SHOWN:
        pass
    elif os.name != "posix":
        pytest.skip("the sessions of the documentation are those of a POSIX shell")
    elif block.language == "console":
        session.play(block.text)
    elif block.language == "python":
        session.python(block.text)
    else:
        raise AssertionError(f"nobody knows how to run {block.language}; is it `console`?")


def understand(block: Block, scratch: Path) -> None:
    """The block is sound in its language, and where it is a configuration, sound as one."""
    if not is_configuration(PARSERS[block.language](block.text)):
        return
    file = scratch / f"read.buckia.{block.language}"
    file.write_text(block.text, encoding="utf-8")
    plugins = Plugins()
    for bucket in load(file).buckets.values():
        if bucket.provider in plugins.names():
            known = msgspec.structs.fields(plugins.provider(bucket.provider).options)
            assert bucket.options.keys() <= {field.encode_name for field in known}


def is_configuration(content: object) -> bool:
    """A map of names to buckets, each with its provider."""
    return isinstance(content, dict) and any(
        isinstance(bucket, dict) and "provider" in bucket for bucket in content.values()
    )


CONFIGURATIONS = {
    "yaml": "a: {provider: memory, bucket_name: a, KEY: 1}",
    "toml": 'a = {provider = "memory", bucket_name = "a", KEY = 1}',
    "json": '{"a": {"provider": "memory", "bucket_name": "a", "KEY": 1}}',
}


@pytest.mark.parametrize("language", PARSERS)
def test_a_configuration_in_a_document_is_read_as_one(language: str, tmp_path: Path) -> None:
    sound = CONFIGURATIONS[language].replace("KEY", "retries")
    understand(Block(1, language, sound), tmp_path)
    for key in ("retires", "unheard_of"):
        with pytest.raises((ConfigError, AssertionError)):
            understand(Block(1, language, sound.replace("retries", key)), tmp_path)


@pytest.mark.parametrize(
    "block",
    [
        Block(1, "bash", "true"),
        Block(1, "yaml", "a: ["),
        Block(1, "json", "{...}", not_run="also an excused block must be sound"),
        Block(1, "python", "not in this file", source="LICENSE"),
        Block(1, "text", "x", file="../outside"),
    ],
    ids=lambda block: block.language,
)
def test_a_block_that_cannot_be_done_is_an_error(block: Block, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, ValueError, yaml.YAMLError)):
        perform(block, Session(tmp_path))


def test_a_block_that_is_a_file_is_there_for_the_next(tmp_path: Path) -> None:
    session = Session(tmp_path)
    perform(Block(1, "text", "hello\n", file="a/b.txt"), session)
    perform(Block(4, "python", "assert open('a/b.txt').read() == 'hello\\n'"), session)
    perform(Block(8, "python", "1 / 0", not_run="it would fail"), session)


def test_a_block_that_stands_in_a_file_of_the_workspace_is_compared_with_it(tmp_path: Path) -> None:
    text = "GNU AFFERO GENERAL PUBLIC LICENSE\n"
    perform(Block(1, "python", text, source="LICENSE"), Session(tmp_path))
