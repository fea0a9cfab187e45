"""Deleting: that object and no other, and what failed is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from buckia.errors import (
    AccessDenied,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia_s3.habits import UNKNOWN
from tests.s3.acting import HONOURS_ALL, Acts, Stage, before, failure, like_aws, names, on_stage
from tests.s3.servers.answering import Answers, LosesAnswer
from tests.s3.servers.documents import added, edited, read
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request

STALE = "0" * 32


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def test_exactly_this_key_is_deleted(stage: Stage) -> None:
    for key in ("a", "a/", "a/b", "ab"):
        stage.put(key)
    stage.opened().delete("a")
    assert stage.all_keys() == ["a/", "a/b", "ab"]


def test_what_is_not_there_may_be_deleted(stage: Stage) -> None:
    store = stage.opened()
    store.delete("a")
    store.delete_if("a", expect=STALE)
    assert store.delete_many(["a", "b"]) == {}


def test_what_is_not_there_may_be_deleted_also_where_that_is_an_error(stage: Stage) -> None:
    stage.act(Mood(Answers(404, "NoSuchKey"), on="DeleteObject"))
    store = stage.opened()
    store.delete("a")
    store.delete_if("a", expect=STALE)


PAGE = Answer(
    status=404,
    headers=(("Content-Type", "text/html"),),
    body=b"<html><body><h1>Not Found</h1></body></html>",
)


@pytest.mark.parametrize(
    "odd",
    [
        Acts(lambda _request, _forward: PAGE),
        Acts(lambda _request, _forward: Answer(status=404)),
        Answers(404, "NoSuchThing"),
        Answers(400, "NoSuchKey"),
    ],
    ids=["a page", "nothing", "another code", "another status"],
)
def test_an_answer_that_does_not_say_it_plainly_is_no_proof_that_it_is_gone(
    stage: Stage, odd: Acts | Answers
) -> None:
    """It may be a proxy's; whoever tries again may reach the service behind it."""
    stage.put("a")
    stage.act(Mood(odd, on="DeleteObject"))
    store = stage.opened()
    for error in (failure(store.delete, "a"), failure(store.delete_if, "a", expect=STALE)):
        assert (type(error), error.key) == (Unavailable, "a")
        assert "endpoint_url" in error.hint
    assert stage.all_keys() == ["a"]


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a\\b", "a\x00b"])
def test_keys_that_nobody_can_keep_are_refused_before_anything_is_sent(
    stage: Stage, key: str
) -> None:
    store = stage.opened()
    assert type(failure(store.delete, key)) is InvalidKey
    assert type(failure(store.delete_if, key, expect=STALE)) is InvalidKey
    assert {name: type(error) for name, error in store.delete_many([key]).items()} == {
        key: InvalidKey
    }
    assert stage.operations() == []


# One version


def test_another_version_stays(stage: Stage) -> None:
    etag = stage.put("a")
    stage.act(*like_aws())
    store = stage.opened()
    error = failure(store.delete_if, "a", expect=STALE)
    assert (type(error), error.key) == (VersionMismatch, "a")
    assert stage.all_keys() == ["a"]
    store.delete_if("a", expect=etag)
    assert stage.all_keys() == []
    store.delete_if("a", expect=etag)


def test_a_version_that_changes_just_before_stays(stage: Stage) -> None:
    etag = stage.put("a")
    stage.act(Mood(before(lambda: stage.put("a", b"new")), on="DeleteObject"), *like_aws())
    assert type(failure(stage.opened().delete_if, "a", expect=etag)) is VersionMismatch
    assert stage.held("a") == b"new"


@pytest.mark.parametrize(("form", "sent"), [("quoted", f'"{STALE}"'), ("bare", STALE)])
def test_the_version_is_written_as_the_service_wants_it(stage: Stage, form: str, sent: str) -> None:
    store = stage.opened(msgspec.structs.replace(HONOURS_ALL, replaces=form))
    store.delete_if("a", expect=STALE)
    assert stage.one("DeleteObject").headers["if-match"] == sent


def test_a_lost_answer_may_be_tried_again(stage: Stage) -> None:
    etag = stage.put("a")
    stage.act(Mood(LosesAnswer(), on="DeleteObject", nth=1), *like_aws())
    store = stage.opened()
    assert type(failure(store.delete_if, "a", expect=etag)) is Unavailable
    store.delete_if("a", expect=etag)
    assert stage.all_keys() == []


