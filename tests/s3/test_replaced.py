"""A large body over one that is much the same: only what differs is sent, and all is proven."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buckia import pieces
from buckia.body import BytesBody, WatchedBody
from buckia.engine.execute import patching
from buckia.errors import Corrupted, NotFound, Unavailable, VersionMismatch
from buckia.protocols import Body
from buckia_s3 import multipart
from buckia_s3.connection import Connection
from buckia_s3.habits import Habits
from buckia_s3.parts import MIB, Part, Sizes, cut
from buckia_s3.replaced import Replaced, unchanged
from buckia_s3.rules import ObjectRule
from buckia_s3.store import S3Store
from tests.engine.bench import Bench
from tests.s3.acting import (
    HONOURS_ALL,
    Acts,
    Encrypts,
    Gate,
    Stage,
    before,
    data_of,
    failure,
    like_aws,
    on_stage,
    tiny_parts,
)
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Server
from tests.s3.servers.answering import Answers
from tests.s3.servers.documents import edited, put_text, read
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.wire import Answer, Request

FINE = Sizes(single=MIB, part=2 * MIB, piece=MIB)
PIECE = MIB // 4
SIZE = 6 * MIB + 5
DATA = data_of(SIZE)
COPY = "UploadPartCopy"
BUSY = Answers(503, "SlowDown")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SMALLEST", PIECE)


@pytest.fixture
def stage(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    tiny_parts(monkeypatch)
    with on_stage(moto, tmp_path) as stage:
        stage.act(*like_aws())
        yield stage


def store_on(stage: Stage, habits: Habits = HONOURS_ALL, **more: Any) -> S3Store:
    return stage.opened(habits, sizes=FINE, **more)


def holding(stage: Stage, data: bytes = DATA, **more: Any) -> tuple[S3Store, str]:
    """A store, and the version of "a" in it, which has these bytes; nothing was asked so far."""
    store = store_on(stage, **more)
    version = store.write("a", BytesBody(data=data)).version
    stage.proxy.forget()
    return store, version


def outlined(store: S3Store, data: bytes, version: str, **more: Any) -> Body:
    body = store.outline(BytesBody(data=data, **more), over=("a", version))
    assert body is not None
    return body


def replaced(store: S3Store, data: bytes, version: str) -> Any:
    return store.write_if("a", outlined(store, data, version), expect=version)


def parts_copied(stage: Stage) -> list[int]:
    copied = [one for one in stage.proxy.requests if one.operation == COPY]
    return sorted(int(one.query["partNumber"]) for one in copied)


def changed(*places: int, data: bytes = DATA) -> bytes:
    new = bytearray(data)
    for at in places:
        new[at] ^= 1
    return bytes(new)


@pytest.mark.parametrize(
    ("new", "sent", "taken"),
    [
        (DATA, [], [1, 2, 3, 4, 5, 6, 7]),
        (changed(0), [1], [2, 3, 4, 5, 6, 7]),
        (changed(SIZE - 1), [7], [1, 2, 3, 4, 5, 6]),
        (changed(MIB - 1), [1], [2, 3, 4, 5, 6, 7]),
        (changed(MIB - 1, MIB), [1, 2], [3, 4, 5, 6, 7]),
        (DATA + b"!", [7], [1, 2, 3, 4, 5, 6]),
        (DATA + bytes(2 * MIB), [7, 8, 9], [1, 2, 3, 4, 5, 6]),
        (DATA[: 3 * MIB], [], [1, 2, 3]),
        (DATA[: 3 * MIB + 7], [4], [1, 2, 3]),
        (DATA[: MIB + 1], [2], [1]),
        (b"!" + DATA, [1, 2, 3, 4, 5, 6, 7], []),
    ],
    ids=(
        *("nothing", "the first byte", "the last byte", "the end of a part", "around a border"),
        *("a byte more", "two parts more", "cut at a border", "cut within a part"),
        *("as small as parts are", "everything moved"),
    ),
)
def test_only_the_parts_that_differ_are_sent(
    stage: Stage, new: bytes, sent: list[int], taken: list[int]
) -> None:
    store, version = holding(stage)
    entry = replaced(store, new, version)
    assert (stage.parts_sent(), parts_copied(stage)) == (sent, taken)
    assert stage.held("a") == new
    assert entry.digests == {"sha256": sha256(new).hexdigest()} == store.stat("a").digests
    assert stage.uploads() == {}
    assert store._ground.notes.all_unfinished() == []


def test_only_what_is_sent_is_counted(stage: Stage) -> None:
    store, version = holding(stage)
    counted: list[int] = []
    body = outlined(store, changed(5), version)
    watched = WatchedBody(body, is_proven=True, moved=counted.append)
    store.write_if("a", watched, expect=version)
    assert sum(counted) == MIB


def test_one_after_the_other_goes_on_from_what_stands_there(stage: Stage) -> None:
    store, version = holding(stage)
    first, second = changed(5), changed(5, 3 * MIB)
    version = replaced(store, first, version).version
    stage.proxy.forget()
    replaced(store, second, version)
    assert stage.parts_sent() == [4]
    assert stage.held("a") == second


def test_a_new_store_finds_the_sums_in_the_metadata(stage: Stage) -> None:
    _, version = holding(stage)
    replaced(store_on(stage), changed(5), version)
    assert stage.parts_sent() == [1]


def test_parts_grow_with_the_pieces_but_not_for_ever(stage: Stage) -> None:
    """Each of them is held in memory while it is sent."""
    store, version = holding(stage)
    for size, part in ((MIB, MIB), (2 * MIB, 2 * MIB), (64 * MIB, 4 * MIB)):
        body = BytesBody(data=DATA)
        told = pieces.Pieces(SIZE, size, "AAAA" * -(-SIZE // size))
        found = multipart._outline(store._ground, body, Replaced("a", version, told))
        assert found.parts[0].size == part


# What stands in the way


def _elsewhere(request: Request, forward: Forward) -> Answer:
    """Copies another range than was asked for."""
    headers = tuple(
        (name, f"bytes=0-{MIB - 1}") if name.lower() == "x-amz-copy-source-range" else (name, value)
        for name, value in request.headers
    )
    return forward(msgspec.structs.replace(request, headers=headers))


def test_a_part_that_was_copied_wrong_is_sent(stage: Stage) -> None:
    store, version = holding(stage)
    stage.act(Mood(Acts(_elsewhere), on=COPY), *like_aws())
    replaced(store, changed(5), version)
    assert stage.held("a") == changed(5)
    assert set(stage.parts_sent()) >= {1, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("looks", [True, False], ids=["looks at parts", "makes anything of them"])
def test_what_was_copied_wrong_and_praised_is_never_agreed_upon(stage: Stage, looks: bool) -> None:
    """The tag of the whole tells; the next try takes nothing over."""
    new = changed(5)
    md5s = [md5(new[part.start : part.start + part.size]).hexdigest() for part in cut(SIZE, MIB)]
    wrong = md5(DATA[:MIB]).hexdigest()

    def praised(request: Request, forward: Forward) -> Answer:
        answer = _elsewhere(request, forward)
        root = read(answer)
        put_text(root, "ETag", f'"{md5s[int(request.query["partNumber"]) - 1]}"')
        return edited(answer, root)

    def blind(request: Request, forward: Forward) -> Answer:
        told = request.body
        for right in md5s[1:]:
            told = told.replace(right.encode(), wrong.encode())
        return forward(msgspec.structs.replace(request, body=told))

    store, version = holding(stage)
    body = outlined(store, new, version)
    joins = () if looks else (Mood(Acts(blind), on="CompleteMultipartUpload", nth=1),)
    stage.act(*joins, Mood(Acts(praised), on=COPY), *like_aws())
    assert type(failure(store.write_if, "a", body, expect=version)) is Corrupted
    assert stage.uploads() == {}
    standing = stage.held("a") if "a" in stage.all_keys() else None
    assert standing in (None, DATA)
    stage.proxy.forget()
    store.write("a", body)
    assert (stage.held("a"), parts_copied(stage)) == (new, [])


def test_sums_that_are_equal_by_accident_cost_a_request(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_shown", lambda _number: "AAAA")
    store, version = holding(stage, max_workers=1)
    replaced(store, changed(5), version)
    assert stage.held("a") == changed(5)
    assert parts_copied(stage) == [1]
    assert stage.parts_sent() == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "refusal",
    [
        Answers(501, "NotImplemented"),
        Answers(403, "AccessDenied"),
        Answers(412, "PreconditionFailed"),
        Answers(404, "NoSuchKey"),
        Answers(400, "InvalidRequest"),
        BUSY,
    ],
    ids=lambda one: one.code,
)
def test_where_copies_are_refused_all_of_it_is_sent(stage: Stage, refusal: Answers) -> None:
    store, version = holding(stage, max_workers=1)
    stage.act(Mood(refusal, on=COPY), *like_aws())
    replaced(store, changed(5), version)
    assert stage.held("a") == changed(5)
    assert parts_copied(stage) == [2]
    assert stage.parts_sent() == [1, 2, 3, 4, 5, 6, 7]


def test_an_object_that_is_replaced_before_the_copy_is_left_alone(stage: Stage) -> None:
    store, version = holding(stage, max_workers=1)
    body = outlined(store, changed(5), version)
    theirs = Mood(before(lambda: stage.put("a", b"theirs")), on=COPY, nth=1)
    stage.act(theirs, *like_aws())
    assert type(failure(store.write_if, "a", body, expect=version)) is VersionMismatch
    assert stage.held("a") == b"theirs"
    assert (stage.parts_sent(), stage.uploads()) == ([], {})


def test_an_object_that_is_replaced_behind_the_copies_is_left_alone(stage: Stage) -> None:
    store, version = holding(stage)
    body = outlined(store, changed(5), version)
    theirs = Mood(before(lambda: stage.put("a", b"theirs")), on="CompleteMultipartUpload", nth=1)
    stage.act(theirs, *like_aws())
    assert isinstance(failure(store.write_if, "a", body, expect=version), VersionMismatch)
    assert stage.held("a") == b"theirs"
    assert stage.uploads() == {}


def test_an_object_that_is_gone_by_then_is_sent_whole_or_refused(stage: Stage) -> None:
    store, version = holding(stage)
    stage.remove("a")
    body = outlined(store, changed(5), version)
    assert isinstance(failure(store.write_if, "a", body, expect=version), VersionMismatch)
    store.write("a", body)
    assert stage.held("a") == changed(5)


@pytest.mark.parametrize(
    "habits",
    [
        msgspec.structs.replace(HONOURS_ALL, tags_of_parts=False),
        Habits(),
    ],
)
def test_where_tags_prove_nothing_nothing_is_asked(stage: Stage, habits: Habits) -> None:
    store, version = holding(stage)
    store.habits = habits
    store.write("a", outlined(store, changed(5), version))
    assert stage.held("a") == changed(5)
    assert not {COPY, "HeadObject"} & set(stage.operations()[:2])


def test_what_is_encrypted_with_a_key_is_sent_whole(stage: Stage) -> None:
    store, version = holding(stage)
    stage.act(Mood(Encrypts(etag=version)))
    body = outlined(store, changed(5), version)
    stage.act(*like_aws())
    store.write_if("a", body, expect=version)
    assert parts_copied(stage) == []
    assert stage.held("a") == changed(5)


def test_what_shall_be_encrypted_with_a_key_is_sent_whole(stage: Stage) -> None:
    _, version = holding(stage)
    store = store_on(stage, objects=(ObjectRule(match="a", sse="aws:kms"),))
    body = outlined(store, changed(5), version)
    stage.act(Mood(Encrypts()))
    store.write("a", body)
    assert parts_copied(stage) == []
    assert stage.held("a") == changed(5)


@pytest.mark.parametrize("fault", [Answers(403, "AccessDenied"), BUSY], ids=lambda one: one.code)
def test_who_may_not_look_sends_it_whole(stage: Stage, fault: Answers) -> None:
    store, version = holding(stage)
    stage.act(Mood(fault, on="HeadObject"), *like_aws())
    body = outlined(store, changed(5), version)
    store.write_if("a", body, expect=version)
    assert parts_copied(stage) == []
    assert stage.held("a") == changed(5)


def test_the_object_of_another_program_has_no_sums(stage: Stage) -> None:
    store = store_on(stage)
    version = stage.put("a", DATA)
    replaced(store, changed(5), version)
    assert parts_copied(stage) == []
    assert "HeadObject" not in stage.operations()


def test_metadata_that_were_carried_over_to_other_bytes_do_not_count(stage: Stage) -> None:
    store, version = holding(stage)
    metadata = stage.told("a")["Metadata"]
    upload = stage.direct.create_multipart_upload(Bucket=stage.name, Key="a", Metadata=metadata)
    where: Any = {"Bucket": stage.name, "Key": "a", "UploadId": upload["UploadId"]}
    part = stage.direct.upload_part(**where, PartNumber=1, Body=changed(9))
    rows: Any = [{"PartNumber": 1, "ETag": part["ETag"]}]
    made = stage.direct.complete_multipart_upload(**where, MultipartUpload={"Parts": rows})
    other = made["ETag"].strip('"')
    assert other != version
    assert store.pieces("a", version=other) is None


def test_metadata_that_leave_no_room_go_before_the_sums(stage: Stage) -> None:
    note = "x" * 1900
    store, version = holding(stage, objects=(ObjectRule(match="a", metadata={"note": note}),))
    told = stage.told("a")["Metadata"]
    assert told["note"] == note
    assert "buckia-pieces" not in told
    assert store.stat("a").digests
    replaced(store, changed(5), version)
    assert stage.held("a") == changed(5)


# Going on


def cut_off(stage: Stage) -> tuple[S3Store, str, bytes]:
    """A store whose upload was cut off when all was copied and some was sent."""
    store, version = holding(stage, max_workers=1)
    new = changed(5, MIB + 5, 2 * MIB + 5)
    stage.act(Mood(BUSY, on="UploadPart", nth=range(2, 9)), *like_aws())
    body = outlined(store, new, version)
    assert type(failure(store.write_if, "a", body, expect=version)) is Unavailable
    assert len(stage.uploads()) == 1
    stage.act(*like_aws())
    return store, version, new


def test_the_next_try_sends_and_copies_only_what_is_missing(stage: Stage) -> None:
    store, version, new = cut_off(stage)
    replaced(store, new, version)
    assert (stage.parts_sent(), parts_copied(stage)) == ([2, 3], [])
    assert stage.held("a") == new
    assert stage.uploads() == {}


def test_the_next_run_does_so_too(stage: Stage) -> None:
    store, version, new = cut_off(stage)
    store.close()
    replaced(store_on(stage), new, version)
    assert (stage.parts_sent(), parts_copied(stage)) == ([2, 3], [])
    assert stage.held("a") == new


CHILD = """
import json, sys
from pathlib import Path
from buckia import pieces
from buckia.body import BytesBody
from tests.s3.test_replaced import DATA, FINE, PIECE, changed, outlined
from tests.s3.test_multipart import opened_alone

