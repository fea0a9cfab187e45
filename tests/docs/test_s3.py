"""What docs/s3.md says is so: its sessions are played against a service, its tables held to it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from buckia import pieces
from buckia.body import BytesBody
from buckia.provider import Context
from buckia_s3.admin import KINDS, ObjectMetadata
from buckia_s3.commands import add
from buckia_s3.endpoint import endpoint
from buckia_s3.metadata import DIGEST, ETAG, MOST, MTIME, PIECES
from buckia_s3.options import Options
from buckia_s3.probe import NAME
from buckia_s3.rules import ObjectRule
from tests.docs.blocks import Block, blocks
from tests.docs.session import Session, Unlike
from tests.docs.tables import codes, sections, tables
from tests.docs.test_documents import DOCUMENTS, perform
from tests.s3.buckets import Bucket
from tests.s3.conftest import moto as moto  # noqa: PLC0414 - a fixture of theirs
from tests.s3.servers.answering import Answers
from tests.s3.servers.bodies import ChecksBodies
from tests.s3.servers.conditions import EnforcesConditions, RefusesConditions
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.test_troubles import SHOWN, Desk

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "s3.md", ROOT / "packages" / "buckia-s3" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
PLAYED_HERE = "tests/docs/test_s3.py has one"
LESS = "can less"
"""In the excuse of a block that is about a service without conditions and checksums."""
AWS_LIKE = (Mood(ChecksBodies()), Mood(EnforcesConditions()))
POOR = (Mood(RefusesConditions()),)
MEBIBYTE = 1 << 20
posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def table(head: str, text: str = TEXT) -> dict[str, list[str]]:
    """The rows of the table whose first column has this head, by their first cell."""
    [found] = [one for one in tables(text) if one[0][0] == head]
    return {row[0]: row[1:] for row in found[1:]}


@pytest.fixture
def desk(tmp_path: Path, moto: Moto) -> Iterator[Desk]:
    with ExitStack() as ending:
        desk = Desk(tmp_path, moto, ending)
        desk.proxy.moods = AWS_LIKE
        yield desk


# The sessions


@posix
@pytest.mark.parametrize("document", [PAGE, README], ids=lambda path: path.name)
def test_what_needs_a_bucket_goes_as_the_document_shows(
    document: Path, tmp_path: Path, moto: Moto
) -> None:
    session, bucket = Session(tmp_path), Bucket(moto, tmp_path)
    with Proxy(moto.access) as proxy:
        proxy.moods = AWS_LIKE
        given = blocks(document.read_text(encoding="utf-8"))
        for block in (_there(one, proxy.endpoint, bucket.name) for one in given):
            if PLAYED_HERE in block.not_run:
                proxy.moods = POOR if LESS in block.not_run else AWS_LIKE
                perform(block._replace(not_run=""), session)
            elif block.file or (document == README and block.language == "yaml"):
                perform(block._replace(file=block.file or ".buckia"), session)


def _there(block: Block, address: str, bucket: str) -> Block:
    """The same block about a service that is really there."""
    text = block.text.replace(SHOWN, address).replace("ann-notes", bucket)
    # Only for AWS is there no address to replace.
    text = text.replace("region: eu-central-1", f"endpoint_url: {address}")
    return block._replace(text=text)


@posix
def test_the_sessions_would_notice_another_service(tmp_path: Path, moto: Moto) -> None:
    [doctor] = [one for one in blocks(TEXT) if LESS in one.not_run]
    session, bucket = Session(tmp_path), Bucket(moto, tmp_path)
    with Proxy(moto.access) as proxy:
        proxy.moods = AWS_LIKE
        first, login = list(blocks(TEXT))[1:3]
        perform(_there(first, proxy.endpoint, bucket.name), session)
        session.play("".join(f"{one}\n" for one in login.text.splitlines() if "export" in one))
        with pytest.raises(Unlike, match="conditions on writes: honoured"):
            session.play(doctor.text)


def test_every_excuse_that_names_this_file_is_on_a_page_that_is_played_here() -> None:
    found = {path for path in DOCUMENTS if PLAYED_HERE in path.read_text("utf-8")}
    assert found == {PAGE, README}


# The tables


def test_the_table_of_keys_has_every_key_of_the_provider_with_its_default() -> None:
    assert _shown("key") == _real(Options)


def test_the_table_of_rules_has_every_part_of_a_rule_with_its_default() -> None:
    assert _shown("part") == _real(ObjectRule)


def _shown(head: str) -> dict[str, object]:
    return {codes(name)[0]: row[0].strip("`") for name, row in table(head).items()}


def _real(kind: type[msgspec.Struct]) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            found[field.encode_name] = "required"
            continue
        made = field.default_factory is not msgspec.NODEFAULT
        default = field.default_factory() if made else field.default
        empty = default in (None, (), {})
        found[field.encode_name] = "none" if empty else json.dumps(default).strip('"')
    return found


@pytest.mark.parametrize(
    ("struct", "field", "head"), [(Options, "addressing", "key"), (ObjectRule, "sse", "part")]
)
def test_every_choice_of_a_key_is_named(
    struct: type[msgspec.Struct], field: str, head: str
) -> None:
    [found] = [one for one in msgspec.structs.fields(struct) if one.name == field]
    choices = set(re.findall(r"'([\w:]+)'", str(found.type)))
    assert len(choices) == 3
    assert choices == set(codes(table(head)[f"`{field}`"][1]))


def test_the_table_of_settings_has_each_with_what_it_takes() -> None:
    shown = {codes(name)[0]: tuple(codes(row[0])) for name, row in table("setting").items()}
    assert shown == {kind.name: tuple(kind.words) for kind in KINDS}


def test_the_table_of_metadata_commands_has_each_with_its_options() -> None:
    group = click.Group("s3")
    add(group)
    metadata = group.commands[ObjectMetadata.name]
    assert isinstance(metadata, click.Group)
    shown = {codes(name)[0].split()[3]: row[0] for name, row in table("command").items()}
    assert shown.keys() == metadata.commands.keys()
    own = {one.name: one for one in metadata.commands["put"].params}
    headers = {word for name in own if name in _HEADERS for word in own[name].opts}
    assert headers == {word for word in codes(shown["put"]) if word.startswith("--")}
    assert f"at most {MOST} bytes" in TEXT


_HEADERS = {"content_type", "cache_control", "content_disposition"}


def test_the_table_of_metadata_has_all_that_is_kept(desk: Desk) -> None:
    assert [codes(name)[0] for name in table("metadata")] == [MTIME, DIGEST, ETAG, PIECES]
    _large(desk)
    assert desk.type("sync").code == 0
    for key, more in (("shopping.txt", set()), ("large", {PIECES})):
        head = desk.bucket.client.head_object(Bucket=desk.bucket.name, Key=key)
        assert head["Metadata"].keys() == {MTIME, DIGEST, ETAG, *more}
    told = " ".join(TEXT.split())
    assert f"at most {pieces.MOST} pieces, the smallest of {pieces.SMALLEST // 1024} KiB" in told


def test_every_service_that_is_named_has_a_file_that_reaches_it() -> None:
    hosts = []
    for block in blocks(sections(TEXT)["Where the bucket is"]):
        [(name, keys)] = yaml.safe_load(block.text).items()
        context = {key: keys[key] for key in keys if key in Context.__struct_fields__}
        options = {key: keys[key] for key in keys if key in Options.__struct_fields__}
        found = endpoint(Options(**options), Context(base=ROOT, **context))
        assert name == "notes"
        hosts.append(found.name)
    assert len(hosts) == len(set(hosts)) == 6
    assert hosts[0] == "AWS (eu-central-1)"


def test_the_probes_are_named_as_the_page_says(desk: Desk) -> None:
    desk.settings(prefix="a/b")
    desk.type("sync")
    tried = {key for key in desk.proxy.called("PutObject") if "buckia" in key}
    assert f"`{NAME}` and 16 digits" in TEXT
    assert tried
    assert all(
        re.fullmatch(rf"a/b/{re.escape(NAME)}[0-9a-f]{{16}}(-[a-z]+)?", key) for key in tried
    )
    assert 35 <= len(desk.proxy.requests) <= 45, "about forty"
    assert desk.contents()[1].keys() == {"calls.txt", "a/b/shopping.txt"}


# What a run asks


def _new(desk: Desk) -> None:
    (desk.here / "new.txt").write_text("new\n")


def _large(desk: Desk) -> None:
    (desk.here / "large").write_bytes(bytes(40 * MEBIBYTE))


def _edited(desk: Desk) -> None:
    _large(desk)
    assert desk.type("sync").code == 0
    with (desk.here / "large").open("r+b") as file:
        file.write(b"edited")


def _edited_there(desk: Desk) -> None:
    _large(desk)
    assert desk.type("sync").code == 0
    store = desk.bucket.open()
    store.write("large", BytesBody(data=bytes(39 * MEBIBYTE) + b"edited" + bytes(MEBIBYTE - 6)))
    store.close()


def _new_there(desk: Desk) -> None:
    desk.bucket.client.put_object(Bucket=desk.bucket.name, Key="there.txt", Body=b"new\n")


def _renamed(desk: Desk) -> None:
    (desk.here / "shopping.txt").rename(desk.here / "shop.txt")


def _deleted(desk: Desk) -> None:
    (desk.here / "shopping.txt").unlink()


def _nothing(_desk: Desk) -> None:
    pass


EVENTS: dict[str, Callable[[Desk], None]] = {
    "nothing": _nothing,
    "a file here is new or changed, up to 16 MiB": _new,
    "a file here of 40 MiB is new": _large,
    "a file here of 40 MiB changed in one place": _edited,
    "an object there is new or changed": _new_there,
    "an object there of 40 MiB changed in one place": _edited_there,
    "a file here was renamed (with `delete_orphaned`)": _renamed,
    "a file here was deleted (with `delete_orphaned`)": _deleted,
}


def test_the_table_of_requests_has_what_is_tried_here() -> None:
    assert list(table("what happened")) == list(EVENTS)


@pytest.mark.parametrize("event", EVENTS)
def test_a_run_asks_what_the_table_says(event: str, desk: Desk) -> None:
    [cell] = table("what happened")[event]
    shown = {name: int(count) for count, name in re.findall(r"(\d+) `(\w+)`", cell)}
    assert shown or cell == "none"
    desk.type("sync")
    EVENTS[event](desk)
    desk.proxy.forget()
    said = desk.type("sync", "--delete-orphaned")
    assert said.code == 0, said.text
    assert Counter(one.operation for one in desk.proxy.requests) == {"ListObjectsV2": 1, **shown}


# Permissions


ACTIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "PutObject": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
}
"""What each request needs a permission for, by the manual of AWS."""


def _allowed(number: int) -> set[str]:
    found: list[Any] = [json.loads(one.text) for one in blocks(sections(TEXT)["Permissions"])]
    assert len(found) == 2
    return {action for row in found[number]["Statement"] for action in row["Action"]}


def _needed(desk: Desk) -> set[str]:
    """Without trials of tags, which may be refused; the page says so."""
    asked = [one for one in desk.proxy.requests if "tagging" not in one.query]
    return {ACTIONS[one.operation] for one in asked}


def test_the_policy_for_pull_allows_what_a_pull_asks_and_no_more(desk: Desk) -> None:
    desk.settings(direction="pull")
    assert desk.type("sync").code == 0
    assert desk.type("verify").code == 1, "what is only here was not sent"
    assert _needed(desk) == _allowed(0)


def test_the_policy_for_both_ways_allows_what_a_sync_asks_and_no_more(desk: Desk) -> None:
    assert desk.type("sync").code == 0
    for event in EVENTS.values():
        (desk.here / "shopping.txt").write_text("Bread\n")
        event(desk)
        assert desk.type("sync", "--delete-orphaned").code == 0
    (desk.here / "cut").write_bytes(bytes(20 * MEBIBYTE))
    for code in ("SlowDown", "AccessDenied"):
        # An upload that is cut off goes on, and one that is refused is given up.
        refusal = Answers(503 if code == "SlowDown" else 403, code)
        desk.proxy.moods = (*AWS_LIKE, Mood(refusal, on="UploadPart"))
        assert desk.type("sync", "--conflict", "local_wins").code != 0
    assert _needed(desk) == _allowed(1)
