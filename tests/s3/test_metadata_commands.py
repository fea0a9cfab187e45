"""`buckia s3 metadata ...` as somebody types it; and commands of a provider built on this one."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from buckia.cli.provider_commands import reached
from buckia.cli.session import Session
from buckia.client.reaching import Reached
from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia_s3.admin.access_list import AccessList
from buckia_s3.admin.documents import Cors
from buckia_s3.commands import add
from buckia_s3.opening import opened
from buckia_s3.options import Options
from tests.s3.acting import Encrypts, like_aws
from tests.s3.servers.answering import KeepsNoMetadata
from tests.s3.servers.moods import Does, Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, Request
from tests.s3.test_admin import Instead
from tests.s3.test_commands import World

DATA = b"what stays\n"


class ListsAs(Does, frozen=True):
    """Tells this ETag of every object in a listing."""

    etag: str

    @property
    def concerns(self) -> tuple[str, ...]:
        return ("ListObjectsV2",)

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        answer = forward(request)
        body = re.sub(rb"&quot;\w+&quot;|\"[0-9a-f]{32}\"", f'"{self.etag}"'.encode(), answer.body)
        return msgspec.structs.replace(answer, body=body)


@pytest.fixture
def world(tmp_path: Path, moto: Moto) -> World:
    folder = tmp_path / "work"
    folder.mkdir()
    world = World(folder, moto)
    world.settings(prefix="deep")
    put(world, "deep/a.txt", Metadata={"of": "theirs"})
    return world


def put(world: World, key: str, data: bytes = DATA, **more: Any) -> None:
    world.there.client.put_object(
        Bucket=world.there.name, Key=key, Body=data, ContentType="text/plain", **more
    )


def told(world: World, key: str = "deep/a.txt") -> dict[str, Any]:
    return dict(world.there.client.head_object(Bucket=world.there.name, Key=key))


def test_get_shows_it_as_json(world: World) -> None:
    ran = world.s3("metadata", "get", "a.txt")
    assert (ran.code, ran.err) == (0, "")
    assert '"of": "theirs"' in ran.out
    document = world.s3("metadata", "get", "a.txt", "--json").document
    assert document == {
        "bucket": "assets",
        "setting": "metadata",
        "key": "deep/a.txt",
        "version": told(world)["ETag"].strip('"'),
        "value": {
            "ContentType": "text/plain",
            "StorageClass": "STANDARD",
            "Metadata": {"of": "theirs"},
            "Buckia": {},
            "Tags": {},
        },
        "notes": [],
    }


def test_what_may_not_be_seen_is_noted(world: World, moto: Moto) -> None:
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint, prefix="deep")
        proxy.moods = (Mood(Instead(word="tagging", status=403, code="AccessDenied")),)
        ran = world.s3("metadata", "get", "a.txt")
    assert (ran.code, ran.err) == (
        0,
        "Note: These credentials may not see the tags of the object.\n",
    )
    assert "Tags" not in ran.out


def test_put_shows_asks_and_does_it(world: World) -> None:
    words = ("metadata", "put", "a.txt", "Author=Ann = Bea", "--cache-control", "no-cache")
    ran = world.s3(*words, "--no-color", tty=True, stdin="y\n")
    assert (ran.code, ran.out) == (0, "assets: metadata of deep/a.txt: done\n")
    assert "assets: metadata of deep/a.txt: this would change:\n" in ran.err
    assert '    +    "author": "Ann = Bea",\n' in ran.err
    assert "Do this? [y/N]: " in ran.err
    seen = told(world)
    assert seen["Metadata"] == {"of": "theirs", "author": "Ann = Bea"}
    assert (seen["CacheControl"], seen["ContentType"]) == ("no-cache", "text/plain")
    again = world.s3(*words, "--yes")
    assert again.out == "assets: metadata of deep/a.txt: there is nothing to do\n"


def test_all_three_headers_have_an_option(world: World) -> None:
    given = {"type": "a/b", "disposition": "inline"}
    options = [word for name, text in given.items() for word in (f"--content-{name}", text)]
    assert world.s3("metadata", "put", "a.txt", *options, "-y").code == 0
    seen = told(world)
    assert (seen["ContentType"], seen["ContentDisposition"]) == ("a/b", "inline")


def test_rm_takes_names_away(world: World) -> None:
    dry = world.s3("metadata", "rm", "a.txt", "of", "--dry-run")
    assert dry.code == 0
    assert '-    "of": "theirs"' in dry.out
    assert told(world)["Metadata"] == {"of": "theirs"}
    assert world.s3("metadata", "rm", "a.txt", "of", "other", "--yes").code == 0
    assert told(world)["Metadata"] == {}


def test_the_document_of_a_change_names_the_object_and_its_version(world: World) -> None:
    document = world.s3("metadata", "put", "a.txt", "x=1", "--yes", "--json").document
    assert (document["key"], document["setting"]) == ("deep/a.txt", "metadata")
    assert document["version"] == told(world)["ETag"].strip('"')
    assert document["changed"] is True
    assert document["before"]["Metadata"] == {"of": "theirs"}
    assert document["after"]["Metadata"] == {"of": "theirs", "x": "1"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("put", "a.txt"), 2, "there is nothing to set"),
        (("put", "a.txt", "x"), 2, '"x" is no NAME=VALUE'),
        (("put", "a.txt", "=1"), 2, '"=1" is no NAME=VALUE'),
        (("put", "a.txt", "x=1", "x=2"), 2, '"x" is given twice'),
        (("put", "a.txt", "mtime=1"), 2, "'mtime' is Buckia's own"),
        (("put", "a.txt", "x=é"), 2, "a value that S3 cannot keep"),
        (("rm", "a.txt", "buckia-etag"), 2, "Buckia's own"),
        (("put", "../a.txt", "x=1"), 2, "is no key"),
        (("put", "none.txt", "x=1"), 1, "there is no deep/none.txt"),
        (("put", "a/", "x=1"), 1, "cannot be stored"),
    ],
)
def test_what_cannot_be_done_is_said(
    world: World, words: tuple[str, ...], code: int, said: str
) -> None:
    ran = world.s3("metadata", *words, "--yes")
    assert ran.code == code
    assert said in ran.err
    assert told(world)["Metadata"] == {"of": "theirs"}


@pytest.mark.parametrize("words", [("put", "a.txt", "x=1"), ("rm", "a.txt", "of")])
def test_where_nobody_can_be_asked_nothing_is_done(
    world: World, moto: Moto, words: tuple[str, ...]
) -> None:
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint)
        ran = world.s3("metadata", *words)
        assert proxy.requests == []
    assert ran.code == 2
    assert "nobody can be asked, because this is no terminal" in ran.err


def test_an_endpoint_that_keeps_none_says_so_once_it_was_tried(world: World, moto: Moto) -> None:
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint, prefix="deep")
        proxy.moods = (Mood(KeepsNoMetadata()), *like_aws())
        assert world.s3("metadata", "get", "a.txt").err == ""
        # What is found out is remembered where there is a state to remember it in.
        world("sync", "--direction", "push")
        put_ = world.s3("metadata", "put", "a.txt", "x=1", "--yes")
        got = world.s3("metadata", "get", "a.txt")
    assert put_.code == 1
    assert "this endpoint keeps no metadata of objects" in put_.err
    assert got.err == "Note: This endpoint keeps no metadata of objects.\n"
    assert told(world)["Metadata"] == {"of": "theirs"}


def test_a_sync_sees_no_change_in_what_is_told(world: World) -> None:
    assert world("sync", "assets").code == 0
    assert world.s3("metadata", "put", "a.txt", "x=1", "--yes").code == 0
    again = world("sync", "assets")
    assert "nothing to do, 1 unchanged" in again.out
    assert told(world)["Metadata"]["x"] == "1"


def test_a_sync_that_sees_another_etag_compares_the_bytes_and_transfers_nothing(
    world: World, moto: Moto
) -> None:
    with Proxy(moto.access) as proxy:
        world.settings(proxy.endpoint, prefix="deep")
        assert world("sync", "assets").code == 0
        encrypted = Mood(Encrypts(), on="CopyObject HeadObject GetObject", key="deep/a.txt")
        proxy.moods = (Mood(ListsAs("5" * 32)), encrypted)
        assert world.s3("metadata", "put", "a.txt", "x=1", "--yes").code == 0
        proxy.forget()
        again = world("sync", "assets")
        assert [one.operation for one in proxy.requests if one.method == "PUT"] == []
        asked = [one.operation for one in proxy.requests]
        proxy.forget()
        assert "nothing to do, 1 unchanged" in world("sync", "assets").out
        assert [one.operation for one in proxy.requests] == ["ListObjectsV2"]
    assert "nothing to do, 1 unchanged" in again.out
    assert asked == ["ListObjectsV2", "HeadObject", "GetObject"]


def test_help_names_the_commands_and_what_is_ours(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("get", "put", "rm"):
        assert world.s3("metadata", word, "--help").code == 0
        text = capsys.readouterr().out
        assert f"buckia s3 metadata {word}" in text.split("Examples:")[1]
        assert ("--dry-run" in text) is ("--yes" in text) is (word != "get")


# A provider that is built on this one

NAME = "cloud"


def at_home(session: Session, provider: str, bucket: str | None) -> Reached[Options]:
    """As a provider would do it that knows its addresses by heart."""
    found = reached(session, provider, Options, bucket)
    where = f"http://{found.context.domain}"
    context = msgspec.structs.replace(found.context, domain=None, endpoint_url=where)
    return msgspec.structs.replace(found, context=context)


def open_bucket(options: Options, context: Context) -> Storage:
    return opened(options, context)


@hookimpl
def buckia_provider() -> Provider[Options]:
    return Provider(name=NAME, options=Options, open=open_bucket)


@hookimpl
def buckia_commands(cli: click.Group) -> None:
    add(cli, (AccessList, Cors), reaching=at_home)


@pytest.fixture
def cloud(world: World) -> World:
    world.points = [EntryPoint(NAME, __name__, "buckia")]
    domain = world.there.server.endpoint.removeprefix("http://")
    keys = {"provider": NAME, "bucket_name": world.there.name, "prefix": "deep"}
    world.write(".buckia", {"assets": {**keys, "domain": domain}})
    return world


def test_another_provider_offers_what_it_likes_under_its_own_name(
    cloud: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud(NAME, "--help").code == 0
    text = capsys.readouterr().out
    assert [word for word in ("acl", "cors", "metadata", "policy") if f"\n  {word} " in text] == [
        *("acl", "cors", "metadata"),
    ]
    for group in ("cors", "metadata"):
        assert cloud(NAME, group, "put", "--help").code == 0
        text = capsys.readouterr().out
        assert f"buckia {NAME} {group} put" in text
        assert "buckia s3" not in text


def test_its_commands_work_and_its_messages_name_them(cloud: World) -> None:
    assert cloud(NAME, "metadata", "put", "a.txt", "x=1", "--yes").code == 0
    assert told(cloud)["Metadata"] == {"of": "theirs", "x": "1"}
    assert cloud(NAME, "cors", "get").err == "assets has no CORS rules.\n"
    cloud.there.client.put_bucket_ownership_controls(
        Bucket=cloud.there.name,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )
    refused = cloud(NAME, "acl", "put", "public-read", "--yes")
    assert f"buckia {NAME} policy put FILE" in refused.err
