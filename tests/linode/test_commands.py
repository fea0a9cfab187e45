"""`buckia linode ...` as somebody types it: the API is a fake, the buckets are moto's."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from buckia_linode.testing import Endpoint, FakeLinode
from tests.cli.fakes import Ran, Shell
from tests.linode.moto_backend import OnMoto, endpoint_on
from tests.s3.servers.moto import Moto

TOKEN = "personal-token-4711"
FAR = Endpoint(region="us-sea", endpoint_type="E3", s3_endpoint="http://127.0.0.1:9")


class Typing(Shell):
    """A folder with a `.buckia` file, and an account with nothing in it."""

    def __init__(self, folder: Path, fake: FakeLinode) -> None:
        super().__init__(folder, real=True)
        self.points = [EntryPoint("linode", "buckia_linode.plugin", "buckia")]
        self.fake = fake
        self.label = f"notes-{uuid4().hex[:12]}"
        self.environ["BUCKIA_NOTES_TOKEN"] = TOKEN
        self.settings()

    def settings(self, **more: Any) -> None:
        keys = {
            "provider": "linode",
            "bucket_name": self.label,
            "region": "us-ord",
            "api_url": self.fake.api,
            **more,
        }
        given = {name: value for name, value in keys.items() if value is not None}
        config = self.folder / ".buckia"
        config.write_bytes(msgspec.json.encode({"notes": given}))
        config.chmod(0o600)

    def linode(self, *words: str, tty: bool = False, stdin: str = "") -> Ran:
        return self("linode", *words, tty=tty, stdin=stdin)

    def use_key(self) -> str:
        """Make a key, have syncs find it, and return its secret."""
        out = well(self.linode("keys", "create")).out
        for line in out.splitlines():
            name, _, value = line.partition("=")
            self.environ[name] = value
        return self.environ["BUCKIA_NOTES_SECRET_KEY"]


@pytest.fixture
def shell(tmp_path: Path, moto: Moto) -> Iterator[Typing]:
    folder = tmp_path / "work"
    folder.mkdir()
    backend = OnMoto(moto)
    with FakeLinode(TOKEN, endpoints=[endpoint_on(moto), FAR], backend=backend) as fake:
        yield Typing(folder, fake)
    backend.close()


def well(ran: Ran) -> Ran:
    assert ran.code == 0, f"{ran.out}\n{ran.err}"
    return ran


def test_from_nothing_to_a_sync_with_a_key_that_opens_one_bucket(shell: Typing) -> None:
    assert "us-ord" in well(shell.linode("buckets", "create")).out
    shell.use_key()
    (shell.folder / "a.txt").write_text("bread")
    del shell.environ["BUCKIA_NOTES_TOKEN"]
    shell.settings(endpoint_url=shell.fake.endpoints[0].s3_endpoint)
    well(shell("sync"))
    assert well(shell("ls")).out == "a.txt\n"
    [key] = shell.fake.requests[-1:]
    assert key.path.endswith("/keys")


def test_the_endpoint_is_found_by_the_token_alone(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    shell.use_key()
    shell.settings(region=None)
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))
    out = well(shell("doctor")).out
    assert "endpoint type: E1: 750 requests a second to a bucket, CORS can be set" in out
    assert "service: it tells no version" in out


@pytest.mark.parametrize("read_only", [False, True])
def test_a_key_may_do_what_was_asked_for_and_no_more(shell: Typing, read_only: bool) -> None:
    well(shell.linode("buckets", "create"))
    ran = well(shell.linode("keys", "create", *(["--read-only"] if read_only else [])))
    may = "read_only" if read_only else "read_write"
    assert re.fullmatch(r"BUCKIA_NOTES_ACCESS_KEY=\S+\nBUCKIA_NOTES_SECRET_KEY=\S+\n", ran.out), (
        ran.out
    )
    assert "and nothing else" in ran.err
    [key] = well(shell.linode("keys", "list", "--json")).document["keys"]
    assert key["may"] == f"{may} {shell.label}"
    secret = ran.out.split("=")[-1].strip()
    assert secret not in shell.linode("keys", "list").out


def test_a_key_can_be_kept_in_the_keyring_without_being_shown(shell: Typing) -> None:
    class Ring:
        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, name: str) -> str | None:
            return self.kept.get((service, name))

        def set_password(self, service: str, name: str, secret: str) -> None:
            self.kept[service, name] = secret

        def delete_password(self, service: str, name: str) -> None:
            del self.kept[service, name]

    ring = Ring()
    shell.keyring = ring
    well(shell.linode("buckets", "create"))
    for words in ((), ("--json",)):
        ran = well(shell.linode("keys", "create", "--save", *words))
        secret = ring.kept["buckia", "notes.secret_key"]
        assert len(secret) > 20
        assert secret not in ran.out + ran.err
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))


def test_what_is_asked_for_at_the_making_is_what_is_made(shell: Typing) -> None:
    words = ("--acl", "public-read", "--no-cors", "--endpoint-type", "E1")
    well(shell.linode("buckets", "create", *words))
    told = well(shell.linode("access", "--json")).document
    assert (told["acl"], told["cors_enabled"]) == ("public-read", False)
    assert shell.fake.buckets[0].endpoint.endpoint_type == "E1"
    well(shell.linode("keys", "create", "--label", "phone of Ann"))
    [key] = well(shell.linode("keys", "list", "--json")).document["keys"]
    assert key["label"] == "phone of Ann"


def test_a_key_that_cannot_be_kept_is_not_left_open(shell: Typing) -> None:
    """Nobody would know its secret."""
    well(shell.linode("buckets", "create"))
    assert shell.linode("keys", "create", "--save").code != 0
    assert well(shell.linode("keys", "list", "--json")).document["keys"] == []


def test_a_key_is_revoked_after_a_question(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    shell.use_key()
    assert shell.linode("keys", "revoke", "1").code == 2, "nobody can be asked"
    assert shell.linode("keys", "revoke", "1", tty=True, stdin="n\n").code == 1
    assert len(well(shell.linode("keys", "list", "--json")).document["keys"]) == 1
    ran = well(shell.linode("keys", "revoke", "1", tty=True, stdin="y\n"))
    assert f"read_write {shell.label}" in ran.err
    assert well(shell.linode("keys", "list", "--json")).document["keys"] == []
    assert "no key 1" in shell.linode("keys", "revoke", "1", "--yes").err


def test_buckets_are_listed_and_only_an_empty_one_is_removed(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    shell.use_key()
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))
    out = well(shell.linode("buckets", "list")).out
    assert re.fullmatch(rf"{shell.label} +us-ord +E1 +1 object +5 B\n", out), out
    ran = shell.linode("buckets", "rm", "--yes")
    assert (ran.code, "not empty" in ran.err) == (2, True)
    well(shell("rm", "a.txt"))
    assert shell.linode("buckets", "rm", tty=True, stdin="\n").code == 1
    well(shell.linode("buckets", "rm", "--yes"))
    assert well(shell.linode("buckets", "list", "--json")).document == {"buckets": []}


def test_who_reaches_a_bucket_is_shown_and_changed(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    assert well(shell.linode("access")).out.split() == ["acl", "private", "cors", "on"]
    ran = well(shell.linode("access", "--acl", "public-read", "--no-cors", "--json"))
    assert (ran.document["acl"], ran.document["cors_enabled"]) == ("public-read", False)


def test_what_an_endpoint_does_not_have_is_said_before_it_is_asked_for(shell: Typing) -> None:
    shell.settings(region="us-sea")
    assert (
        "no switch for CORS"
        in shell.linode("buckets", "create", "--endpoint-type", "E3", "--cors").err
    )
    well(shell.linode("buckets", "create"))
    assert "not on this kind of endpoint" in well(shell.linode("access")).out
    ran = shell.linode("access", "--cors")
    assert (ran.code, "no switch for CORS" in ran.err) == (2, True)
    ran = shell.linode("cors", "get")
    assert (ran.code, "no settings for CORS" in ran.err) == (2, True)
    for missing in ("accelerate", "notifications"):
        assert shell.linode(missing, "get").code == 2


def test_the_settings_of_s3_are_those_of_the_bucket_that_the_api_told(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    shell.use_key()
    rules = {
        "Rules": [{"ID": "old", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 7}}]
    }
    (shell.folder / "rules.json").write_bytes(msgspec.json.encode(rules))
    well(shell.linode("lifecycle", "put", "rules.json", "--yes"))
    found = well(shell.linode("lifecycle", "get", "--json")).document["value"]
    assert found["Rules"][0]["Expiration"] == {"Days": 7}
    well(shell.linode("cors", "get"))
    (shell.folder / "a.txt").write_text("bread")
    well(shell("sync"))
    well(shell.linode("metadata", "put", "a.txt", "camera=old", "--yes"))
    assert "old" in well(shell.linode("metadata", "get", "a.txt")).out


def test_an_address_is_signed_by_linode(shell: Typing) -> None:
    well(shell.linode("buckets", "create"))
    shell.settings(prefix="below/")
    ran = well(shell.linode("url", "a.txt", "--expires", "10m", "--method", "PUT"))
    assert "below/a.txt" in ran.out
    assert shell.linode("url", "a.txt", "--expires", "1m").code == 2
    assert "not there yet" in well(shell.linode("url", "a.txt")).err


def test_figures_are_told(shell: Typing) -> None:
    shell.fake.transferred = 3 << 20
    assert well(shell.linode("transfer")).out == "3.0 MiB went out of the account this month\n"
    assert well(shell.linode("transfer", "--json")).document == {"used": 3 << 20}
    assert " of " in well(shell.linode("quotas")).out
    assert well(shell.linode("quotas", "--json")).document["quotas"]


def test_without_a_token_it_says_what_is_missing(shell: Typing) -> None:
    del shell.environ["BUCKIA_NOTES_TOKEN"]
    for words in (("keys", "list"), ("buckets", "create"), ("transfer",)):
        ran = shell.linode(*words)
        assert (ran.code, "no token" in ran.err) == (2, True)


def test_a_bucket_that_is_not_there_is_told(shell: Typing) -> None:
    ran = shell.linode("keys", "create")
    assert ran.code != 0
    assert f"no bucket {shell.label}" in ran.err
    shell.settings(region=None)
    assert "is made in one" in shell.linode("buckets", "create").err


def test_every_command_has_help_with_an_example(
    shell: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (
        *("keys create", "keys list", "keys revoke"),
        *("buckets create", "buckets list", "buckets rm"),
        *("access", "url", "transfer", "quotas", "lifecycle get", "metadata get"),
    ):
        assert shell.linode(*name.split(), "--help").code == 0
        assert f"buckia linode {name}" in capsys.readouterr().out


def test_no_token_and_no_secret_is_in_anything_that_is_told(
    shell: Typing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    well(shell.linode("buckets", "create"))
    secret = shell.use_key()
    caplog.clear()
    log = shell.folder.parent / "log"
    (shell.folder / "a.txt").write_text("bread")
    told = ""
    for words in (
        *(("sync",), ("doctor",), ("url", "a.txt", "--expires", "1h"), ("verify",)),
        *(("linode", "keys", "list"), ("linode", "buckets", "list"), ("linode", "access")),
        *(("linode", "quotas"), ("linode", "lifecycle", "get"), ("linode", "url", "a.txt")),
    ):
        ran = shell(*words, "--debug", "--log-file", str(log), "--log-level", "debug")
        told += ran.out + ran.err
    state = b"".join(
        file.read_bytes() for file in (shell.folder / ".buckia.state").rglob("*") if file.is_file()
    )
    everything = f"{told}{log.read_text()}{caplog.text}{state!r}"
    assert [one for one in (TOKEN, secret) if one in everything] == []
