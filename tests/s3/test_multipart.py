"""Large bodies in parts: side by side, continued where they were cut off, and never mixed up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import md5, sha256
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec
import pytest

from buckia import digests
from buckia.body import BytesBody, WatchedBody
from buckia.errors import (
    AccessDenied,
    Corrupted,
    NotFound,
    Overtaken,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.pieces import SMALLEST
from buckia.protocols import ABSENT, Absent
from buckia.provider import Context
from buckia.secrets import Secret
from buckia.testing.bodies import OddBody
from buckia_s3.etags import of_parts
from buckia_s3.habits import Habits
from buckia_s3.notes import Unfinished
from buckia_s3.opening import opened
from buckia_s3.options import Options
from buckia_s3.parts import LARGEST_OBJECT, MIB, Sizes
from buckia_s3.rules import ObjectRule
from buckia_s3.store import S3Store
from tests.s3.acting import (
    HONOURS_ALL,
    LOSES_TAGS,
    PATIENCE,
    TINY,
    Acts,
    DamagesUpload,
    Encrypts,
    Gate,
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
    tiny_parts,
    without_header,
)
from tests.s3.servers.answering import (
    Answers,
    CutsConnection,
    LosesAnswer,
    LosesTags,
    SendsErrorIn200,
)
from tests.s3.servers.bodies import ChecksBodies, WrongChecksum
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request
from tests.s3.test_room import apart, watched

SIZE = 3 * MIB + 5
DATA = data_of(SIZE)
SHA256 = sha256(DATA).hexdigest()
ETAG = of_parts([md5(DATA[at : at + MIB]).hexdigest() for at in range(0, SIZE, MIB)])
DAY = 24 * 3600.0
BUSY = Answers(503, "SlowDown")
LAST = range(4, 10)
"""The fourth request of its kind and all after it."""


@pytest.fixture
def stage(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    tiny_parts(monkeypatch)
    with on_stage(moto, tmp_path) as stage:
        yield stage


def store_on(stage: Stage, habits: Habits = HONOURS_ALL, **more: Any) -> S3Store:
    return stage.opened(habits, sizes=TINY, **more)


def body(data: bytes = DATA, **more: Any) -> BytesBody:
    return BytesBody(data=data, **more)


def cut_off(stage: Stage, **more: Any) -> S3Store:
    """A store whose upload of "a" was cut off when all parts but the last were there."""
    store = store_on(stage, max_workers=1, **more)
    stage.act(Mood(BUSY, on="UploadPart", nth=LAST))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert stage.parts_sent() == [1, 2, 3, 4]
    assert len(stage.uploads()) == 1
    stage.act()
    return store


def test_a_large_body_arrives_whole_with_all_that_is_known_of_it(stage: Stage) -> None:
    rule = ObjectRule(match="a", cache_control="no-store", tags={"of": "ours"})
    store = store_on(stage, objects=(rule,))
    given = body(mtime_ns=5, content_type="text/x-odd", metadata={"of": "mine"})
    entry = store.write("a", given)
    assert stage.held("a") == DATA
    assert (entry.version, entry.size, entry.mtime_ns) == (ETAG, SIZE, 5)
    assert entry.digests == {"sha256": SHA256} == store.stat("a").digests
    told = stage.told("a")
    assert (told["ContentType"], told["CacheControl"]) == ("text/x-odd", "no-store")
    assert told["Metadata"] == {
        "of": "mine",
        "mtime": "0.000000005",
        "buckia-digest": f"sha256:{SHA256}",
        "buckia-etag": ETAG,
        "buckia-pieces": f"{SMALLEST}:{digests.of(DATA, f'pieces/{SMALLEST}')}",
    }
    assert stage.uploads() == {}
    assert store._ground.notes.all_unfinished() == []


def test_the_limit_itself_goes_at_once_and_one_byte_more_in_parts(stage: Stage) -> None:
    store = store_on(stage)
    store.write("a", body(bytes(MIB)))
    assert stage.operations() == ["PutObject"]
    stage.proxy.forget()
    store.write("b", body(bytes(MIB + 1)))
    assert stage.parts_sent() == [1, 2]
    assert (len(stage.held("a")), len(stage.held("b"))) == (MIB, MIB + 1)


def test_each_part_is_sent_with_its_checksum(stage: Stage) -> None:
    stage.act(Mood(ChecksBodies()))
    store_on(stage).write("a", body())
    sent = [one for one in stage.proxy.requests if one.operation == "UploadPart"]
    assert len(sent) == 4
    assert all("content-md5" in one.headers for one in sent)


def test_parts_are_sent_side_by_side(stage: Stage) -> None:
    # Nobody comes through before four of them are there.
    together = Barrier(4, timeout=PATIENCE)
    stage.act(Mood(before(together.wait), on="UploadPart"))
    store_on(stage).write("a", body())
    assert stage.held("a") == DATA


def test_no_more_is_in_memory_than_there_is_room_for(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    room, signals = watched(2 * MIB)
    store._ground.room = room
    stage.act(Mood(before(gate), on="UploadPart"))
    sent = apart(store.write, "a", body())
    gate.wait_for(2)
    assert signals.waiting.acquire(timeout=PATIENCE)
    gate.open()
    sent.result(PATIENCE)
    assert gate.most == 2
    assert stage.held("a") == DATA
    assert room.take(2 * MIB) == 2 * MIB


def test_all_uploads_share_the_room(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    room, signals = watched(3 * MIB)
    store._ground.room = room
    stage.act(Mood(before(gate), on="UploadPart PutObject"))
    sent = [apart(store.write, key, body()) for key in "ab"]
    sent.append(apart(store.write, "c", body(bytes(MIB))))
    gate.wait_for(3)
    for _ in "ab":
        assert signals.waiting.acquire(timeout=PATIENCE)
    gate.open()
    for one in sent:
        one.result(PATIENCE)
    assert gate.most == 3
    assert [len(stage.held(key)) for key in "abc"] == [SIZE, SIZE, MIB]


def test_an_upload_that_fails_gives_its_room_back(stage: Stage) -> None:
    store = store_on(stage)
    room, _ = watched(2 * MIB)
    store._ground.room = room
    stage.act(Mood(BUSY, on="UploadPart", nth=range(2, 9)))
    failure(store.write, "a", body())
    assert room.take(2 * MIB) == 2 * MIB


def test_a_body_that_no_number_of_parts_can_hold_is_refused(stage: Stage) -> None:
    huge = OddBody(b"", size=LARGEST_OBJECT + 1)
    error = failure(store_on(stage).write, "a", huge)
    assert str(LARGEST_OBJECT) in error.message
    assert (stage.operations(), huge.opened) == ([], 0)


# Going on


def test_the_next_write_sends_only_what_is_missing(stage: Stage) -> None:
    store = cut_off(stage)
    entry = store.write("a", body())
    assert stage.parts_sent() == [4]
    assert "CreateMultipartUpload" not in stage.operations()
    assert (stage.held("a"), entry.version) == (DATA, ETAG)
    assert entry.digests == {"sha256": SHA256}
    assert stage.uploads() == {}


def test_a_new_store_goes_on_too(stage: Stage) -> None:
    cut_off(stage).close()
    store_on(stage).write("a", body())
    assert stage.parts_sent() == [4]
    assert stage.held("a") == DATA


def test_also_without_a_folder_for_notes_the_same_store_goes_on(stage: Stage) -> None:
    store = cut_off(stage, notes=None)
    store.write("a", body())
    assert stage.parts_sent() == [4]


def test_a_gap_in_the_middle_is_filled(stage: Stage) -> None:
    store = store_on(stage)
    second = Acts(
        lambda request, forward: (
            BUSY(request, forward) if request.query["partNumber"] == "2" else forward(request)
        )
    )
    room, _ = watched(SIZE)
    store._ground.room = room
    stage.act(Mood(second, on="UploadPart"))
    failure(store.write, "a", body())
    [upload] = stage.uploads()
    rows = stage.direct.list_parts(Bucket=stage.name, Key="a", UploadId=upload)["Parts"]
    there = {row["PartNumber"] for row in rows}
    assert 2 not in there
    stage.act()
    store.write("a", body())
    assert stage.parts_sent() == sorted({1, 2, 3, 4} - there)
    assert stage.held("a") == DATA


def test_the_parts_that_are_there_are_told_in_pages(stage: Stage) -> None:
    store = cut_off(stage)

    def one_by_one(request: Request, forward: Forward) -> Answer:
        return forward(request.asking({**request.query, "max-parts": "1"}))

    stage.act(Mood(Acts(one_by_one), on="ListParts"))
    store.write("a", body())
    assert stage.operations().count("ListParts") == 3
    assert stage.parts_sent() == [4]


def test_a_part_with_other_bytes_is_sent_again(stage: Stage) -> None:
    store = cut_off(stage)
    [upload] = stage.uploads()
    stage.direct.upload_part(
        Bucket=stage.name, Key="a", UploadId=upload, PartNumber=2, Body=bytes(MIB)
    )
    store.write("a", body())
    assert stage.parts_sent() == [2, 4]
    assert stage.held("a") == DATA


@pytest.mark.parametrize("operation", ["CompleteMultipartUpload", "ListParts"])
def test_what_may_pass_leaves_the_upload_for_later(stage: Stage, operation: str) -> None:
    store = cut_off(stage)
    stage.act(Mood(BUSY, on=operation))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert len(stage.uploads()) == 1
    stage.act()
    store.write("a", body())
    assert stage.parts_sent() in ([], [4])
    assert stage.held("a") == DATA


@pytest.mark.parametrize(
    "changed",
    [
        body(data_of(SIZE, seed=1)),
        body(data_of(SIZE + 1)),
        body(metadata={"of": "mine"}),
        body(content_type="text/x-odd"),
        body(mtime_ns=5),
    ],
    ids=["bytes", "size", "metadata", "type", "time"],
)
def test_another_body_begins_anew_and_the_old_upload_is_aborted(
    stage: Stage, changed: BytesBody
) -> None:
    store = cut_off(stage)
    [old] = stage.uploads()
    store.write("a", changed)
    aborted = stage.one("AbortMultipartUpload")
    assert (aborted.key, aborted.query["uploadId"]) == ("a", old)
    assert 1 in stage.parts_sent()
    assert stage.held("a") == changed.data
    assert stage.uploads() == {}


def test_an_upload_that_the_service_has_forgotten_begins_anew(stage: Stage) -> None:
    store = cut_off(stage)
    [old] = stage.uploads()
    stage.direct.abort_multipart_upload(Bucket=stage.name, Key="a", UploadId=old)
    store.write("a", body())
    assert stage.parts_sent() == [1, 2, 3, 4]
    assert stage.held("a") == DATA
    assert store._ground.notes.all_unfinished() == []


def test_the_upload_of_somebody_else_is_never_touched(stage: Stage) -> None:
    def begin() -> str:
        made = stage.direct.create_multipart_upload(Bucket=stage.name, Key="a")["UploadId"]
        stage.direct.upload_part(
            Bucket=stage.name, Key="a", UploadId=made, PartNumber=1, Body=DATA[:MIB]
        )
        return made

    foreign = begin()
    store = cut_off_beside(stage)
    store.write("a", body())
    store.write("a", body(data_of(SIZE, seed=2)))
    assert store.sweep() == 0
    named = {one.query.get("uploadId", "") for one in stage.proxy.requests}
    assert foreign not in named
    assert stage.uploads() == {foreign: "a"}


def cut_off_beside(stage: Stage) -> S3Store:
    store = store_on(stage, max_workers=1)
    stage.act(Mood(BUSY, on="UploadPart", nth=LAST))
    failure(store.write, "a", body())
    stage.act()
    return store


def test_two_threads_that_write_one_key_do_not_share_an_upload(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    bodies = [data_of(SIZE), data_of(SIZE, seed=1)]
    stage.act(Mood(before(gate), on="CompleteMultipartUpload"))
    sent = [apart(store.write, "a", body(data)) for data in bodies]
    gate.wait_for(2)
    assert len(stage.uploads()) == 2
    gate.open()
    entries = [one.result(PATIENCE) for one in sent]
    assert stage.held("a") in bodies
    assert {entry.digests["sha256"] for entry in entries} == {
        sha256(data).hexdigest() for data in bodies
    }
    parts: dict[str, list[str]] = {}
    for one in stage.proxy.requests:
        if one.operation == "UploadPart":
            parts.setdefault(one.query["uploadId"], []).append(one.query["partNumber"])
    assert [sorted(numbers) for numbers in parts.values()] == [["1", "2", "3", "4"]] * 2
    assert stage.uploads() == {}


def test_who_comes_while_the_same_bytes_are_on_their_way_begins_an_upload_of_its_own(
    stage: Stage,
) -> None:
    store, gate = store_on(stage), Gate()
    stage.act(Mood(before(gate), on="UploadPart", nth=1))
    first = apart(store.write, "a", body())
    gate.wait_for(1)
    [begun] = stage.uploads()
    store.write("a", body())
    # Its parts, and its end, were of another upload.
    assert stage.one("CompleteMultipartUpload").query["uploadId"] != begun
    assert list(stage.uploads()) == [begun]
    gate.open()
    first.result(PATIENCE)
    assert stage.held("a") == DATA
    assert stage.uploads() == {}


def test_two_threads_that_write_the_same_bytes_do_not_share_one_either(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    stage.act(Mood(before(gate), on="CompleteMultipartUpload"), *like_aws())
    sent = [apart(lambda: store.write_if("a", body(), expect=ABSENT)) for _ in range(2)]

    def ended() -> list[str]:
        found = [one.exception(PATIENCE) for one in sent]
        return sorted(type(error).__name__ for error in found)

    gate.wait_for(2)
    gate.open()
    assert ended() == ["NoneType", "VersionMismatch"]
    assert stage.held("a") == DATA
    assert stage.uploads() == {}


CHILD = """
import json, sys
from pathlib import Path
from buckia.body import BytesBody
from tests.s3.acting import data_of
from tests.s3.test_multipart import opened_alone

