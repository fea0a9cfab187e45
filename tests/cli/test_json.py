"""With --json, one document stands on standard output, whatever happens, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buckia import events
from buckia.errors import GuardStopped, Unavailable
from buckia.model import BasicEntry, SideName, Skipped
from buckia.results import (
    Check,
    Conflict,
    Difference,
    Failure,
    Question,
    Restored,
    Step,
    SyncResult,
    Verified,
)
from buckia.state.sidecar import Item
from tests.cli.fakes import Fake, Shell

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RESULT = SyncResult(
    name="assets",
    uploaded=3,
    downloaded=1,
    unchanged=120,
    bytes_up=1234,
    bytes_down=99,
    seconds=0.8,
    conflicts=(Conflict("a.txt", "local_wins", "trash/1"),),
    failed=(Failure("b.txt", "AccessDenied", "not allowed"),),
    skipped=(Skipped("C:x", "a drive letter"),),
    actions=(Step("c.txt", "upload", "new here"),),
    excluded_secrets=2,
)
DOCUMENT = {
    "name": "assets",
    "dry_run": False,
    "uploaded": 3,
    "downloaded": 1,
    "deleted_local": 0,
    "deleted_remote": 0,
    "unchanged": 120,
    "adopted": 0,
    "renamed": 0,
    "bytes_up": 1234,
    "bytes_down": 99,
    "seconds": 0.8,
    "conflicts": [{"path": "a.txt", "resolution": "local_wins", "kept": "trash/1"}],
    "failed": [{"path": "b.txt", "error": "AccessDenied", "message": "not allowed"}],
    "skipped": [{"path": "C:x", "reason": "a drive letter"}],
    "actions": [{"path": "c.txt", "action": "upload", "reason": "new here"}],
}


def test_a_sync_has_exactly_the_documented_shape(shell: Shell) -> None:
    shell.config()
    shell.script.answers["sync"] = RESULT
    ran = shell("sync", "--json")
    assert ran.code == 1
    assert ran.document == {"buckets": [DOCUMENT]}
    assert list(ran.document["buckets"][0]) == list(DOCUMENT)


def test_status_has_the_same_shape(shell: Shell) -> None:
    shell.config()
    shell.script.answers["status"] = SyncResult(name="assets", dry_run=True)
    [item] = shell("status", "--json").document["buckets"]
    assert list(item) == list(DOCUMENT)
    assert item["dry_run"] is True


def test_a_bucket_that_was_stopped_has_an_error_beside_zero_counts(shell: Shell) -> None:
    shell.config("one", "two")
    shell.script.of_bucket["one", "sync"] = GuardStopped("too many", hint="look first")
    one, two = shell("sync", "--json").document["buckets"]
    assert one.pop("error") == {
        "kind": "GuardStopped",
        "message": "too many",
        "hint": "look first",
    }
    assert list(one) == list(DOCUMENT)
    assert one == two | {"name": "one"}
    assert one["uploaded"] == 0
    assert one["actions"] == []


@pytest.mark.parametrize("command", ["sync", "status", "conflicts", "verify", "doctor"])
def test_an_error_of_the_configuration_stands_beside_no_buckets(command: str, shell: Shell) -> None:
    ran = shell(command, "--json")
    assert ran.code == 2
    assert ran.document["buckets"] == []
    assert ran.document["error"]["kind"] == "ConfigError"
    assert "buckia init" in ran.document["error"]["hint"]


@pytest.mark.parametrize("command", ["sync", "status"])
def test_a_usage_error_is_a_document_too(command: str, shell: Shell) -> None:
    ran = shell(command, "--direction", "up", "--json")
    assert ran.code == 2
    assert ran.document["buckets"] == []
    assert ran.document["error"]["kind"] == "UsageError"


@pytest.mark.parametrize("words", ["ls", "get k", "put f", "rm k", "url k", "restore k", "nope"])
def test_an_error_of_a_command_on_one_bucket_is_a_document_too(words: str, shell: Shell) -> None:
    ran = shell(*words.split(), "--json")
    assert ran.code == 2
    assert set(ran.document) == {"error"}


def test_nothing_but_the_document_stands_on_standard_output(shell: Shell) -> None:
    shell.config()

    def talk(client: Fake, **given: Any) -> SyncResult:
        client.tell(events.Noticed(bucket="assets", message="look"))
        client.tell(events.ActionDone(action="upload", path="a", done=1, total=1))
        return RESULT

    shell.script.answers["sync"] = talk
    ran = shell("sync", "--json", "-v")
    assert ran.document["buckets"] == [DOCUMENT]
    assert "look" in ran.err
    assert "uploaded" in ran.err


def test_any_name_is_exact_in_json(shell: Shell) -> None:
    shell.config()
    name = 'Ü"\n\x1b\u202e\U0001f600\udcff'
    shell.script.answers["status"] = SyncResult(actions=(Step(name, "upload", "new"),))
    ran = shell("status", "--json")
    assert ran.document["buckets"][0]["actions"][0]["path"] == name
    assert ran.out.isascii()


class Counted(tuple[Step, ...]):
    """A plan that knows how often it was read."""

    __slots__ = ()
    read = 0

    def __iter__(self) -> Iterator[Step]:
        type(self).read += 1
        return super().__iter__()


class Spilled(tuple[Step, ...]):
    """A plan that is read from somewhere, and breaks off."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Step]:
        yield Step("a", "upload", "new here")
        raise OSError(5, "Input/output error")


def test_a_plan_is_read_once(shell: Shell) -> None:
    shell.config()

    shell.script.answers["status"] = SyncResult(dry_run=True, actions=Counted(RESULT.actions))
    assert len(shell("status", "--json").document["buckets"][0]["actions"]) == 1
    assert Counted.read == 1
    shell("status")
    assert Counted.read == 2
    shell("status", "-v")
    assert Counted.read == 3