given = json.load(sys.stdin)
pieces.SMALLEST = PIECE
store = opened_alone(given["bucket"], given["endpoint"], Path(given["folder"]), FINE)
store.write_if("a", outlined(store, changed(5), given["version"]), expect=given["version"])
"""


@pytest.mark.skipif(os.name != "posix", reason="kills the POSIX way")
@pytest.mark.parametrize("at", ["UploadPartCopy", "UploadPart", "CompleteMultipartUpload"])
def test_a_killed_process_leaves_the_old_object_and_the_next_goes_on(stage: Stage, at: str) -> None:
    _, version = holding(stage)
    gate = Gate()

    def held(request: Request, forward: Forward) -> Answer:
        gate()
        return BUSY(request, forward)

    stage.act(Mood(Acts(held), on=at, nth=3 if at == COPY else 1), *like_aws())
    where = {"bucket": stage.name, "endpoint": stage.proxy.endpoint, "folder": str(stage.folder)}
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps({**where, "version": version}).encode())
            process.stdin.close()
            gate.wait_for(1)
            assert stage.held("a") == DATA
        finally:
            process.send_signal(signal.SIGKILL)
    stage.act(*like_aws())
    gate.open()
    replaced(store_on(stage), changed(5), version)
    assert stage.held("a") == changed(5)
    assert "CreateMultipartUpload" not in stage.operations()
    assert stage.uploads() == {}


def test_behind_a_strangers_write_what_was_cut_off_begins_anew(stage: Stage) -> None:
    store, _, new = cut_off(stage)
    version = stage.put("a", b"theirs")
    replaced(store, new, version)
    assert stage.held("a") == new
    assert stage.uploads() == {}


# The sums of what stands there


def test_the_sums_of_a_large_object_are_told_without_reading_it(stage: Stage) -> None:
    store, version = holding(stage)
    told = store.pieces("a", version=version)
    assert told is not None
    assert (told.total, told.size) == (SIZE, PIECE)
    assert stage.operations() == ["HeadObject"]


def test_a_small_object_has_none_and_is_not_asked_for(stage: Stage) -> None:
    store, version = holding(stage, DATA[:MIB])
    assert store.pieces("a", version=version) is None
    assert stage.operations() == []


def test_the_sums_of_another_version_are_not_told(stage: Stage) -> None:
    store, version = holding(stage)
    assert type(failure(store.pieces, "a", version=f"{'0' * 32}-7")) is VersionMismatch
    stage.remove("a")
    assert type(failure(store.pieces, "a", version=version)) is NotFound


PARTS = (Part(1, 0, 10), Part(2, 10, 10), Part(3, 20, 5))


@pytest.mark.parametrize(
    ("new", "size", "same"),
    [
        (b"a" * 25, 5, {1, 2, 3}),
        (b"a" * 9 + b"b" + b"a" * 15, 5, {2, 3}),
        (b"a" * 10 + b"b" + b"a" * 14, 5, {1, 3}),
        (b"a" * 24 + b"b", 5, {1, 2}),
        (b"a" * 24 + b"b", 7, {1, 2}),
        (b"a" * 9 + b"b" + b"a" * 15, 7, {3}),
        (b"a" * 24 + b"b", 25, set()),
        (b"a" * 9 + b"bb" + b"a" * 13 + b"b", 5, set()),
    ],
)
def test_a_part_is_unchanged_where_all_pieces_are_that_it_touches(
    new: bytes, size: int, same: set[int]
) -> None:
    def of(data: bytes) -> pieces.Pieces:
        sums = pieces.Sums(size)
        sums.update(data)
        return pieces.Pieces(len(data), size, sums.hexdigest())

    assert unchanged(PARTS, of(new), of(b"a" * 25)) == same


# A whole run


def test_between_two_devices_only_what_changed_travels(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patching, "LEAST", MIB)
    one, other = (Bench(tmp_path / name, store_on(stage)) for name in ("one", "other"))
    one.put_here("a", DATA)
    assert (one.sync().bytes_up, other.sync().bytes_down) == (SIZE, SIZE)
    for new in (changed(5), changed(5, 3 * MIB, SIZE - 1), changed(9) + bytes(PIECE)):
        before = other.here()["a"]
        one.put_here("a", new)
        parts = sum(part.size for part in cut(len(new), MIB) if _differs(part, new, before))
        small = sum(part.size for part in cut(len(new), PIECE) if _differs(part, new, before))
        up, down = one.sync(), other.sync()
        assert not up.failed
        assert not down.failed
        assert one.here() == other.here() == {"a": new}
        assert (up.bytes_up, down.bytes_down) == (parts, small)
    assert not one.status().actions
    assert not other.status().actions


def _differs(part: Part, new: bytes, old: bytes) -> bool:
    place = slice(part.start, part.start + part.size)
    return new[place] != old[place]


@pytest.fixture(params=["moto", "stack", "gateway", "secure_gateway"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.slow
def test_services_take_parts_over_from_what_is_replaced(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Bucket(server, tmp_path).open_probed()
    data = data_of(22 * MIB)
    version = store.write("a", BytesBody(data=data)).version
    new = changed(7 * MIB, data=data + b"more")
    asked: list[str] = []
    call = Connection.call

    def noted(self: Connection, operation: str, key: str = "", **more: Any) -> dict[str, Any]:
        asked.append(operation)
        return call(self, operation, key, **more)

    monkeypatch.setattr(Connection, "call", noted)
    entry = store.write("a", outlined(store, new, version))
    assert (asked.count("upload_part_copy"), asked.count("upload_part")) == (3, 2)
    told = store.pieces("a", version=entry.version)
    with store.read("a", version=entry.version) as reading:
        assert b"".join(reading) == new
    with store.read_range("a", 7 * MIB, 9, version=entry.version) as reading:
        assert b"".join(reading) == new[7 * MIB : 7 * MIB + 9]
    assert told is not None
    assert told.total == len(new)
    store.close()


EDITS = st.lists(st.tuples(st.integers(0, SIZE), st.binary(min_size=1, max_size=9)), max_size=4)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=EDITS, size=st.integers(MIB + 1, SIZE + MIB))
def test_any_edit_arrives_and_no_more_is_sent_than_was_touched(
    stage: Stage, edits: list[tuple[int, bytes]], size: int
) -> None:
    new = bytearray(DATA)
    for at, given_bytes in edits:
        new[at : at + len(given_bytes)] = given_bytes
    data = bytes(new[:size])
    store, version = holding(stage)
    replaced(store, data, version)
    assert stage.held("a") == data
    touched = {
        part.number
        for part in cut(len(data), MIB)
        if data[part.start : part.start + part.size] != DATA[part.start : part.start + part.size]
    }
    # The last piece of the shorter one is a piece of its own.
    border = min(len(data), SIZE) // MIB + 1
    assert set(stage.parts_sent()) <= touched | {border}
