"""Copies where the bytes lie: the same object under another name, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.errors import (
    AccessDenied,
    InvalidKey,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.protocols import ABSENT, Absent
from buckia_s3 import copying
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.parts import MIB
from buckia_s3.rules import ObjectRule
from tests.s3.acting import (
    HONOURS_ALL,
    LOSES_TAGS,
    Acts,
    Encrypts,
    OnTags,
    Stage,
    TellsNoTag,
    after,
    before,
    data_of,
    failure,
    like_aws,
    on_stage,
    tags_at,
    without_header,
)
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Server
from tests.s3.servers.answering import (
    Answers,
    CutsConnection,
    LosesAnswer,
    LosesTags,
    SendsErrorIn200,
)
from tests.s3.servers.bodies import WrongChecksum
from tests.s3.servers.conditions import IgnoresConditions
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.operations import OTHER
from tests.s3.servers.wire import Answer, Request

DATA = b"what is to be copied\n" * 40
LARGE = data_of(11 * MIB)
"""Three parts."""
STALE = "0" * 32
UNSURE = msgspec.structs.replace(HONOURS_ALL, deletes=False)
SOURCE_CONDITION = "x-amz-copy-source-if-match"


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def test_a_copy_has_bytes_etag_and_all_that_is_known(stage: Stage) -> None:
    store = stage.opened()
    given = BytesBody(data=DATA, mtime_ns=7, content_type="text/x-odd", metadata={"of": "mine"})
    source = store.write("a", given)
    entry = store.copy("a", "b/ä +c", source_version=source.version)
    assert stage.held("b/ä +c") == stage.held("a") == DATA
    assert (entry.key, entry.size, entry.version) == ("b/ä +c", len(DATA), source.version)
    assert (entry.mtime_ns, entry.digests) == (7, {"sha256": sha256(DATA).hexdigest()})
    first, second = stage.told("a"), stage.told("b/ä +c")
    assert second["ContentType"] == "text/x-odd"
    assert second["Metadata"] == first["Metadata"]
    assert store.stat("b/ä +c").digests == entry.digests


def test_headers_that_somebody_else_set_stay(stage: Stage) -> None:
    headers: dict[str, Any] = {
        "CacheControl": "max-age=5",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/html",
        "Expires": datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
        "WebsiteRedirectLocation": "/there",
        "StorageClass": "STANDARD_IA",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/theirs",
        "BucketKeyEnabled": True,
        "Metadata": {"of": "theirs"},
    }
    etag = stage.put("a", DATA, **headers)
    stage.opened().copy("a", "b", source_version=etag)
    told = stage.told("b")
    assert {name: told[name] for name in headers} == headers


def test_the_rules_for_the_new_name_hold(stage: Stage) -> None:
    rule = ObjectRule(
        match="*.html", cache_control="no-store", tags={"new": "yes"}, metadata={"of": "rule"}
    )
    etag = stage.put(
        "a", DATA, CacheControl="max-age=5", Metadata={"of": "old", "more": "1"}, Tagging="old=yes"
    )
    store = stage.opened(objects=(rule,))
    store.copy("a", "b.html", source_version=etag)
    told = stage.told("b.html")
    assert (told["CacheControl"], told["Metadata"]) == ("no-store", {"of": "rule", "more": "1"})
    tags = stage.direct.get_object_tagging(Bucket=stage.name, Key="b.html")["TagSet"]
    assert tags == [{"Key": "new", "Value": "yes"}]
    store.copy("a", "b.txt", source_version=etag)
    tags = stage.direct.get_object_tagging(Bucket=stage.name, Key="b.txt")["TagSet"]
    assert tags == [{"Key": "old", "Value": "yes"}]


def test_a_copy_of_parts_is_made_of_the_same_parts(stage: Stage) -> None:
    store = stage.opened()
    given = BytesBody(data=LARGE, mtime_ns=7, content_type="text/x-odd", metadata={"of": "mine"})
    source = store.write("a", given)
    stage.act(*like_aws())
    entry = store.copy_if("a", "b", source_version=source.version, expect=ABSENT)
    assert source.version.endswith("-3")
    assert (entry.version, entry.digests) == (source.version, source.digests)
    assert entry.mtime_ns == 7
    assert stage.operations().count("UploadPartCopy") == 3
    ranges = {
        one.headers["x-amz-copy-source-range"]
        for one in stage.proxy.requests
        if one.operation == "UploadPartCopy"
    }
    assert ranges == {"bytes=0-5242879", "bytes=5242880-10485759", "bytes=10485760-11534335"}
    assert stage.held("b") == LARGE
    told = stage.told("b")
    assert (told["ContentType"], told["Metadata"]) == ("text/x-odd", stage.told("a")["Metadata"])
    assert store.stat("b").digests == {"sha256": sha256(LARGE).hexdigest()}
    assert stage.uploads() == {}


def sent_in_parts(stage: Stage, data: bytes, size: int) -> str:
    """By another tool, in parts of this size."""
    named: dict[str, Any] = {"Bucket": stage.name, "Key": "a"}
    upload = stage.direct.create_multipart_upload(**named)["UploadId"]
    rows: Any = []
    for number, at in enumerate(range(0, len(data), size), 1):
        piece = data[at : at + size]
        part = stage.direct.upload_part(**named, UploadId=upload, PartNumber=number, Body=piece)
        rows.append({"PartNumber": number, "ETag": part["ETag"]})
    made = stage.direct.complete_multipart_upload(
        **named, UploadId=upload, MultipartUpload={"Parts": rows}
    )
    return made["ETag"].strip('"')


def test_the_parts_of_another_tool_are_found_by_their_number(stage: Stage) -> None:
    etag = sent_in_parts(stage, LARGE, 8 * MIB)
    assert etag.endswith("-2")
    entry = stage.opened().copy("a", "b", source_version=etag)
    assert (entry.version, stage.held("b")) == (etag, LARGE)


@pytest.mark.parametrize("size", [1, MIB])
def test_an_object_of_one_part_stays_one(stage: Stage, size: int) -> None:
    etag = sent_in_parts(stage, LARGE[:size], MIB)
    assert etag.endswith("-1")
    entry = stage.opened().copy("a", "b", source_version=etag)
    assert (entry.version, stage.held("b")) == (etag, LARGE[:size])


def test_parts_of_a_size_that_nobody_guesses_are_copied_at_once(stage: Stage) -> None:
    etag = sent_in_parts(stage, LARGE, 7 * MIB)
    store = stage.opened()
    # Two parts: the usual sizes that make two of it have another ETag, and that is no error.
    entry = store.copy("a", "b", source_version=etag)
    assert stage.held("b") == LARGE
    assert entry.version == stage.told("b")["ETag"].strip('"')
    assert entry.size == len(LARGE)


def test_what_is_too_large_for_one_request_is_copied_in_parts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "LARGEST_PART", 6 * MIB)
    source = stage.put("a", LARGE)
    entry = stage.opened().copy("a", "b", source_version=source)
    assert stage.operations().count("UploadPartCopy") == 3
    assert entry.version.endswith("-3")
    assert stage.held("b") == LARGE
    stage.proxy.forget()
    stage.opened().copy("a", "c", source_version=stage.put("a", LARGE[: 6 * MIB]))
    assert "CopyObject" in stage.operations()


def test_an_empty_object_is_copied(stage: Stage) -> None:
    etag = stage.put("a", b"")
    store = stage.opened(endpoint_url=stage.direct.meta.endpoint_url)
    entry = store.copy("a", "b", source_version=etag)
    assert (entry.size, entry.version, stage.held("b")) == (0, etag, b"")


# Retention and holds


def with_md5(request: Request, forward: Forward) -> Answer:
    """moto wants one with each lock, though a copy sends no bytes."""
    return forward(
        msgspec.structs.replace(request, headers=(*request.headers, ("Content-MD5", "none")))
    )


def locked(stage: Stage, **lock: Any) -> str:
    """The version of an object "a" with this lock."""
    stage.bucket.name = f"{stage.name}-locked"
    stage.direct.create_bucket(Bucket=stage.name, ObjectLockEnabledForBucket=True)
    etag = stage.put("a", DATA, ChecksumAlgorithm="SHA256", **lock)
    stage.act(Mood(Acts(with_md5), on="CopyObject"))
    return etag


def test_a_retention_and_a_hold_stay(stage: Stage) -> None:
    lock: dict[str, Any] = {
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": datetime(2131, 5, 6, 7, 8, 9, tzinfo=UTC),
        "ObjectLockLegalHoldStatus": "ON",
    }
    etag = locked(stage, **lock)
    stage.opened().copy("a", "b", source_version=etag)
    told = stage.told("b")
    assert {name: told[name] for name in lock} == lock


def test_a_retention_that_is_over_is_not_said_again(stage: Stage) -> None:
    """A service refuses a date in the past, and a hold that is off takes a permission."""
    over = datetime.now(UTC) - timedelta(days=1)
    etag = locked(
        stage,
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=over,
        ObjectLockLegalHoldStatus="OFF",
    )
    assert stage.told("a")["ObjectLockMode"] == "GOVERNANCE"
    stage.opened().copy("a", "b", source_version=etag)
    assert not [name for name in stage.one("CopyObject").headers if "object-lock" in name]


# Tags that a service forgets

TAGS = {"x": "1", "y": "a b=c"}


def tagged(stage: Stage, size: int = 40) -> str:
    """The version of an object "a" with tags, on a service that forgets those of copies."""
    data = data_of(size)
    etag = stage.put("a", data) if size < MIB else sent_in_parts(stage, data, 5 * MIB)
    rows: Any = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    stage.direct.put_object_tagging(Bucket=stage.name, Key="a", Tagging={"TagSet": rows})
    stage.act(Mood(LosesTags()))
    return etag


BOTH = pytest.mark.parametrize(
    ("size", "made"), [(40, "CopyObject"), (6 * MIB, "CompleteMultipartUpload")]
)


@pytest.mark.parametrize("size", [40, 6 * MIB])
def test_a_copy_gets_the_tags_back_that_a_service_forgets(stage: Stage, size: int) -> None:
    etag = tagged(stage, size)
    stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == TAGS
    assert stage.held("b") == data_of(size)


@pytest.mark.parametrize("size", [40, 6 * MIB])
def test_such_a_service_really_forgets_them(stage: Stage, size: int) -> None:
    """Or else the test above would prove nothing."""
    etag = tagged(stage, size)
    stage.opened(HONOURS_ALL).copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == {}


@pytest.mark.parametrize("size", [40, 6 * MIB])
def test_the_tags_of_the_rules_are_given_to_the_copy_instead(stage: Stage, size: int) -> None:
    etag = tagged(stage, size)
    store = stage.opened(LOSES_TAGS, objects=(ObjectRule(match="b", tags={"new": "a b"}),))
    store.copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == {"new": "a b"}


def test_nothing_is_asked_about_tags_where_there_are_none(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert stage.operations() == ["HeadObject", "CopyObject"]
    stage.proxy.forget()
    uncounted = msgspec.structs.replace(LOSES_TAGS, counts_tags=False)
    stage.opened(uncounted).copy("a", "b", source_version=etag)
    assert stage.operations() == ["HeadObject", OTHER, "CopyObject"]
    assert stage.tagging() == ["GET"]


def test_tags_are_given_to_the_very_version_that_was_made(stage: Stage) -> None:
    stage.direct.put_bucket_versioning(
        Bucket=stage.name, VersioningConfiguration={"Status": "Enabled"}
    )
    etag = tagged(stage)
    made: list[str] = []

    def overtaken() -> None:
        made.append(stage.told("b")["VersionId"])
        stage.put("b", b"theirs", Tagging="of=them")

    stage.act(Mood(after(overtaken), on="CopyObject"), Mood(LosesTags()))
    stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == {"of": "them"}
    assert tags_at(stage, "b", VersionId=made[0]) == TAGS


@BOTH
def test_a_copy_whose_answer_was_lost_has_its_tags(stage: Stage, size: int, made: str) -> None:
    """Who tries again finds the copy there, and takes it for done."""
    etag = tagged(stage, size)
    stage.act(Mood(LosesAnswer(), on=made, nth=1), Mood(LosesTags()))
    entry = stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert entry.version == etag
    assert tags_at(stage, "b") == TAGS


@BOTH
def test_a_copy_that_was_not_made_may_be_tried_again(stage: Stage, size: int, made: str) -> None:
    etag = tagged(stage, size)
    stage.act(Mood(Answers(503, "SlowDown"), on=made, nth=1), Mood(LosesTags()))
    store = stage.opened(LOSES_TAGS)
    assert type(failure(store.copy, "a", "b", source_version=etag)) is Unavailable
    assert stage.all_keys() == ["a"]
    store.copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == TAGS


def test_what_somebody_else_has_at_the_target_is_not_taken_for_a_lost_copy(stage: Stage) -> None:
    etag = tagged(stage)
    stage.put("b", data_of(40), Metadata={"of": "them"}, Tagging="of=them")
    stage.act(Mood(Answers(503, "SlowDown"), on="CopyObject"), Mood(LosesTags()))
    store = stage.opened(LOSES_TAGS)
    assert type(failure(store.copy, "a", "b", source_version=etag)) is Unavailable
    assert tags_at(stage, "b") == {"of": "them"}


def test_a_cut_while_tags_are_given_is_no_failure(stage: Stage) -> None:
    etag = tagged(stage)
    cut = CutsConnection(of="request", after=0)
    # The first question about tags is which ones there are.
    stage.act(Mood(OnTags("PUT", cut), nth=2), Mood(LosesTags()))
    stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == TAGS


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (403, "AccessDenied", AccessDenied),
        (503, "SlowDown", Unavailable),
        (400, "InvalidTag", StorageError),
    ],
)
@pytest.mark.parametrize("size", [40, 6 * MIB])
def test_a_copy_that_cannot_have_its_tags_is_removed_and_may_be_made_again(
    stage: Stage, size: int, status: int, code: str, ends: type[StorageError]
) -> None:
    etag = tagged(stage, size)
    stage.act(Mood(OnTags("PUT", Answers(status, code))), Mood(LosesTags()))
    store = stage.opened(LOSES_TAGS)
    error = failure(store.copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (ends, "b")
    assert ("allow s3:PutObjectTagging" in error.hint) == (ends is AccessDenied)
    assert stage.all_keys() == ["a"]
    stage.act(Mood(LosesTags()))
    store.copy("a", "b", source_version=etag)
    assert tags_at(stage, "b") == TAGS


def test_one_that_cannot_be_removed_either_is_told_of(stage: Stage) -> None:
    """And not as something to be tried again: that would find it there and be content."""
    etag = tagged(stage)
    busy = Answers(503, "SlowDown")
    stage.act(Mood(OnTags("PUT", busy)), Mood(busy, on="DeleteObject"), Mood(LosesTags()))
    error = failure(stage.opened(LOSES_TAGS).copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (StorageError, "b")
    assert error.message.startswith("b is there, but its tags are not: ")
    assert stage.all_keys() == ["a", "b"]


def test_a_copy_that_somebody_removes_at_once_is_overtaken(stage: Stage) -> None:
    etag = tagged(stage)
    stage.act(Mood(OnTags("PUT", before(lambda: stage.remove("b")))), Mood(LosesTags()))
    error = failure(stage.opened(LOSES_TAGS).copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (Overtaken, "b")


def test_tags_that_nobody_may_see_are_none(stage: Stage) -> None:
    """As wherever a copy has to be told them."""
    etag = tagged(stage)
    stage.act(Mood(OnTags("GET", Answers(403, "AccessDenied"))), Mood(LosesTags()))
    stage.opened(LOSES_TAGS).copy("a", "b", source_version=etag)
    assert stage.held("b") == data_of(40)


@pytest.mark.parametrize("size", [40, 6 * MIB])
def test_a_copy_on_a_ceph_gateway_keeps_tags_and_expires(
    gateway: Server, tmp_path: Path, size: int
) -> None:
    bucket = Bucket(gateway, tmp_path)
    expires = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    rule = ObjectRule(match="a", tags={"kept": "for-long"})
    with closing(bucket.open_probed(objects=(rule,))) as store:
        source = store.write("a", BytesBody(data=data_of(size)))
        store.copy("a", "b", source_version=source.version)
        plain = bucket.client.put_object(Bucket=bucket.name, Key="c", Expires=expires)
        store.copy("c", "d", source_version=plain["ETag"].strip('"'))
    for key in ("a", "b"):
        found = bucket.client.get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"]
        assert found == [{"Key": "kept", "Value": "for-long"}]
    assert bucket.client.head_object(Bucket=bucket.name, Key="d")["Expires"] == expires


# Versions and conditions


def test_another_version_of_the_source_is_not_copied(stage: Stage) -> None:
    stage.put("a", DATA)
    store = stage.opened()
    error = failure(store.copy, "a", "b", source_version=STALE)
    assert (type(error), error.key) == (VersionMismatch, "a")
    assert stage.operations() == ["HeadObject"]
    assert type(failure(store.copy, "none", "b", source_version=STALE)) is NotFound
    assert stage.all_keys() == ["a"]


@pytest.mark.parametrize("habits", [HONOURS_ALL, UNSURE])
@pytest.mark.parametrize("ignored", [True, False])
def test_a_source_that_changes_just_before_is_not_copied(
    stage: Stage, habits: Any, ignored: bool
) -> None:
    etag = stage.put("a", DATA)
    change = Mood(before(lambda: stage.put("a", b"new")), on="CopyObject")
    ignores = (Mood(without_header(SOURCE_CONDITION), on="CopyObject"),) if ignored else ()
    stage.act(change, *ignores, *like_aws())
    error = failure(stage.opened(habits).copy, "a", "b", source_version=etag)
    assert type(error) is VersionMismatch
    assert stage.all_keys() == ["a"]
    assert stage.held("a") == b"new"


def test_where_conditions_are_honoured_such_a_source_harms_no_target(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.put("b", b"what was there")
    stage.act(Mood(before(lambda: stage.put("a", b"new")), on="CopyObject"), *like_aws())
    error = failure(stage.opened().copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (VersionMismatch, "a")
    assert stage.held("b") == b"what was there"


@pytest.mark.parametrize("form", [None, "bare"])
def test_who_knows_no_conditions_is_sent_none_about_the_source(stage: Stage, form: Any) -> None:
    etag = stage.put("a", DATA)
    habits = msgspec.structs.replace(HONOURS_ALL, replaces=form)
    stage.opened(habits).copy("a", "b", source_version=etag)
    assert SOURCE_CONDITION not in stage.one("CopyObject").headers


def test_a_source_that_vanishes_after_an_odd_copy_takes_the_copy_along(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    change = Mood(before(lambda: stage.put("a", b"new")), on="CopyObject")
    vanish = Mood(after(lambda: stage.remove("a")), on="CopyObject")
    stage.act(change, vanish, Mood(IgnoresConditions(), on="CopyObject"))
    assert type(failure(stage.opened(UNSURE).copy, "a", "b", source_version=etag)) is NotFound
    assert stage.all_keys() == []


def test_a_source_that_changes_between_its_parts_is_noticed(stage: Stage) -> None:
    store = stage.opened()
    source = store.write("a", BytesBody(data=LARGE))
    change = Mood(
        before(lambda: stage.put("a", data_of(11 * MIB, seed=1))), on="UploadPartCopy", nth=2
    )
    stage.act(change, *like_aws())
    error = failure(store.copy, "a", "b", source_version=source.version)
    assert type(error) is VersionMismatch
    assert (stage.all_keys(), stage.uploads()) == (["a"], {})


def test_such_a_source_is_noticed_also_where_conditions_are_ignored(stage: Stage) -> None:
    store = stage.opened(UNSURE, max_workers=1)
    source = store.write("a", BytesBody(data=LARGE))
    change = Mood(
        before(lambda: stage.put("a", data_of(11 * MIB, seed=1))), on="UploadPartCopy", nth=2
    )
    stage.act(change, Mood(IgnoresConditions(), on="UploadPartCopy"))
    error = failure(store.copy, "a", "b", source_version=source.version)
    assert type(error) is VersionMismatch
    assert (stage.all_keys(), stage.uploads()) == (["a"], {})


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("expect", [ABSENT, STALE])
def test_a_target_that_is_another_stays(stage: Stage, expect: str | Absent, large: bool) -> None:
    store = stage.opened()
    source = store.write("a", BytesBody(data=LARGE if large else DATA))
    stage.put("b", b"theirs")
    stage.act(*like_aws())
    error = failure(store.copy_if, "a", "b", source_version=source.version, expect=expect)
    assert (type(error), error.key) == (VersionMismatch, "b")
    assert stage.held("b") == b"theirs"
    assert stage.uploads() == {}


def test_a_target_that_is_as_expected_is_replaced(stage: Stage) -> None:
    etag, there = stage.put("a", DATA), stage.put("b", b"old")
    stage.act(*like_aws())
    store = stage.opened()
    store.copy_if("a", "b", source_version=etag, expect=there)
    store.copy_if("a", "c", source_version=etag, expect=ABSENT)
    assert stage.held("b") == stage.held("c") == DATA


def test_a_target_that_is_gone_is_another_version(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.act(*like_aws())
    error = failure(stage.opened().copy_if, "a", "b", source_version=etag, expect=STALE)
    assert (type(error), error.key) == (VersionMismatch, "b")


def test_an_unconditional_copy_goes_over_whatever_is_there(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.put("b", b"old")
    stage.opened(UNKNOWN).copy("a", "b", source_version=etag)
    assert stage.held("b") == DATA


def test_who_has_no_conditions_copies_nothing_by_them(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    store = stage.opened(msgspec.structs.replace(HONOURS_ALL, completes=False))
    error = failure(store.copy_if, "a", "b", source_version=etag, expect=ABSENT)
    assert "CopiesConditionally" in error.message
    assert stage.operations() == []


# ETags that say nothing


def test_a_copy_with_another_etag_stands_where_the_source_is_still_the_same(
    stage: Stage,
) -> None:
    store = stage.opened()
    source = store.write("a", BytesBody(data=DATA, mtime_ns=7))
    strange = "f" * 30 + "-x"
    stage.act(Mood(Encrypts(etag=strange), on="CopyObject"))
    entry = store.copy("a", "b", source_version=source.version)
    assert (entry.version, entry.digests, entry.mtime_ns) == (strange, {}, 7)
    assert stage.held("b") == DATA
    assert stage.operations() == ["HeadObject", "CopyObject", "HeadObject"]


def test_a_wrong_etag_of_a_copy_carries_no_digest_of_ours(stage: Stage) -> None:
    store = stage.opened(UNKNOWN)
    source = store.write("a", BytesBody(data=DATA))
    stage.act(Mood(WrongChecksum(), on="CopyObject"))
    entry = store.copy("a", "b", source_version=source.version)
    assert entry.version != source.version
    assert entry.digests == {}


# Failures


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (403, "AccessDenied", AccessDenied),
        (409, "ConditionalRequestConflict", Unavailable),
        (503, "SlowDown", Unavailable),
        (501, "NotImplemented", StorageError),
        (412, "PreconditionFailed", VersionMismatch),
    ],
)
@pytest.mark.parametrize("operation", ["UploadPartCopy", "CompleteMultipartUpload"])
def test_a_failure_among_the_parts_aborts_the_upload(
    stage: Stage, operation: str, status: int, code: str, ends: type[StorageError]
) -> None:
    etag = sent_in_parts(stage, LARGE[: 6 * MIB], 5 * MIB)
    last = 2 if operation == "UploadPartCopy" else 1
    stage.act(Mood(Answers(status, code), on=operation, nth=last))
    store = stage.opened(max_workers=1)
    assert type(failure(store.copy, "a", "b", source_version=etag)) is ends
    assert (stage.all_keys(), stage.uploads()) == (["a"], {})


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (403, "AccessDenied", AccessDenied),
        (409, "ConditionalRequestConflict", Unavailable),
        (500, "InternalError", Unavailable),
        (501, "NotImplemented", StorageError),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    stage: Stage, status: int, code: str, ends: type[StorageError]
) -> None:
    etag = stage.put("a", DATA)
    stage.act(Mood(Answers(status, code), on="CopyObject"))
    assert type(failure(stage.opened().copy, "a", "b", source_version=etag)) is ends
    assert stage.all_keys() == ["a"]


def test_an_error_in_an_answer_that_said_200_is_an_error(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.act(Mood(SendsErrorIn200(), on="CopyObject"))
    assert type(failure(stage.opened().copy, "a", "b", source_version=etag)) is Unavailable
    assert stage.all_keys() == ["a"]


def test_such_an_error_of_a_part_aborts_the_upload(stage: Stage) -> None:
    etag = sent_in_parts(stage, LARGE[: 6 * MIB], 5 * MIB)
    stage.act(Mood(SendsErrorIn200(), on="UploadPartCopy", nth=2))
    store = stage.opened(max_workers=1)
    assert type(failure(store.copy, "a", "b", source_version=etag)) is Unavailable
    assert (stage.all_keys(), stage.uploads()) == (["a"], {})


def test_a_lost_answer_may_be_tried_again(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.act(Mood(LosesAnswer(), on="CopyObject", nth=1), *like_aws())
    store = stage.opened()

    def copy() -> object:
        return store.copy_if("a", "b", source_version=etag, expect=ABSENT)

    assert type(failure(copy)) is Unavailable
    assert type(failure(copy)) is VersionMismatch
    assert stage.held("b") == DATA


def test_a_copy_that_becomes_encrypted_has_no_digest_of_its_etag(stage: Stage) -> None:
    etag = stage.put("a", b"plain")
    stage.act(Mood(Encrypts(), on="CopyObject HeadObject", key="b"))
    store = stage.opened(objects=(ObjectRule(match="b", sse="aws:kms"),))
    entry = store.copy("a", "b", source_version=etag)
    assert (entry.version, entry.digests) == ("5" * 32, {})


def test_the_key_of_another_encryption_is_not_said_again(stage: Stage) -> None:
    theirs: dict[str, Any] = {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/theirs",
        "BucketKeyEnabled": True,
    }
    etag = stage.put("a", DATA, **theirs)
    store = stage.opened(objects=(ObjectRule(match="b", sse="AES256"),))
    store.copy("a", "b", source_version=etag)
    sent = stage.one("CopyObject").headers
    assert sent["x-amz-server-side-encryption"] == "AES256"
    assert "x-amz-server-side-encryption-aws-kms-key-id" not in sent
    assert "x-amz-server-side-encryption-bucket-key-enabled" not in sent


@pytest.mark.parametrize(("size", "on"), [(1, "CopyObject"), (6 * MIB, "UploadPartCopy")])
def test_a_source_that_vanishes_is_told_as_a_source(stage: Stage, size: int, on: str) -> None:
    data = data_of(size)
    etag = stage.put("a", data) if size == 1 else sent_in_parts(stage, data, 5 * MIB)
    stage.act(Mood(before(lambda: stage.remove("a")), on=on))
    error = failure(stage.opened().copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (NotFound, "a")
    assert (stage.all_keys(), stage.uploads()) == ([], {})


@pytest.mark.parametrize("habits", [HONOURS_ALL, UNKNOWN])
@pytest.mark.parametrize("size", [1, 6 * MIB])
def test_what_somebody_else_wrote_by_then_is_neither_told_as_ours_nor_removed(
    stage: Stage, habits: Habits, size: int
) -> None:
    data = data_of(size)
    etag = stage.put("a", data) if size == 1 else sent_in_parts(stage, data, 5 * MIB)
    on = "CopyObject" if size == 1 or not habits.tags_of_parts else "CompleteMultipartUpload"

    def meanwhile() -> None:
        stage.put("b", b"somebody else's")
        stage.put("a", b"another by now")

    stage.act(Mood(TellsNoTag(), on=on), Mood(after(meanwhile), on=on))
    failure(stage.opened(habits).copy, "a", "b", source_version=etag)
    assert stage.held("b") == b"somebody else's"


def test_an_etag_of_a_copy_that_is_not_told_is_asked_for(stage: Stage) -> None:
    etag = stage.put("a", DATA)
    stage.act(Mood(TellsNoTag(), on="CopyObject"))
    assert stage.opened().copy("a", "b", source_version=etag).version == etag


def test_a_part_of_a_copy_without_an_etag_makes_no_object(stage: Stage) -> None:
    etag = sent_in_parts(stage, LARGE[: 6 * MIB], 5 * MIB)
    stage.act(Mood(TellsNoTag(), on="UploadPartCopy", nth=2))
    store = stage.opened(max_workers=1)
    assert type(failure(store.copy, "a", "b", source_version=etag)) is Unavailable
    assert (stage.all_keys(), stage.uploads()) == (["a"], {})


def test_an_abort_that_fails_does_not_hide_why_the_copy_failed(stage: Stage) -> None:
    etag = sent_in_parts(stage, LARGE[: 6 * MIB], 5 * MIB)
    refused = Mood(Answers(412, "PreconditionFailed"), on="CompleteMultipartUpload")
    stage.act(refused, Mood(Answers(404, "NoSuchUpload"), on="AbortMultipartUpload"))
    error = failure(stage.opened().copy, "a", "b", source_version=etag)
    assert (type(error), error.key) == (VersionMismatch, "b")


def test_keys_that_nobody_can_keep_are_refused_before_anything_is_sent(stage: Stage) -> None:
    store = stage.opened()
    assert type(failure(store.copy, "a", "../b", source_version=STALE)) is InvalidKey
    assert type(failure(store.copy, "/a", "b", source_version=STALE)) is InvalidKey
    assert stage.operations() == []
