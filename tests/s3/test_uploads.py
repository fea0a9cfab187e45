"""Bodies in one request: checked on their way, refused where they must be, and never half there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.body import BytesBody, SmallBody
from buckia.errors import (
    AccessDenied,
    Corrupted,
    InvalidKey,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.protocols import ABSENT, Absent, Body
from buckia.testing.bodies import OddBody
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.parts import MIB, Sizes
from buckia_s3.room import Room
from buckia_s3.rules import ObjectRule
from tests.s3.acting import (
    HONOURS_ALL,
    DamagesUpload,
    Encrypts,
    Gate,
    Stage,
    TellsNoTag,
    after,
    before,
    failure,
    like_aws,
    on_stage,
    ours,
)
from tests.s3.servers.answering import Answers, CutsConnection, LosesAnswer
from tests.s3.servers.bodies import ChecksBodies, WrongChecksum
from tests.s3.servers.conditions import BareIfMatch
from tests.s3.servers.moods import Mood
from tests.s3.servers.moto import Moto
from tests.s3.test_room import apart, watched

DATA = b"all that is in it\n" * 50
MTIME = 1_700_000_000_123_456_789
ETAG = md5(DATA).hexdigest()
SHA256 = sha256(DATA).hexdigest()
UNSURE = msgspec.structs.replace(HONOURS_ALL, deletes=False)
BLIND = msgspec.structs.replace(HONOURS_ALL, checks=None)


def body(data: bytes = DATA, **more: Any) -> BytesBody:
    return BytesBody(data=data, **more)


def in_base64(digest: bytes) -> str:
    return b64encode(digest).decode()


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


# Checksums


def test_a_service_that_knows_sha256_is_told_it(stage: Stage) -> None:
    entry = stage.opened().write("a", body())
    sent = stage.one("PutObject").headers
    assert sent["x-amz-checksum-sha256"] == in_base64(sha256(DATA).digest())
    assert (entry.version, entry.digests) == (ETAG, {"sha256": SHA256, "md5": ETAG})


@pytest.mark.parametrize("checks", ["md5", None])
def test_any_other_is_told_the_md5_in_a_header_that_all_understand(
    stage: Stage, checks: Any
) -> None:
    habits = msgspec.structs.replace(HONOURS_ALL, checks=checks)
    stage.opened(habits).write("a", body())
    sent = stage.one("PutObject").headers
    assert sent["content-md5"] == in_base64(md5(DATA).digest())
    assert not [name for name in sent if name.startswith("x-amz-checksum")]
    assert "x-amz-trailer" not in sent


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "blake2b"])
@pytest.mark.parametrize("kind", ["small", "any"])
def test_what_is_signed_of_the_bytes_is_their_digest(
    stage: Stage, algorithm: str, kind: str
) -> None:
    given: Body = body()
    if kind == "small":
        # What is known of it need not be computed again.
        known = {"sha256": sha256(DATA).hexdigest()}
        given = SmallBody(
            DATA, computed=known, digests=known, mtime_ns=None, content_type=None, moved=uncounted
        )
    stage.opened(checksum_algorithm=algorithm).write("a", given)
    sent = stage.one("PutObject").headers
    assert sent["x-amz-content-sha256"] == sha256(DATA).hexdigest()


def uncounted(_count: int) -> None:
    pass


def test_where_another_digest_is_kept_the_md5_goes_along(stage: Stage) -> None:
    store = stage.opened(checksum_algorithm="md5")
    entry = store.write("a", body())
    assert "content-md5" in stage.one("PutObject").headers
    assert entry.digests == {"md5": ETAG} == store.stat("a").digests


@pytest.mark.parametrize("habits", [HONOURS_ALL, BLIND, UNKNOWN])
def test_a_body_that_was_damaged_on_its_way_is_refused(stage: Stage, habits: Habits) -> None:
    stage.put("a", b"before")
    stage.act(Mood(DamagesUpload()), Mood(ChecksBodies()))
    assert type(failure(stage.opened(habits).write, "a", body())) is Corrupted
    assert stage.held("a") == b"before"


@pytest.mark.parametrize("habits", [BLIND, UNSURE])
def test_damage_that_the_service_took_is_seen_in_its_answer_and_removed(
    stage: Stage, habits: Habits
) -> None:
    stage.act(Mood(DamagesUpload()))
    assert type(failure(stage.opened(habits).write, "a", body())) is Corrupted
    assert stage.all_keys() == []
    # Where that helps, the service itself sees to it that nothing else is removed.
    assert ("if-match" in stage.one("DeleteObject").headers) == habits.deletes


@pytest.mark.parametrize("habits", [BLIND, UNSURE])
def test_what_somebody_else_wrote_over_the_damage_stays(stage: Stage, habits: Habits) -> None:
    other = Mood(after(lambda: stage.put("a", b"somebody else's")), on="PutObject")
    stage.act(Mood(DamagesUpload()), other)
    assert type(failure(stage.opened(habits).write, "a", body())) is Corrupted
    assert stage.held("a") == b"somebody else's"


def test_damage_that_cannot_be_removed_is_told_all_the_same(stage: Stage) -> None:
    stage.act(Mood(DamagesUpload()), Mood(Answers(503, "SlowDown"), on="DeleteObject"))
    assert type(failure(stage.opened(BLIND).write, "a", body())) is Corrupted


def test_an_answer_with_another_checksum_is_not_believed(stage: Stage) -> None:
    stage.act(Mood(WrongChecksum(), on="PutObject HeadObject"))
    assert type(failure(stage.opened(UNSURE).write, "a", body())) is Corrupted
    assert stage.all_keys() == []


def test_where_etags_are_no_md5_another_one_says_nothing(stage: Stage) -> None:
    stage.act(Mood(WrongChecksum(), on="PutObject HeadObject"))
    store = stage.opened(UNKNOWN)
    entry = store.write("a", body())
    assert (entry.version != ETAG, entry.digests) == (True, {})
    assert (store.stat("a").version, store.stat("a").digests) == (entry.version, {})
    assert stage.held("a") == DATA


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("etag", ["5" * 32, "strange"])
def test_the_etag_of_an_encrypted_object_is_no_damage_and_no_digest(
    stage: Stage, algorithm: str, etag: str
) -> None:
    stage.act(Mood(Encrypts(etag=etag, algorithm=algorithm)))
    store = stage.opened()
    entry = store.write("a", body())
    assert (entry.version, entry.digests) == (etag, {})
    assert (store.stat("a").version, store.stat("a").digests) == (etag, {})
    with store.read("a", version=None) as reading:
        assert (reading.entry.digests, reading.read()) == ({}, DATA)


def test_encryption_that_keeps_the_md5_is_looked_at_like_none(stage: Stage) -> None:
    stage.act(Mood(Encrypts(algorithm="AES256"), on="PutObject"))
    assert type(failure(stage.opened(UNSURE).write, "a", body())) is Corrupted


# Answers


@pytest.mark.parametrize("expect", [ABSENT, "old", None])
def test_a_lost_answer_may_be_tried_again(stage: Stage, expect: str | Absent | None) -> None:
    if expect == "old":
        expect = stage.put("a", b"before")
    stage.act(Mood(LosesAnswer(), on="PutObject", nth=1), *like_aws())
    store = stage.opened()

    def write() -> object:
        return (
            store.write("a", body())
            if expect is None
            else store.write_if("a", body(), expect=expect)
        )

    assert type(failure(write)) is Unavailable
    if expect is None:
        write()
    else:
        # The first try was done: what stands there is ours, and not what was expected.
        assert type(failure(write)) is VersionMismatch
    assert stage.held("a") == DATA
    assert stage.told("a")["Metadata"]["buckia-etag"] == ETAG


def test_a_body_that_was_cut_off_leaves_nothing(stage: Stage) -> None:
    stage.put("a", b"before")
    stage.act(Mood(CutsConnection(after=100, of="request"), on="PutObject"))
    assert type(failure(stage.opened().write, "a", body())) is Unavailable
    assert stage.held("a") == b"before"


@pytest.mark.parametrize(
    ("status", "code", "expect", "ends"),
    [
        (412, "PreconditionFailed", "old", VersionMismatch),
        (412, "PreconditionFailed", ABSENT, VersionMismatch),
        (404, "NoSuchKey", "old", VersionMismatch),
        (404, "NoSuchKey", None, InvalidKey),
        (404, "NoSuchKey", ABSENT, InvalidKey),
        (409, "ConditionalRequestConflict", "old", Unavailable),
        (409, "OperationAborted", None, Unavailable),
        (501, "NotImplemented", ABSENT, StorageError),
        (501, "NotImplemented", None, StorageError),
        (503, "SlowDown", "old", Unavailable),
        (403, "AccessDenied", None, AccessDenied),
        (400, "EntityTooLarge", None, StorageError),
        (400, "KeyTooLongError", None, InvalidKey),
        (400, "BadDigest", None, Corrupted),
        (400, "RequestTimeout", None, Unavailable),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    stage: Stage, status: int, code: str, expect: str | Absent | None, ends: type[StorageError]
) -> None:
    stage.act(Mood(Answers(status, code), on="PutObject"))
    store = stage.opened()
    if expect is None:
        error = failure(store.write, "a", body())
    else:
        error = failure(store.write_if, "a", body(), expect=expect)
    assert (type(error), error.key) == (ends, "a")
    assert stage.operations() == ["PutObject"]


@pytest.mark.parametrize("expect", [ABSENT, "old", None])
def test_a_bucket_that_is_gone_is_no_matter_of_the_key(
    stage: Stage, expect: str | Absent | None
) -> None:
    stage.act(Mood(Answers(404, "NoSuchBucket"), on="PutObject"))
    store = stage.opened()
    if expect is None:
        error = failure(store.write, "a", body())
    else:
        error = failure(store.write_if, "a", body(), expect=expect)
    assert (type(error), error.key) == (NotFound, "")


def test_a_service_that_wants_a_pause_is_heard(stage: Stage) -> None:
    wait = {"Retry-After": "7"}
    stage.act(Mood(Answers(503, "SlowDown", headers=wait), on="PutObject"))
    error = failure(stage.opened().write, "a", body())
    assert isinstance(error, Unavailable)
    assert error.wait == 7


FAILS = Mood(Answers(500, "InternalError"), on="PutObject")


@pytest.mark.parametrize("expect", [ABSENT, "old"])
def test_the_loser_of_a_race_who_is_told_500_finds_out_who_has_won(
    stage: Stage, expect: str | Absent
) -> None:
    if expect == "old":
        expect = stage.put("a", b"before")
    stage.act(Mood(before(lambda: stage.put("a", b"the winner's")), on="PutObject"), FAILS)
    error = failure(stage.opened().write_if, "a", body(), expect=expect)
    assert type(error) is Overtaken
    assert stage.held("a") == b"the winner's"


def test_who_is_told_500_after_somebody_deleted_it_is_told_so(stage: Stage) -> None:
    etag = stage.put("a", b"before")
    stage.act(Mood(before(lambda: stage.remove("a")), on="PutObject"), FAILS)
    assert type(failure(stage.opened().write_if, "a", body(), expect=etag)) is Overtaken


@pytest.mark.parametrize("expect", [ABSENT, "old"])
def test_500_where_nothing_has_changed_may_be_tried_again(
    stage: Stage, expect: str | Absent
) -> None:
    if expect == "old":
        expect = stage.put("a", b"before")
    stage.act(FAILS)
    assert type(failure(stage.opened().write_if, "a", body(), expect=expect)) is Unavailable


def test_500_where_our_own_bytes_stand_there_may_be_tried_again(stage: Stage) -> None:
    done = Mood(before(lambda: stage.put("a", DATA)), on="PutObject")
    stage.act(done, FAILS)
    assert type(failure(stage.opened().write_if, "a", body(), expect=ABSENT)) is Unavailable


def test_500_of_a_bucket_that_is_gone_is_told_as_that(stage: Stage) -> None:
    stage.act(
        Mood(Answers(500, "InternalError"), on="PutObject"),
        Mood(Answers(404, "NoSuchKey"), on="HeadObject"),
        Mood(Answers(404, "NoSuchBucket"), on="HeadBucket"),
    )
    error = failure(stage.opened().write_if, "a", body(), expect=ABSENT)
    assert (type(error), error.key) == (NotFound, "")


def test_500_without_a_condition_asks_nothing(stage: Stage) -> None:
    stage.act(FAILS)
    assert type(failure(stage.opened().write, "a", body())) is Unavailable
    assert stage.operations() == ["PutObject"]


def test_500_is_not_settled_by_an_answer_that_does_not_come(stage: Stage) -> None:
    stage.act(FAILS, Mood(Answers(503, "SlowDown"), on="HeadObject"))
    assert type(failure(stage.opened().write_if, "a", body(), expect=ABSENT)) is Unavailable


def test_a_service_that_takes_bare_etags_only_gets_these(stage: Stage) -> None:
    etag = stage.put("a", b"before")
    stage.act(Mood(BareIfMatch()))
    store = stage.opened(msgspec.structs.replace(HONOURS_ALL, replaces="bare"))
    assert type(failure(store.write_if, "a", body(), expect="0" * 32)) is VersionMismatch
    store.write_if("a", body(), expect=etag)
    assert stage.held("a") == DATA
    assert stage.proxy.requests[-1].headers["if-match"] == etag


def test_who_has_no_conditions_sends_nothing_and_says_so(stage: Stage) -> None:
    stage.put("a", b"before")
    store = stage.opened(UNKNOWN)
    assert "WritesConditionally" in store.traits.lacks
    assert "WritesConditionally" in failure(store.write_if, "a", body(), expect=ABSENT).message
    assert stage.operations() == []


def test_no_condition_is_promised_for_what_would_come_in_parts(stage: Stage) -> None:
    store = stage.opened(msgspec.structs.replace(HONOURS_ALL, completes=False))
    limit = store.traits.conditional_write_limit
    assert limit is not None
    error = failure(store.write_if, "a", body(bytes(limit + 1)), expect=ABSENT)
    assert str(limit) in error.message
    assert stage.operations() == []
    store.write_if("a", body(bytes(limit)), expect=ABSENT)
    assert stage.told("a")["ContentLength"] == limit


# Bodies


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
def test_a_body_of_another_size_than_it_said_is_not_sent(stage: Stage, size: int) -> None:
    odd = OddBody(DATA, size=size)
    assert type(failure(stage.opened().write, "a", odd)) is Corrupted
    assert stage.operations() == []
    assert odd.closed == odd.opened == 1


def test_a_body_of_other_bytes_than_it_promised_is_not_sent(stage: Stage) -> None:
    odd = OddBody(DATA, digests={"sha256": "0" * 64})
    assert type(failure(stage.opened().write, "a", odd)) is Corrupted
    assert stage.operations() == []


def test_an_empty_body_is_an_empty_object(stage: Stage) -> None:
    entry = stage.opened().write("a", body(b""))
    assert (entry.size, entry.digests) == (
        0,
        {"sha256": sha256(b"").hexdigest(), "md5": md5(b"").hexdigest()},
    )
    assert stage.held("a") == b""


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a\\b", "a\x00b", "ä" * 513])
def test_keys_that_nobody_can_keep_are_refused_before_anything_is_sent(
    stage: Stage, key: str
) -> None:
    assert type(failure(stage.opened().write, key, body())) is InvalidKey
    assert stage.operations() == []


def test_bodies_wait_until_there_is_room_for_them(stage: Stage) -> None:
    store, gate = stage.opened(sizes=Sizes(single=MIB, part=MIB)), Gate()
    room, signals = watched(2 * MIB)
    store._ground.room = room
    stage.act(Mood(before(gate), on="PutObject"))
    sent = [apart(store.write, f"{number}", body(bytes(MIB))) for number in range(3)]
    gate.wait_for(2)
    assert signals.waiting.acquire(timeout=20)
    gate.open()
    for one in sent:
        one.result(20)
    assert gate.most == 2
    assert stage.all_keys() == ["0", "1", "2"]
    assert room.take(2 * MIB) == 2 * MIB


def test_a_body_that_fails_gives_its_room_back(stage: Stage) -> None:
    store = stage.opened()
    store._ground.room = Room(len(DATA))
    stage.act(Mood(Answers(503, "SlowDown"), on="PutObject", nth=1))
    failure(store.write, "a", body())
    failure(store.write, "a", OddBody(DATA, error=Unavailable("gone")))
    store.write("a", body())
    assert stage.held("a") == DATA


# What goes along


def test_what_is_known_of_a_file_arrives(stage: Stage) -> None:
    store = stage.opened()
    given = body(mtime_ns=MTIME, content_type="text/x-odd", metadata={"of": "mine"})
    store.write("a", given)
    told = stage.told("a")
    assert told["ContentType"] == "text/x-odd"
    assert told["Metadata"] == {
        "of": "mine",
        "mtime": "1700000000.123456789",
        "buckia-digest": f"sha256:{SHA256}",
        "buckia-etag": ETAG,
    }
    entry = store.stat("a")
    assert (entry.mtime_ns, entry.digests) == (MTIME, {"sha256": SHA256})


def test_rules_for_objects_arrive_where_they_match(stage: Stage) -> None:
    rule = ObjectRule(
        match="*.html",
        storage_class="STANDARD_IA",
        sse="AES256",
        tags={"who": "me + you", "why": "a=b"},
        cache_control="max-age=60",
        content_disposition="inline",
        metadata={"of": "the rule", "more": "1"},
    )
    store = stage.opened(objects=(rule,))
    store.write("a/b.html", body(metadata={"of": "mine"}, mtime_ns=MTIME))
    store.write("a/b.txt", body())
    first, second = stage.proxy.requests
    sent = first.headers
    assert (sent["x-amz-storage-class"], sent["cache-control"]) == ("STANDARD_IA", "max-age=60")
    assert (sent["content-disposition"], sent["x-amz-server-side-encryption"]) == (
        "inline",
        "AES256",
    )
    kept = ours(sent)
    assert (kept["of"], kept["more"], kept["mtime"]) == ("the rule", "1", "1700000000.123456789")
    tags = stage.direct.get_object_tagging(Bucket=stage.name, Key="a/b.html")["TagSet"]
    assert {one["Key"]: one["Value"] for one in tags} == {"who": "me + you", "why": "a=b"}
    plain = {"x-amz-storage-class", "cache-control", "content-disposition", "x-amz-tagging"}
    assert plain.isdisjoint(second.headers)
    assert set(ours(second.headers)) == {"buckia-digest", "buckia-etag"}


def test_a_key_of_the_service_goes_along(stage: Stage) -> None:
    rule = ObjectRule(match="*", sse="aws:kms", kms_key="alias/ours")
    stage.opened(objects=(rule,)).write("a", body())
    sent = stage.one("PutObject").headers
    assert sent["x-amz-server-side-encryption"] == "aws:kms"
    assert sent["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/ours"


def test_digests_written_beside_other_bytes_are_not_believed(stage: Stage) -> None:
    """Somebody wrote the object anew and carried the metadata over."""
    store = stage.opened()
    store.write("a", body())
    stage.put("a", b"others", Metadata=stage.told("a")["Metadata"])
    assert store.stat("a").digests == {"md5": md5(b"others").hexdigest()}


@pytest.mark.parametrize("habits", [HONOURS_ALL, UNKNOWN])
def test_a_write_that_tells_no_etag_is_asked_about(stage: Stage, habits: Habits) -> None:
    stage.act(Mood(TellsNoTag(), on="PutObject"))
    entry = stage.opened(habits).write("a", body())
    assert (entry.version, entry.digests["sha256"]) == (ETAG, SHA256)


@pytest.mark.parametrize("habits", [HONOURS_ALL, UNKNOWN])
def test_what_somebody_else_wrote_is_neither_told_as_ours_nor_removed(
    stage: Stage, habits: Habits
) -> None:
    """The answer names no ETag, and by the time of a look another object stands there."""

    meanwhile = after(lambda: stage.put("a", b"somebody else's"))
    stage.act(Mood(TellsNoTag(), on="PutObject"), Mood(meanwhile, on="PutObject"))
    error = failure(stage.opened(habits).write, "a", BytesBody(data=b"ours"))
    assert type(error) is Overtaken
    assert stage.held("a") == b"somebody else's"