given = json.load(sys.stdin)
store = opened_alone(given["bucket"], given["endpoint"], Path(given["folder"]))
store.write("a", BytesBody(data=data_of(given["size"])))
"""


def opened_alone(bucket: str, endpoint: str, folder: Path, sizes: Sizes = TINY) -> S3Store:
    """For a process of its own."""
    store = opened(
        Options(access_key=Secret("me"), secret_key=Secret("not-told")),
        Context(
            bucket_name=bucket,
            base=folder,
            endpoint_url=endpoint,
            notes=folder / "notes",
            max_workers=1,
        ),
        sizes=sizes,
    )
    store.habits = HONOURS_ALL
    return store


@pytest.mark.skipif(os.name != "posix", reason="kills the POSIX way")
def test_what_a_killed_process_has_sent_is_not_sent_again(stage: Stage) -> None:
    gate = Gate()
    stage.act(Mood(before(gate), on="UploadPart", nth=4))
    given = {
        "bucket": stage.name,
        "endpoint": stage.proxy.endpoint,
        "folder": str(stage.folder),
        "size": SIZE,
    }
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(given).encode())
            process.stdin.close()
            gate.wait_for(1)
        finally:
            process.send_signal(signal.SIGKILL)
    gate.open()
    assert len(stage.uploads()) == 1
    stage.act()
    entry = store_on(stage).write("a", body())
    assert "CreateMultipartUpload" not in stage.operations()
    assert set(stage.parts_sent()) <= {4}
    assert (stage.held("a"), entry.version) == (DATA, ETAG)
    assert stage.uploads() == {}


# Ending


@pytest.mark.parametrize("expect", [ABSENT, "old"])
def test_a_condition_holds_at_completion_and_its_refusal_aborts(
    stage: Stage, expect: str | Absent
) -> None:
    if expect == "old":
        expect = stage.put("a", b"before")
    other = Mood(before(lambda: stage.put("a", b"the winner's")), on="CompleteMultipartUpload")
    stage.act(other, *like_aws())
    store = store_on(stage)
    error = failure(store.write_if, "a", body(), expect=expect)
    assert (type(error), error.key) == (VersionMismatch, "a")
    assert stage.held("a") == b"the winner's"
    assert stage.uploads() == {}
    assert store._ground.notes.all_unfinished() == []


def test_a_target_that_is_gone_at_completion_is_another_version(stage: Stage) -> None:
    etag = stage.put("a", b"before")
    gone = Mood(before(lambda: stage.remove("a")), on="CompleteMultipartUpload")
    stage.act(gone, *like_aws())
    error = failure(store_on(stage).write_if, "a", body(), expect=etag)
    assert type(error) is VersionMismatch
    assert (stage.all_keys(), stage.uploads()) == ([], {})


def test_the_right_version_is_replaced(stage: Stage) -> None:
    etag = stage.put("a", b"before")
    stage.act(*like_aws())
    store_on(stage).write_if("a", body(), expect=etag)
    assert stage.held("a") == DATA
    assert stage.one("CompleteMultipartUpload").headers["if-match"] == f'"{etag}"'


@pytest.mark.parametrize(
    ("status", "code", "ends", "stays"),
    [
        (409, "ConditionalRequestConflict", Unavailable, False),
        (500, "InternalError", Unavailable, True),
        (501, "NotImplemented", StorageError, False),
        (400, "InvalidPart", StorageError, False),
    ],
)
def test_each_refusal_of_a_completion_is_told_as_what_it_means(
    stage: Stage, status: int, code: str, ends: type[StorageError], stays: bool
) -> None:
    stage.act(Mood(Answers(status, code), on="CompleteMultipartUpload"))
    assert type(failure(store_on(stage).write, "a", body())) is ends
    assert (stage.all_keys(), bool(stage.uploads())) == ([], stays)


def test_an_error_in_an_answer_that_said_200_is_an_error(stage: Stage) -> None:
    stage.act(Mood(SendsErrorIn200(), on="CompleteMultipartUpload", nth=1))
    store = store_on(stage)
    assert type(failure(store.write, "a", body())) is Unavailable
    assert stage.all_keys() == []
    assert store.write("a", body()).version == ETAG
    assert stage.parts_sent() == [1, 2, 3, 4]
    assert stage.held("a") == DATA


def test_a_refusal_in_an_answer_that_said_200_is_a_refusal(stage: Stage) -> None:
    refusal = SendsErrorIn200(code="PreconditionFailed")
    stage.act(Mood(refusal, on="CompleteMultipartUpload"))
    error = failure(store_on(stage).write_if, "a", body(), expect=ABSENT)
    assert type(error) is VersionMismatch
    assert (stage.all_keys(), stage.uploads()) == ([], {})


@pytest.mark.parametrize("lost", [LosesAnswer(), SendsErrorIn200(done=True)])
def test_a_completion_whose_answer_was_lost_may_be_tried_again(
    stage: Stage, lost: LosesAnswer | SendsErrorIn200
) -> None:
    stage.act(Mood(lost, on="CompleteMultipartUpload", nth=1), *like_aws())
    store = store_on(stage)
    assert type(failure(store.write_if, "a", body(), expect=ABSENT)) is Unavailable
    sent = stage.parts_sent()
    entry = store.write_if("a", body(), expect=ABSENT)
    assert (entry.version, entry.digests) == (ETAG, {"sha256": SHA256})
    assert stage.parts_sent() == sent
    assert stage.held("a") == DATA
    assert stage.uploads() == {}
    assert store._ground.notes.all_unfinished() == []


# Tags that a service forgets

TAGS = {"kept": "for long", "of": "a b=c"}


def tagging(stage: Stage, habits: Habits = LOSES_TAGS, *first: Mood) -> S3Store:
    """A store whose rules give tags, on a service that forgets those of parts."""
    stage.act(*first, Mood(LosesTags()), *like_aws())
    return store_on(stage, habits, objects=(ObjectRule(match="a", tags=TAGS),))


def test_tags_that_a_service_forgets_are_given_to_the_object(stage: Stage) -> None:
    tagging(stage).write("a", body())
    assert tags_at(stage, "a") == TAGS
    assert stage.held("a") == DATA


def test_such_a_service_really_forgets_them(stage: Stage) -> None:
    """Or else the test above would prove nothing."""
    tagging(stage, HONOURS_ALL).write("a", body())
    assert tags_at(stage, "a") == {}


def test_nothing_is_said_of_tags_where_no_rule_has_any(stage: Stage) -> None:
    tagging(stage).write("b", body())
    assert stage.tagging() == []


@pytest.mark.parametrize("lost", [LosesAnswer(), SendsErrorIn200(done=True)])
def test_a_completion_whose_answer_was_lost_has_its_tags(
    stage: Stage, lost: LosesAnswer | SendsErrorIn200
) -> None:
    """Who tries again finds the object there, and takes it for done."""
    store = tagging(stage, LOSES_TAGS, Mood(lost, on="CompleteMultipartUpload", nth=1))
    assert store.write("a", body()).version == ETAG
    assert tags_at(stage, "a") == TAGS
    assert store._ground.notes.all_unfinished() == []


def test_what_a_killed_process_has_completed_gets_its_tags(stage: Stage) -> None:
    store = tagging(stage, HONOURS_ALL, Mood(LosesAnswer(), on="CompleteMultipartUpload", nth=1))
    assert type(failure(store.write, "a", body())) is Unavailable
    store.habits = LOSES_TAGS
    store.write("a", body())
    assert stage.operations().count("CompleteMultipartUpload") == 1
    assert tags_at(stage, "a") == TAGS


def test_a_completion_that_did_not_happen_may_be_tried_again(stage: Stage) -> None:
    store = tagging(stage, LOSES_TAGS, Mood(BUSY, on="CompleteMultipartUpload", nth=1))
    assert type(failure(store.write, "a", body())) is Unavailable
    assert stage.all_keys() == []
    store.write("a", body())
    assert tags_at(stage, "a") == TAGS


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [(403, "AccessDenied", AccessDenied), (503, "SlowDown", StorageError)],
)
def test_an_object_that_cannot_have_its_tags_stays_and_is_told_of(
    stage: Stage, status: int, code: str, ends: type[StorageError]
) -> None:
    """And not as something to be tried again: that would find it there and be content."""
    store = tagging(stage, LOSES_TAGS, Mood(OnTags("PUT", Answers(status, code))))
    error = failure(store.write, "a", body())
    assert (type(error), error.key) == (ends, "a")
    assert error.message.startswith("a is there, but its tags are not: ")
    assert stage.held("a") == DATA
    assert (stage.uploads(), store._ground.notes.all_unfinished()) == ({}, [])


def test_one_that_somebody_removes_at_once_is_overtaken(stage: Stage) -> None:
    gone = Mood(OnTags("PUT", before(lambda: stage.remove("a"))))
    error = failure(tagging(stage, LOSES_TAGS, gone).write, "a", body())
    assert (type(error), error.key) == (Overtaken, "a")


@pytest.mark.parametrize("later", [DATA, data_of(SIZE, seed=1), b""])
def test_what_somebody_else_has_put_there_since_is_no_lost_answer(
    stage: Stage, later: bytes
) -> None:
    stage.act(Mood(LosesAnswer(), on="CompleteMultipartUpload", nth=1), *like_aws())
    store = store_on(stage)
    failure(store.write_if, "a", body(), expect=ABSENT)
    stage.put("a", later)
    assert type(failure(store.write_if, "a", body(), expect=ABSENT)) is VersionMismatch
    assert stage.held("a") == later
    assert stage.uploads() == {}


@pytest.mark.parametrize(
    "habits", [HONOURS_ALL, msgspec.structs.replace(HONOURS_ALL, deletes=False)]
)
def test_damage_that_the_service_took_is_seen_at_the_end_and_removed(
    stage: Stage, habits: Habits
) -> None:
    stage.act(Mood(DamagesUpload(), on="UploadPart", nth=2))
    store = store_on(stage, habits)
    assert type(failure(store.write, "a", body())) is Corrupted
    assert (stage.all_keys(), stage.uploads()) == ([], {})
    stage.act()
    store.write("a", body())
    assert stage.held("a") == DATA


def test_a_part_that_was_damaged_on_its_way_is_refused(stage: Stage) -> None:
    stage.act(Mood(DamagesUpload(), on="UploadPart", nth=2), Mood(ChecksBodies()))
    assert type(failure(store_on(stage).write, "a", body())) is Corrupted
    assert (stage.all_keys(), stage.uploads()) == ([], {})


def test_a_wrong_etag_at_the_end_is_not_believed(stage: Stage) -> None:
    stage.act(Mood(WrongChecksum(), on="CompleteMultipartUpload HeadObject"))
    habits = msgspec.structs.replace(HONOURS_ALL, deletes=False)
    assert type(failure(store_on(stage, habits).write, "a", body())) is Corrupted
    assert stage.all_keys() == []


def test_the_etag_of_an_encrypted_object_is_no_damage_and_no_digest(stage: Stage) -> None:
    strange = f"{'5' * 32}-4"
    stage.act(Mood(Encrypts(etag=strange)))
    store = store_on(stage)
    entry = store.write("a", body())
    assert (entry.version, entry.digests) == (strange, {})
    assert store.stat("a").digests == {}
    assert stage.held("a") == DATA


@pytest.mark.parametrize("tags_of_parts", [True, False])
def test_a_completion_that_tells_no_etag_is_asked_about(stage: Stage, tags_of_parts: bool) -> None:
    stage.act(Mood(TellsNoTag(), on="CompleteMultipartUpload"))
    habits = msgspec.structs.replace(HONOURS_ALL, tags_of_parts=tags_of_parts)
    entry = store_on(stage, habits).write("a", body())
    assert entry.version == ETAG
    assert stage.operations().count("HeadObject") == 1


@pytest.mark.parametrize("tags_of_parts", [True, False])
def test_what_somebody_else_wrote_by_then_is_neither_told_as_ours_nor_removed(
    stage: Stage, tags_of_parts: bool
) -> None:
    meanwhile = after(lambda: stage.put("a", b"somebody else's"))
    stage.act(*(Mood(does, on="CompleteMultipartUpload") for does in (TellsNoTag(), meanwhile)))
    habits = msgspec.structs.replace(HONOURS_ALL, tags_of_parts=tags_of_parts)
    assert type(failure(store_on(stage, habits).write, "a", body())) is Overtaken
    assert stage.held("a") == b"somebody else's"


def test_a_part_that_tells_no_etag_has_the_one_of_its_bytes(stage: Stage) -> None:
    stage.act(Mood(TellsNoTag(), on="UploadPart"))
    assert store_on(stage).write("a", body()).version == ETAG


class TwoFaced(OddBody):
    """Gives other bytes when it is opened again."""

    def __init__(self, *faces: bytes) -> None:
        super().__init__(faces[0])
        self.faces = faces

    def open(self) -> Any:
        self.data = self.faces[min(self.opened, len(self.faces) - 1)]
        return super().open()


def reliable(stage: Stage) -> S3Store:
    """A service that holds each part against its digest."""
    stage.act(*like_aws())
    return store_on(stage)


def careless(stage: Stage) -> S3Store:
    """One that takes what comes."""
    stage.act(Mood(without_header("content-md5"), on="UploadPart"), *like_aws())
    return store_on(stage, msgspec.structs.replace(HONOURS_ALL, checks_parts=False))


SECOND = {
    "other": data_of(SIZE, seed=1),
    "short": DATA[:-1],
    "shorter": DATA[: MIB + 7],
    "longer": DATA + b"!",
    "other end": DATA[: -MIB // 2] + bytes(MIB // 2),
}


@pytest.mark.parametrize("ways", [reliable, careless])
@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_a_body_that_changes_between_its_two_readings_is_not_stored(
    stage: Stage, ways: Callable[[Stage], S3Store], second: bytes
) -> None:
    error = failure(ways(stage).write, "a", TwoFaced(DATA, second))
    assert isinstance(error, Corrupted)
    assert "CompleteMultipartUpload" not in stage.operations()
    assert (stage.all_keys(), stage.uploads()) == ([], {})


@pytest.mark.parametrize("ways", [reliable, careless])
@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_a_body_that_changes_after_its_outline_is_not_stored(
    stage: Stage, ways: Callable[[Stage], S3Store], second: bytes
) -> None:
    store = ways(stage)
    outlined = store.outline(TwoFaced(DATA, second))
    assert outlined is not None
    assert isinstance(failure(store.write, "a", outlined), Corrupted)
    assert "CompleteMultipartUpload" not in stage.operations()
    assert (stage.all_keys(), stage.uploads()) == ([], {})


def test_an_outlined_body_is_read_once_more_for_each_try(stage: Stage) -> None:
    stage.act(Mood(BUSY, on="CompleteMultipartUpload", nth=1))
    store, odd = store_on(stage), OddBody(DATA)
    outlined = store.outline(odd)
    assert outlined is not None
    assert odd.opened == 1
    assert outlined.digests == {"sha256": digests.of(DATA, "sha256")}
    # As it comes through the engine, which counts what passes.
    watched = WatchedBody(outlined, is_proven=True)
    failure(store.write, "a", watched)
    assert odd.opened == 2
    assert store.write("a", watched).version == ETAG
    assert odd.opened == odd.closed == 3
    assert stage.held("a") == DATA


@pytest.mark.parametrize("size", [0, 1, MIB])
def test_what_goes_in_one_request_has_no_outline(stage: Stage, size: int) -> None:
    odd = OddBody(bytes(size))
    assert store_on(stage).outline(odd) is None
    assert not odd.opened


def test_a_body_of_other_bytes_than_it_promised_is_not_sent(stage: Stage) -> None:
    odd = OddBody(DATA, digests={"sha256": "0" * 64})
    assert type(failure(store_on(stage).write, "a", odd)) is Corrupted
    assert stage.operations() == []
    assert odd.closed == odd.opened


def test_a_body_that_breaks_off_while_it_is_sent_leaves_the_upload(stage: Stage) -> None:
    class BreaksOff(OddBody):
        def open(self) -> Any:
            if self.opened:
                self.data, self.error = DATA[: 2 * MIB], Unavailable("the source is gone")
            return super().open()

    store = store_on(stage)
    odd = BreaksOff(DATA)
    assert type(failure(store.write, "a", odd)) is Unavailable
    assert odd.closed == odd.opened == 2
    assert len(stage.uploads()) == 1
    stage.act()
    store.write("a", body())
    assert "CreateMultipartUpload" not in stage.operations()
    assert stage.held("a") == DATA


def test_nothing_more_is_sent_where_the_rest_cannot_come(stage: Stage) -> None:
    stage.act(Mood(BUSY, on="UploadPart", nth=range(1, 99)))
    store = store_on(stage, max_workers=1)
    room, _ = watched(MIB)
    store._ground.room = room
    failure(store.write, "a", body())
    # The room lets one part in at a time, so the failure of the first is known soon.
    assert len(stage.parts_sent()) <= 2


def test_a_cut_in_a_part_leaves_the_upload_for_later(stage: Stage) -> None:
    store = store_on(stage, max_workers=1)
    stage.act(Mood(CutsConnection(after=1000, of="request"), on="UploadPart", nth=range(2, 9)))
    assert type(failure(store.write, "a", body())) is Unavailable
    stage.act()
    store.write("a", body())
    assert stage.parts_sent() == [2, 3, 4]
    assert stage.held("a") == DATA


# Sweeping


def noted(stage: Stage, store: S3Store, key: str, age: float) -> str:
    made = stage.direct.create_multipart_upload(Bucket=stage.name, Key=key)["UploadId"]
    store._ground.notes.begun(
        Unfinished(bucket=stage.name, key=key, upload=made, likeness="", began=time.time() - age)
    )
    return made


def test_a_sweep_aborts_what_is_older_than_a_day_and_nothing_else(stage: Stage) -> None:
    store = store_on(stage)
    foreign = stage.direct.create_multipart_upload(Bucket=stage.name, Key="old")["UploadId"]
    old = noted(stage, store, "old", DAY + 60)
    young = noted(stage, store, "young", DAY - 60)
    stage.put("old", b"an object")
    assert store.sweep() == 1
    assert [one.query["uploadId"] for one in stage.proxy.requests] == [old]
    assert set(stage.uploads()) == {foreign, young}
    assert [one.key for one in store._ground.notes.all_unfinished()] == ["young"]
    assert stage.held("old") == b"an object"
    assert store.sweep() == 0


def test_a_sweep_leaves_alone_what_a_thread_is_at(stage: Stage) -> None:
    store = store_on(stage)
    made = noted(stage, store, "a", DAY + 60)
    with store._ground.notes.upload("a"):
        assert store.sweep() == 0
    assert stage.uploads() == {made: "a"}
    assert store.sweep() == 1


def test_a_sweep_takes_what_is_gone_already_for_done(stage: Stage) -> None:
    store = store_on(stage)
    made = noted(stage, store, "a", DAY + 60)
    stage.direct.abort_multipart_upload(Bucket=stage.name, Key="a", UploadId=made)
    assert store.sweep() == 1
    assert store.sweep() == 0


def test_a_sweep_that_fails_tries_again_another_time(stage: Stage) -> None:
    store = store_on(stage)
    noted(stage, store, "a", DAY + 60)
    stage.act(Mood(BUSY, on="AbortMultipartUpload", nth=1))
    assert type(failure(store.sweep)) is Unavailable
    assert store.sweep() == 1
    assert stage.uploads() == {}


def test_a_bucket_that_is_gone_is_no_upload_that_has_ended(stage: Stage) -> None:
    store = store_on(stage)
    noted(stage, store, "a", DAY + 60)
    stage.act(Mood(Answers(404, "NoSuchBucket"), on="AbortMultipartUpload"))
    error = failure(store.sweep)
    assert (type(error), error.key) == (NotFound, "")
    assert len(store._ground.notes.all_unfinished()) == 1


def test_a_store_that_is_closed_has_ended_its_threads(stage: Stage) -> None:
    store = store_on(stage)
    store.write("a", body())
    mine = [one for one in threading.enumerate() if one.name.startswith("buckia-part")]
    assert mine
    store.close()
    store.close()
    assert not any(one.is_alive() for one in mine)


def test_many_large_bodies_at_once_end_all(stage: Stage) -> None:
    """More uploads than hands and less room than bodies: nobody waits for ever."""
    store = store_on(stage, max_workers=2)
    room, _ = watched(2 * MIB)
    store._ground.room = room
    with closing(store), ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(store.write, f"{n}", body(data_of(2 * MIB, seed=n))) for n in range(6)]
        for one in sent:
            one.result(PATIENCE * 3)
    assert [stage.held(f"{n}") == data_of(2 * MIB, seed=n) for n in range(6)] == [True] * 6


@pytest.mark.parametrize("size", [0, 1])
def test_parts_are_never_smaller_than_a_service_takes_by_default(size: int) -> None:
    assert Sizes()[size] >= 5 * MIB
