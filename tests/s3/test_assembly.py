"""Uploads in parts, from beginning to end: noted, continued, thrown away, never lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable, VersionMismatch
from buckia.protocols import ABSENT
from buckia.testing.bodies import OddBody
from buckia_s3.assembly import side_by_side
from buckia_s3.notes import Unfinished
from buckia_s3.parts import MIB
from buckia_s3.store import S3Store
from tests.s3.acting import (
    PATIENCE,
    TINY,
    Acts,
    Gate,
    Stage,
    before,
    data_of,
    failure,
    like_aws,
    on_stage,
    tiny_parts,
)
from tests.s3.servers.access import client
from tests.s3.servers.answering import Answers, CutsConnection, LosesAnswer
from tests.s3.servers.documents import added, edited, put_text, read, refusal
from tests.s3.servers.listings import DatesUploads
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request
from tests.s3.test_room import apart

SIZE = 3 * MIB + 5
DATA = data_of(SIZE)
OTHER = data_of(SIZE, seed=1)
BUSY = Answers(503, "SlowDown")


@pytest.fixture
def stage(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    tiny_parts(monkeypatch)
    with on_stage(moto, tmp_path) as stage:
        yield stage


def store_on(stage: Stage, **more: Any) -> S3Store:
    return stage.opened(sizes=TINY, **more)


def body(data: bytes = DATA) -> BytesBody:
    return BytesBody(data=data)


def noted(store: S3Store, key: str = "a") -> Unfinished | None:
    return store._ground.notes.unfinished(key)


# The beginning


@pytest.mark.parametrize(
    "lost", [LosesAnswer(), CutsConnection(of="answer", after=0), Answers(503, "SlowDown")]
)
def test_an_upload_whose_name_never_came_is_found_and_thrown_away(
    stage: Stage, lost: LosesAnswer | CutsConnection | Answers
) -> None:
    stage.act(Mood(lost, on="CreateMultipartUpload", nth=1), Mood(DatesUploads()))
    store = store_on(stage)
    assert type(failure(store.write, "a", body())) is Unavailable
    found = noted(store)
    assert found is not None
    assert not found.upload
    later = store_on(stage)
    later.write("a", body(OTHER))
    assert stage.held("a") == OTHER
    assert stage.uploads() == {}
    assert noted(later) is None


def test_of_other_uploads_none_is_taken_for_it(stage: Stage) -> None:
    """One with parts is somebody's who is at it; one of another key is another's anyway."""
    stage.act(Mood(LosesAnswer(), on="CreateMultipartUpload", nth=1), Mood(DatesUploads()))
    store = store_on(stage)
    failure(store.write, "a", body())
    ours = set(stage.uploads())
    with closing(client(stage.proxy.access)) as other:
        for key in ("a", "ab"):
            named: dict[str, Any] = {"Bucket": stage.name, "Key": key}
            upload = other.create_multipart_upload(**named)["UploadId"]
            if key == "a":
                other.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"theirs")
    theirs = {upload: key for upload, key in stage.uploads().items() if upload not in ours}
    assert len(theirs) == 2
    store.write("a", body())
    assert stage.uploads() == theirs


def test_one_of_another_day_is_not_taken_for_it(stage: Stage) -> None:
    other = stage.direct.create_multipart_upload(Bucket=stage.name, Key="a")["UploadId"]
    store = store_on(stage)
    store._ground.notes.begun(
        Unfinished(bucket=stage.name, key="a", upload="", likeness="", began=86_400.0)
    )
    store.write("a", body())
    assert stage.uploads() == {other: "a"}


def test_an_upload_that_is_told_of_without_its_name_is_left_alone(stage: Stage) -> None:
    def nameless(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        added(root, "Upload", {"Key": "a", "Initiated": datetime.now(UTC).isoformat()})
        return edited(answer, root)

    lost = Mood(LosesAnswer(), on="CreateMultipartUpload", nth=1)
    stage.act(lost, Mood(Acts(nameless), on="ListMultipartUploads"), Mood(DatesUploads()))
    store = store_on(stage)
    failure(store.write, "a", body())
    store.write("a", body())
    assert stage.held("a") == DATA
    assert stage.uploads() == {}


@pytest.mark.parametrize("operation", ["ListMultipartUploads", "AbortMultipartUpload"])
def test_who_may_not_look_for_it_still_writes(stage: Stage, operation: str) -> None:
    lost = Mood(LosesAnswer(), on="CreateMultipartUpload", nth=1)
    stage.act(lost, Mood(Answers(403, "AccessDenied"), on=operation))
    store = store_on(stage)
    failure(store.write, "a", body())
    store.write("a", body())
    assert stage.held("a") == DATA
    assert noted(store) is None


def test_a_service_that_cannot_look_now_is_asked_again(stage: Stage) -> None:
    lost = Mood(LosesAnswer(), on="CreateMultipartUpload", nth=1)
    stage.act(lost, Mood(BUSY, on="ListMultipartUploads", nth=1), Mood(DatesUploads()))
    store = store_on(stage)
    assert type(failure(store.write, "a", body())) is Unavailable
    assert type(failure(store.write, "a", body())) is Unavailable
    store.write("a", body())
    assert stage.uploads() == {}


def test_an_upload_that_may_not_be_begun_leaves_no_note(stage: Stage) -> None:
    stage.act(Mood(Answers(403, "AccessDenied"), on="CreateMultipartUpload"))
    store = store_on(stage)
    assert type(failure(store.write, "a", body())) is AccessDenied
    assert noted(store) is None


def test_an_upload_without_a_name_is_no_upload(stage: Stage) -> None:
    def nameless(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        put_text(root, "UploadId", "")
        return edited(answer, root)

    stage.act(Mood(Acts(nameless), on="CreateMultipartUpload", nth=1), Mood(DatesUploads()))
    store = store_on(stage)
    assert type(failure(store.write, "a", body())) is Unavailable
    store.write("a", body())
    assert stage.uploads() == {}


def test_a_bucket_that_is_gone_is_told_as_that(stage: Stage) -> None:
    stage.act(Mood(Answers(404, "NoSuchBucket"), on="CreateMultipartUpload"))
    error = failure(store_on(stage).write, "a", body())
    assert (type(error), error.key) == (NotFound, "")


# What is there already


def test_an_upload_that_vanishes_in_the_middle_is_begun_anew(stage: Stage) -> None:
    def vanish() -> None:
        for upload, key in stage.uploads().items():
            stage.direct.abort_multipart_upload(Bucket=stage.name, Key=key, UploadId=upload)

    stage.act(Mood(before(vanish), on="UploadPart", nth=2))
    store = store_on(stage, max_workers=1)
    assert type(failure(store.write, "a", body())) is Unavailable
    store.write("a", body())
    assert stage.held("a") == DATA
    assert stage.uploads() == {}


@pytest.mark.parametrize("marker", [None, "0", "1"])
def test_a_service_that_tells_its_parts_in_circles_is_not_listened_to_for_ever(
    stage: Stage, marker: str | None
) -> None:
    store = store_on(stage, max_workers=1)
    stage.act(Mood(BUSY, on="UploadPart", nth=2))
    failure(store.write, "a", body())

    def more(request: Request, forward: Forward) -> Answer:
        answer = forward(request.asking({**request.query, "part-number-marker": "0"}))
        root = read(answer)
        put_text(root, "IsTruncated", "true")
        if marker is not None:
            put_text(root, "NextPartNumberMarker", marker)
        return edited(answer, root)

    stage.act(Mood(Acts(more), on="ListParts"))
    store.write("a", body())
    assert stage.operations().count("ListParts") == 2
    assert stage.held("a") == DATA


# The end


def test_another_thread_leaves_the_note_alone(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    stage.act(
        Mood(before(gate), on="UploadPart", nth=1),
        Mood(Answers(412, "PreconditionFailed"), on="CompleteMultipartUpload", nth=1),
    )
    first = apart(store.write, "a", body())
    gate.wait_for(1)
    [upload] = stage.uploads()
    error = failure(store.write_if, "a", body(OTHER), expect=ABSENT)
    found = noted(store)
    gate.open()
    assert type(error) is VersionMismatch
    assert found is not None
    assert found.upload == upload
    assert first.result(PATIENCE).size == SIZE
    assert stage.uploads() == {}


def test_behind_a_lost_race_an_upload_is_of_no_more_use(stage: Stage) -> None:
    conflict = Answers(409, "ConditionalRequestConflict")
    stage.act(Mood(conflict, on="CompleteMultipartUpload", nth=1))
    store = store_on(stage)
    assert type(failure(store.write_if, "a", body(), expect=ABSENT)) is Unavailable
    assert stage.uploads() == {}
    assert noted(store) is None
    store.write_if("a", body(), expect=ABSENT)
    assert stage.operations().count("CreateMultipartUpload") == 2


def test_an_upload_of_which_nobody_has_a_note_does_not_outlive_its_failure(stage: Stage) -> None:
    store, gate = store_on(stage), Gate()
    stage.act(Mood(before(gate), on="UploadPart", nth=1))
    first = apart(store.write, "a", body())
    gate.wait_for(1)
    stage.proxy.moods = (Mood(BUSY, on="CompleteMultipartUpload", nth=1),)
    assert type(failure(store.write, "a", body(OTHER))) is Unavailable
    gate.open()
    first.result(PATIENCE)
    assert stage.uploads() == {}


class Changes(OddBody):
    """Has other bytes behind its first part when it is read again."""

    def open(self) -> Any:
        if self.opened:
            self.data = DATA[:MIB] + OTHER[MIB:]
        return super().open()


def releasing(gate: Gate, order: list[str]) -> Acts:
    """An abort that lets those go on who wait, as if it had come too early."""

    def act(request: Request, forward: Forward) -> Answer:
        order.append("aborted")
        gate.open()
        return forward(request)

    return Acts(act)


def test_nothing_is_thrown_away_while_a_part_is_still_sent(stage: Stage) -> None:
    """A service may keep a part that arrives behind the abort."""
    store, gate = store_on(stage), Gate()
    order: list[str] = []

    def part(request: Request, forward: Forward) -> Answer:
        gate()
        answer = forward(request)
        order.append("sent")
        return answer

    aborts = Mood(releasing(gate, order), on="AbortMultipartUpload")
    stage.act(Mood(Acts(part), on="UploadPart"), aborts, *like_aws())
    writing = apart(failure, store.write, "a", Changes(DATA))
    gate.wait_for(1)
    # By then the body is read, and it is only the sending that takes its time.
    threading.Timer(0.2, gate.open).start()
    assert isinstance(writing.result(PATIENCE), StorageError)
    assert order[-1] == "aborted"
    assert order.count("sent") == len(order) - 1 > 0


def test_nothing_is_thrown_away_while_a_part_is_still_copied(stage: Stage) -> None:
    store, gate = stage.opened(), Gate()
    source = store.write("a", BytesBody(data=data_of(11 * MIB)))
    order: list[str] = []

    def part(request: Request, forward: Forward) -> Answer:
        if request.query["partNumber"] == "1":
            gate.wait_for(1)
            threading.Timer(0.2, gate.open).start()
            return refusal(503, "SlowDown")
        gate()
        answer = forward(request)
        order.append("copied")
        return answer

    aborts = Mood(releasing(gate, order), on="AbortMultipartUpload")
    stage.act(Mood(Acts(part), on="UploadPartCopy"), aborts)
    assert type(failure(store.copy, "a", "b", source_version=source.version)) is Unavailable
    assert order[-1] == "aborted"
    assert len(order) >= 2
    assert stage.uploads() == {}


def test_what_is_not_yet_begun_when_a_part_fails_never_is() -> None:
    begun: list[int] = []
    given_up = threading.Event()

    def fails() -> str:
        raise Unavailable("away")

    def part(number: int) -> str:
        begun.append(number)
        assert given_up.wait(PATIENCE)
        return "an ETag"

    with ThreadPoolExecutor(1) as pool:
        with side_by_side(pool) as gathering:
            gathering.add(1, fails)
            for number in range(2, 9):
                last = gathering.add(number, part, number)
            last.add_done_callback(lambda _future: given_up.set())
        assert begun in ([], [2])
        with pytest.raises(Unavailable):
            _ = gathering.tags


# Kills


@contextmanager
def killed(store: S3Store, *operations: str, is_done: bool = False) -> Iterator[None]:
    """Inside, each of these requests ends as by a kill, and what is done there ends by it.

    The service never hears of them; with `is_done` only the answer comes to nobody.
    """
    real = store._ground.connection.call

    def call(operation: str, key: str = "", /, **more: Any) -> dict[str, Any]:
        if operation not in operations:
            return real(operation, key, **more)
        if is_done:
            real(operation, key, **more)
        raise KeyboardInterrupt

    with patch.object(store._ground.connection, "call", call), pytest.raises(KeyboardInterrupt):
        yield


# Copies


def test_a_copy_whose_upload_never_got_a_name_is_found_and_thrown_away(stage: Stage) -> None:
    store = stage.opened()
    source = store.write("a", BytesBody(data=data_of(11 * MIB)))
    stage.act(Mood(LosesAnswer(), on="CreateMultipartUpload", nth=1), Mood(DatesUploads()))
    error = failure(store.copy, "a", "b", source_version=source.version)
    assert type(error) is Unavailable
    assert len(stage.uploads()) == 1
    store.copy("a", "b", source_version=source.version)
    assert stage.uploads() == {}


def copied_but_killed(stage: Stage) -> S3Store:
    """A store whose copy to "b" has ended as by a kill, with two parts of it made."""
    store = stage.opened()
    source = store.write("a", BytesBody(data=data_of(11 * MIB)))
    with killed(store, "complete_multipart_upload", "abort_multipart_upload"):
        store.copy("a", "b", source_version=source.version)
    assert list(stage.uploads().values()) == ["b"]
    return store


def test_a_copy_that_was_killed_is_thrown_away_by_the_next_one(stage: Stage) -> None:
    copied_but_killed(stage)
    later = stage.opened()
    later.copy("a", "b", source_version=later.stat("a").version)
    assert stage.held("b") == stage.held("a")
    assert stage.uploads() == {}
    assert later._ground.notes.all_unfinished() == []


def test_a_copy_that_was_killed_is_thrown_away_by_a_body_and_by_a_sweep(stage: Stage) -> None:
    copied_but_killed(stage)
    stage.opened().write("b", BytesBody(data=data_of(6 * MIB)))
    assert stage.uploads() == {}
    store = copied_but_killed(stage)
    [left] = store._ground.notes.all_unfinished()
    store._ground.notes.begun(msgspec.structs.replace(left, began=0.0))
    assert store.sweep() == 1
    assert stage.uploads() == {}


def test_an_interrupted_copy_leaves_nothing(stage: Stage) -> None:
    store = stage.opened()
    source = store.write("a", BytesBody(data=data_of(11 * MIB)))
    with killed(store, "complete_multipart_upload"):
        store.copy("a", "b", source_version=source.version)
    assert stage.uploads() == {}
    assert store._ground.notes.all_unfinished() == []


def test_a_kill_between_two_words_with_the_service_leaves_nothing_for_good(stage: Stage) -> None:
    """At each request of an upload, before it and when it was done."""
    stage.act(Mood(DatesUploads()))
    asked = ("create_multipart_upload", "upload_part", "complete_multipart_upload")
    for number, (operation, is_done) in enumerate(product(asked, (False, True))):
        store = store_on(stage)
        with killed(store, operation, is_done=is_done):
            store.write(f"k{number}", body())
        store_on(stage).write(f"k{number}", body())
        assert stage.held(f"k{number}") == DATA
        assert stage.uploads() == {}