def test_a_plan_that_breaks_off_is_still_a_document_with_the_error(shell: Shell) -> None:
    shell.config("one", "two")
    shell.script.of_bucket["one", "status"] = SyncResult(name="one", actions=Spilled())
    ran = shell("status", "--json")
    one, two = ran.document["buckets"]
    assert ran.code == 1
    assert [step["path"] for step in one["actions"]] == ["a"]
    assert one["error"]["message"] == "Input/output error"
    assert "error" not in two


def test_an_interrupted_bucket_says_so_and_the_rest_was_not_begun(shell: Shell) -> None:
    shell.config("one", "two")
    shell.script.of_bucket["one", "sync"] = SyncResult(name="one", uploaded=2, interrupted=True)
    ran = shell("sync", "--json")
    one, _two = ran.document["buckets"]
    assert ran.code == 130
    assert one["uploaded"] == 2
    assert one["error"]["kind"] == "Interrupted"


LEFT = BasicEntry(key="a", size=3, version="v", mtime_ns=1_000_000_000, digests={"md5": "00"})


def test_conflicts_as_json(shell: Shell) -> None:
    shell.config()
    question = Question(path="a", reason="both", left=LEFT, right=None, resolution="ask")
    shell.script.answers["conflicts"] = (question,)
    ran = shell("conflicts", "--json")
    assert ran.code == 5
    assert ran.document == {
        "buckets": [
            {
                "name": "assets",
                "conflicts": [
                    {
                        "path": "a",
                        "reason": "both",
                        "resolution": "ask",
                        "local": {
                            "key": "a",
                            "size": 3,
                            "changed": None,
                            "mtime": "1970-01-01T00:00:01Z",
                            "digests": {"md5": "00"},
                        },
                        "remote": None,
                    }
                ],
            }
        ]
    }


def test_verify_as_json(shell: Shell) -> None:
    shell.config()
    shell.script.answers["verify"] = Verified(
        name="assets", equal=2, differing=(Difference("a", "other bytes"),), bytes_read=7
    )
    ran = shell("verify", "--json")
    assert ran.code == 1
    assert ran.document["buckets"] == [
        {
            "name": "assets",
            "equal": 2,
            "differing": [{"path": "a", "reason": "other bytes"}],
            "skipped": [],
            "bytes_read": 7,
            "seconds": 0.0,
        }
    ]


def test_doctor_as_json(shell: Shell) -> None:
    shell.config("one", "two")
    shell.script.of_bucket["one", "doctor"] = (Check("clock", None, "not tried", "look"),)
    shell.script.of_bucket["two", "doctor"] = Unavailable("gone")
    ran = shell("doctor", "--json")
    assert ran.code == 4
    one, two = ran.document["buckets"]
    assert one["checks"] == [{"name": "clock", "ok": None, "message": "not tried", "hint": "look"}]
    assert two == {
        "name": "two",
        "error": {"kind": "Unavailable", "message": "gone", "hint": ""},
    }


def test_a_listing_as_json_is_written_as_it_comes(shell: Shell) -> None:
    shell.config()
    shell.script.answers["list_files"] = (LEFT,)
    document = shell("ls", "--json").document
    assert document["bucket"] == "assets"
    assert [file["key"] for file in document["files"]] == ["a"]


def test_a_listing_that_breaks_off_is_an_error_in_the_document(shell: Shell) -> None:
    shell.config()

    def listing(_client: Fake, **_given: Any) -> Iterator[BasicEntry]:
        yield LEFT
        raise Unavailable("cut page")

    shell.script.answers["list_files"] = listing
    ran = shell("ls", "--json")
    assert ran.code == 4
    assert ran.document["error"]["message"] == "cut page"
    assert len(ran.document["files"]) == 1


def test_get_put_rm_and_url_as_json(shell: Shell) -> None:
    shell.config()
    (shell.folder / "f").write_text("abc")
    shell.script.answers["delete_file"] = Path("/trash/k")
    got = shell("get", "a/k", "--json").document
    assert (got["bucket"], got["file"]["key"]) == ("assets", "a/k")
    assert got["path"] == str(shell.folder / "k")
    assert shell("put", "f", "--json").document["file"]["key"] == "f"
    assert shell("rm", "k", "--json").document == {
        "bucket": "assets",
        "deleted": [{"path": "k", "kept": "/trash/k"}],
        "failed": [],
    }
    assert shell("url", "k", "--json").document == {
        "bucket": "assets",
        "key": "k",
        "url": "http://x",
    }


def item(key: str = "a", side: SideName = SideName.RIGHT) -> Item:
    return Item(
        key=key,
        side=side,
        reason="replaced",
        size=3,
        mtime_ns=None,
        when=WHEN,
        path=Path("/trash/a"),
        version="",
        digests={},
        origin="",
        run="",
        mode=None,
    )


def test_restore_as_json(shell: Shell) -> None:
    shell.config()
    shell.script.answers["versions"] = (item(),)
    shell.script.answers["restore"] = Restored("a", Path("/w/a"), WHEN, None)
    assert shell("restore", "--list", "--json").document == {
        "bucket": "assets",
        "versions": [
            {
                "path": "a",
                "side": "remote",
                "reason": "replaced",
                "size": 3,
                "mtime": None,
                "replaced": "2026-01-02T03:04:05Z",
                "file": "/trash/a",
            }
        ],
    }
    assert shell("restore", "a", "--json").document == {
        "bucket": "assets",
        "restored": [
            {"path": "a", "file": "/w/a", "replaced": "2026-01-02T03:04:05Z", "kept": None}
        ],
        "failed": [],
    }