@pytest.mark.parametrize(
    ("status", "code", "ends", "key"),
    [
        (404, "NoSuchBucket", NotFound, ""),
        (403, "AccessDenied", AccessDenied, "a"),
        (409, "ConditionalRequestConflict", Unavailable, "a"),
        (503, "SlowDown", Unavailable, "a"),
        (501, "NotImplemented", StorageError, "a"),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    stage: Stage, status: int, code: str, ends: type[StorageError], key: str
) -> None:
    stage.act(Mood(Answers(status, code), on="DeleteObject"))
    store = stage.opened()
    for error in (failure(store.delete, "a"), failure(store.delete_if, "a", expect=STALE)):
        assert (type(error), error.key) == (ends, key)


def test_who_has_no_conditions_or_no_batches_deletes_nothing_by_them(stage: Stage) -> None:
    etag = stage.put("a")
    store = stage.opened(UNKNOWN)
    assert "DeletesConditionally" in failure(store.delete_if, "a", expect=etag).message
    assert "DeletesMany" in failure(store.delete_many, ["a"]).message
    assert stage.operations() == []


# Many


def test_many_are_deleted_a_thousand_at_once_and_no_others(stage: Stage) -> None:
    for key in ("0001", "1500", "2000", "stays"):
        stage.put(key)
    assert stage.opened().delete_many([f"{number:04}" for number in range(2001)]) == {}
    assert stage.all_keys() == ["stays"]
    assert stage.operations() == ["DeleteObjects"] * 3


def test_no_keys_are_no_request(stage: Stage) -> None:
    assert stage.opened().delete_many([]) == {}
    assert stage.operations() == []


def test_what_fails_of_many_is_told_by_key(stage: Stage) -> None:
    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        for key, code in (("b", "AccessDenied"), ("c", "InternalError"), ("ä b+", "SlowDown")):
            added(root, "Error", {"Key": key, "Code": code, "Message": "The proxy says so."})
        return edited(answer, root)

    stage.act(Mood(Acts(act), on="DeleteObjects"))
    keys = ["a", "b", "../bad", "c", "ä b+"]
    failed = stage.opened().delete_many(keys)
    assert {key: type(error) for key, error in failed.items()} == {
        "b": AccessDenied,
        "../bad": InvalidKey,
        "c": Unavailable,
        "ä b+": Unavailable,
    }
    assert [getattr(error, "key", "") for error in failed.values()] == list(failed)


TWICE = b"<DeleteResult><Deleted><Key>a</Key><Key>b</Key></Deleted></DeleteResult>"


@pytest.mark.parametrize(
    "said",
    [
        Answer(status=204),
        Answer(status=200, body=b"<DeleteResult/>"),
        Answer(status=200, body=TWICE),
    ],
)
def test_of_many_none_is_taken_for_gone_that_is_not_named(stage: Stage, said: Answer) -> None:
    stage.fill(["a", "b"])
    stage.act(Mood(Acts(lambda _request, _forward: said), on="DeleteObjects"))
    failed = stage.opened().delete_many(["a", "b", "c"])
    assert {key: type(error) for key, error in failed.items()} == {
        "a": Unavailable,
        "b": Unavailable,
    }


def test_one_batch_that_fails_leaves_the_others_alone(stage: Stage) -> None:
    keys = [f"{number:04}" for number in range(2001)]
    for key in (keys[0], keys[1000], keys[2000]):
        stage.put(key)
    stage.act(Mood(Answers(503, "SlowDown"), on="DeleteObjects", nth=2))
    failed = stage.opened().delete_many(keys)
    assert list(failed) == keys[1000:2000]
    assert {type(error) for error in failed.values()} == {Unavailable}
    assert stage.all_keys() == ["1000"]


def test_odd_keys_are_deleted_in_batches_too(stage: Stage) -> None:
    keys = ["a+b", "a b", "a%20b", "a&b", "<a>", "'\"", "ä", "a\u0308", "\U0001f600", " a "]
    for key in [*keys, "a"]:
        stage.put(key)
    assert stage.opened().delete_many(keys) == {}
    assert stage.all_keys() == ["a"]


@pytest.mark.parametrize("odd", ["b\x01", "b\x1f", "b\r", "b\ufffe", "b\uffff"])
def test_a_key_that_xml_cannot_hold_spoils_no_batch(stage: Stage, odd: str) -> None:
    stage.fill(["a", odd, "c"])
    store = stage.opened()
    assert store.delete_many(["a", odd, "c"]) == {}
    assert names(store.scan()) == []
    assert stage.operations().count("DeleteObjects") == 1


def adding(row: dict[str, str]) -> Acts:
    """An answer with one more failure in it."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        added(root, "Error", row)
        return edited(answer, root)

    return Acts(act)


def test_of_many_what_is_gone_already_is_no_failure(stage: Stage) -> None:
    gone = {"Key": "a", "Code": "NoSuchKey", "Message": "gone"}
    stage.act(Mood(adding(gone), on="DeleteObjects"))
    assert stage.opened().delete_many(["a"]) == {}


@pytest.mark.parametrize("code", ["NoSuchBucket", "PermanentRedirect"])
def test_of_many_none_is_gone_because_the_bucket_is_not_there(stage: Stage, code: str) -> None:
    row = {"Key": "a", "Code": code, "Message": "elsewhere"}
    stage.act(Mood(adding(row), on="DeleteObjects"))
    failed = stage.opened().delete_many(["a", "b"])
    assert {key: type(error) for key, error in failed.items()} == {"a": NotFound}


@pytest.mark.parametrize("names", ["", "<Key>a</Key><Key>b</Key>"])
def test_a_failure_of_nobody_knows_which_is_one_of_all(stage: Stage, names: str) -> None:
    row = f"<Error>{names}<Code>InternalError</Code><Message>no</Message></Error>"
    said = Answer(status=200, body=f"<DeleteResult>{row}</DeleteResult>".encode())
    stage.act(Mood(Acts(lambda _request, _forward: said), on="DeleteObjects"))
    failed = stage.opened().delete_many(["a", "b"])
    assert {key: type(error) for key, error in failed.items()} == {
        "a": Unavailable,
        "b": Unavailable,
    }


def test_a_batch_is_sent_with_the_checksum_that_all_services_want(stage: Stage) -> None:
    stage.put("a")
    stage.act(*like_aws())
    assert stage.opened().delete_many(["a"]) == {}
    assert "content-md5" in stage.one("DeleteObjects").headers
    assert stage.all_keys() == []
