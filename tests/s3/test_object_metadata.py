"""What is told of a single object becomes another, and its bytes stay what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import botocore.session
import msgspec
import pytest
from moto.s3 import models

from buckia import BucketConfig
from buckia.body import BytesBody
from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable, VersionMismatch
from buckia_s3 import copying
from buckia_s3.admin import Administration, ObjectMetadata, Unfit
from buckia_s3.ground import Ground
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.metadata import DIGEST, ETAG, MTIME
from buckia_s3.notes import Notes
from buckia_s3.parts import MIB
from buckia_s3.rules import Dressing, ObjectRule
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
from tests.s3.buckets import SMALL, Bucket
from tests.s3.servers.access import Server
from tests.s3.servers.answering import Answers, KeepsNoMetadata, LosesAnswer, LosesTags
from tests.s3.servers.conditions import IgnoresConditions
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, Request
from tests.s3.test_admin import Instead, connection_to

DATA = b"what stays\n" * 40
LARGE = data_of(11 * MIB)
"""Three parts, as small as they may be."""
NO_CONDITIONS = Habits(batches=True, tags_are_md5=True, tags_of_parts=True)
TARGET_CONDITION, SOURCE_CONDITION = "If-Match", "x-amz-copy-source-if-match"


class Scene(Stage):
    """A bucket behind a proxy, and what is told of its objects."""

    def __init__(self, moto: Moto, folder: Path, proxy: Proxy) -> None:
        super().__init__(moto, folder, proxy)
        self.waits: list[float] = []
        self._grounds: list[Ground] = []

    def told_of(self, key: str, habits: Habits | None = HONOURS_ALL) -> ObjectMetadata:
        """With parts as small as they may be; None: the endpoint was never tried."""
        connection = connection_to(self.proxy.access, self.name, self.folder)
        notes = Notes(None, "", "")
        if habits is not None:
            notes.keep_habits(habits)
        ground = Ground(connection, Dressing(()), notes, algorithm="sha256", sizes=SMALL, width=1)
        self._grounds.append(ground)
        return ObjectMetadata(ground, key, folder="", pause=self.waits.append)

    def close(self) -> None:
        super().close()
        for ground in self._grounds:
            ground.close()


@pytest.fixture
def scene(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    usual = models.S3Backend.get_object_acl

    def acl(self: models.S3Backend, key: models.FakeKey) -> Any:
        # moto gives none to objects that came in parts, and fails over it.
        return usual(self, key) or models.get_canned_acl("private")

    monkeypatch.setattr(models.S3Backend, "get_object_acl", acl)
    with on_stage(moto, tmp_path) as stage:
        scene = Scene(moto, tmp_path, stage.proxy)
        try:
            yield scene
        finally:
            scene.close()


def written(scene: Scene, key: str = "a", data: bytes = DATA) -> str:
    """An object of Buckia's; its version."""
    body = BytesBody(data=data, mtime_ns=7, content_type="text/x-odd", metadata={"of": "mine"})
    return scene.opened().write(key, body).version


def sent_in_parts(scene: Scene, sizes: list[int], **more: Any) -> str:
    """By another tool, in parts of these sizes."""
    named: dict[str, Any] = {"Bucket": scene.name, "Key": "a"}
    upload = scene.direct.create_multipart_upload(**named, **more)["UploadId"]
    rows: Any = []
    at = 0
    for number, size in enumerate(sizes, 1):
        piece = LARGE[at : at + size]
        at += size
        part = scene.direct.upload_part(**named, UploadId=upload, PartNumber=number, Body=piece)
        rows.append({"PartNumber": number, "ETag": part["ETag"]})
    made = scene.direct.complete_multipart_upload(
        **named, UploadId=upload, MultipartUpload={"Parts": rows}
    )
    return made["ETag"].strip('"')


def both(**answer: Any) -> tuple[Mood, ...]:
    """So it answers when it is asked for the tags or the access list of an object."""
    return tuple(Mood(Instead(word=word, method="GET", **answer)) for word in ("tagging", "acl"))


# Looking


def test_what_is_told_shows_what_is_buckias_apart(scene: Scene) -> None:
    version = written(scene)
    assert scene.told_of("a").get() == {
        "ContentType": "text/x-odd",
        "StorageClass": "STANDARD",
        "Metadata": {"of": "mine"},
        "Buckia": {
            MTIME: "0.000000007",
            DIGEST: f"sha256:{sha256(DATA).hexdigest()}",
            ETAG: version,
        },
        "Tags": {},
    }


def test_all_that_somebody_set_is_shown(scene: Scene) -> None:
    headers: dict[str, Any] = {
        "CacheControl": "max-age=5",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/html",
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/b",
    }
    scene.put("a", DATA, **headers, Tagging="x=1&y=2", ACL="public-read")
    shown = scene.told_of("a").get()
    assert {name: shown[name] for name in headers} == headers
    assert shown["Tags"] == {"x": "1", "y": "2"}
    assert [row["Permission"] for row in shown["Grants"]] == ["FULL_CONTROL", "READ"]


def test_an_object_that_is_not_there_is_not_found(scene: Scene) -> None:
    told = scene.told_of("a")
    assert type(failure(told.get)) is NotFound
    assert type(failure(told.plan, {"x": "1"})) is NotFound


def test_what_these_credentials_may_not_see_is_said_and_left_out(scene: Scene) -> None:
    scene.put("a", DATA, Tagging="x=1", ACL="public-read")
    scene.act(*both(status=403, code="AccessDenied"))
    told = scene.told_of("a")
    assert not {"Tags", "Grants"} & told.get().keys()
    assert len(list(told.look().notes)) == 2
    assert len(told.plan({"x": "1"}).notes) == 2


def test_a_service_without_tags_and_access_lists_has_none(scene: Scene) -> None:
    scene.put("a", DATA)
    scene.act(*both(status=501, code="NotImplemented"))
    told = scene.told_of("a")
    assert (told.get()["Tags"], list(told.look().notes)) == ({}, [])


@pytest.mark.parametrize("word", ["tagging", "acl"])
def test_a_service_that_is_away_is_not_one_without(scene: Scene, word: str) -> None:
    scene.put("a", DATA)
    scene.act(Mood(Instead(word=word, status=503, code="SlowDown")))
    assert type(failure(scene.told_of("a").get)) is Unavailable


# Changing


def test_metadata_are_set_and_all_else_stays(scene: Scene) -> None:
    version = written(scene)
    scene.act(*like_aws())
    change = scene.told_of("a").put({"Author": "Ann", "of": "ours"}, content_type="text/plain")
    assert change.is_needed
    assert (change.key, change.version, change.subject) == ("a", version, "metadata of a")
    told = scene.told("a")
    assert told["ContentType"] == "text/plain"
    assert told["Metadata"] == {
        "author": "Ann",
        "of": "ours",
        MTIME: "0.000000007",
        DIGEST: f"sha256:{sha256(DATA).hexdigest()}",
        ETAG: version,
    }
    assert scene.held("a") == DATA
    entry = scene.opened().stat("a")
    assert (entry.version, entry.mtime_ns) == (version, 7)
    assert entry.digests == {"sha256": sha256(DATA).hexdigest()}


def test_a_plan_changes_nothing_and_shows_both_sides(scene: Scene) -> None:
    written(scene)
    scene.act()
    change = scene.told_of("a").plan({"of": "ours"}, cache_control="no-store")
    assert [line for line in change.diff() if line[0] in "+-"] == [
        '+  "CacheControl": "no-store",',
        '-    "of": "mine"',
        '+    "of": "ours"',
    ]
    assert {one.method for one in scene.proxy.requests} <= {"HEAD", "GET"}


def test_names_are_removed_and_those_not_there_are_fine(scene: Scene) -> None:
    written(scene)
    assert scene.told_of("a").remove(["OF", "other"]).is_needed
    assert scene.told("a")["Metadata"].keys() == {MTIME, DIGEST, ETAG}
    scene.act()
    assert not scene.told_of("a").remove(["of"]).is_needed
    assert "CopyObject" not in scene.operations()


def test_an_empty_header_is_taken_away(scene: Scene) -> None:
    scene.put("a", DATA, CacheControl="no-store", ContentDisposition="inline", ContentType="a/b")
    scene.told_of("a").put(cache_control="", content_disposition="")
    told = scene.told("a")
    assert not {"CacheControl", "ContentDisposition"} & told.keys()
    assert told["ContentType"] == "a/b"


def test_what_is_so_already_asks_for_nothing(scene: Scene) -> None:
    written(scene)
    scene.act()
    change = scene.told_of("a", None).put({"of": "mine"}, content_type="text/x-odd")
    assert not change.is_needed
    assert {one.method for one in scene.proxy.requests} == {"HEAD", "GET"}


def test_everything_that_a_service_keeps_stays(scene: Scene) -> None:
    """Also headers, tags and who may see it, and whatever the rules for new objects say."""
    headers: dict[str, Any] = {
        "CacheControl": "max-age=5",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/html",
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/b",
        "ServerSideEncryption": "AES256",
    }
    scene.put("a", DATA, **headers, Tagging="x=1", ACL="public-read", Metadata={"kept": "1"})
    told = scene.told_of("a")
    was = told.get()
    told.put({"new": "2"})
    assert told.get() == {**was, "Metadata": {"kept": "1", "new": "2"}}
    assert scene.held("a") == DATA


def test_all_that_a_copy_can_be_told_is_told_again() -> None:
    """Whatever a newer SDK knows besides: then it is to be kept, or left out for a reason."""
    model = botocore.session.get_session().get_service_model("s3")
    shown = model.operation_model("HeadObject").output_shape
    asked = model.operation_model("CopyObject").input_shape
    assert shown is not None
    assert asked is not None
    ours = {"Metadata"}
    not_there = {"SSECustomerAlgorithm", "SSECustomerKeyMD5"}
    assert set(copying.KEPT) == shown.members.keys() & asked.members.keys() - ours - not_there


def test_a_bucket_that_keeps_versions_has_the_old_one_still(scene: Scene) -> None:
    scene.direct.put_bucket_versioning(
        Bucket=scene.name, VersioningConfiguration={"Status": "Enabled"}
    )
    written(scene)
    change = scene.told_of("a").put({"new": "1"})
    assert "stays as an old one" in change.notes[0]
    assert len(scene.direct.list_object_versions(Bucket=scene.name)["Versions"]) == 2


def test_a_program_reaches_an_object_below_the_prefix(
    moto: Moto, scene: Scene, tmp_path: Path
) -> None:
    """By a configuration, and its rules for new objects do not come over this one."""
    scene.put("deep/a", DATA, CacheControl="max-age=5")
    access = moto.access
    config = BucketConfig(
        provider="s3",
        bucket_name=scene.name,
        prefix="deep",
        endpoint_url=access.endpoint,
        credentials={"access_key": access.access_key, "secret_key": access.secret_key},
        options={"objects": [{"match": "*", "cache_control": "no-store"}]},
        state_dir=str(tmp_path / "state"),
    )
    with Administration.of(config) as admin:
        change = admin.metadata("a").put({"x": "1"})
    assert change.key == "deep/a"
    told = scene.told("deep/a")
    assert (told["Metadata"], told["CacheControl"]) == ({"x": "1"}, "max-age=5")
    assert scene.all_keys() == ["deep/a"], "nothing stays of what was tried"


# What cannot be set


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mtime", "1", "'mtime' is Buckia's own"),
        ("Buckia-Digest", "1", "'Buckia-Digest' is Buckia's own"),
        ("buckia-x", "1", "Buckia's own"),
        ("a b", "1", "'a b' cannot be the name"),
        ("a:b", "1", "cannot be the name"),
        ("", "1", "cannot be the name"),
        ("é", "1", "cannot be the name"),
        ("a", "é", "'a' has a value that S3 cannot keep"),
        ("a", "x\ny", "cannot keep"),
        ("a", " x", "spaces around its value"),
        ("a", "x" * 2048, "bytes of metadata, and S3 keeps 2048"),
    ],
)
def test_what_s3_cannot_keep_is_refused_in_words(
    scene: Scene, name: str, value: str, said: str
) -> None:
    written(scene)
    scene.act()
    with pytest.raises(Unfit) as caught:
        scene.told_of("a").put({name: value})
    assert said in caught.value.message
    assert caught.value.hint or "spaces" in said
    assert "CopyObject" not in scene.operations()


def test_all_metadata_count_and_what_is_too_much_already_may_become_less(scene: Scene) -> None:
    scene.put("a", DATA, Metadata={"a": "x" * 1000, "b": "y" * 1000})
    told = scene.told_of("a")
    told.put({"c": "z" * 45})
    with pytest.raises(Unfit, match="2049 bytes"):
        told.plan({"c": "z" * 46})
    told.plan({"c": ""})


def test_the_sums_of_its_pieces_give_way_to_what_a_person_wants_to_keep(scene: Scene) -> None:
    sums = {"buckia-pieces": "4:" + "A" * 1000}
    scene.put("a", DATA, Metadata={"a": "x" * 500, **sums})
    told = scene.told_of("a")
    told.put({"b": "y" * 300})
    assert scene.told("a")["Metadata"] == {"a": "x" * 500, "b": "y" * 300, **sums}
    told.put({"c": "z" * 500})
    assert scene.told("a")["Metadata"].keys() == {"a", "b", "c"}
    with pytest.raises(Unfit, match="2049 bytes"):
        told.plan({"d": "z" * (2048 - 3 - 1300)})


def test_headers_are_held_to_the_same(scene: Scene) -> None:
    written(scene)
    told = scene.told_of("a")
    with pytest.raises(Unfit, match="ContentDisposition has a value that S3 cannot keep"):
        told.plan(content_disposition='attachment; filename="é"')
    with pytest.raises(Unfit, match="has a content type, always"):
        told.plan(content_type="")


def test_a_name_counts_once_whatever_its_case(scene: Scene) -> None:
    written(scene)
    with pytest.raises(Unfit, match="'a' is given twice"):
        scene.told_of("a").plan({"a": "1", "A": "2"})


@pytest.mark.parametrize("name", ["mtime", "BUCKIA-ETAG", "a b"])
def test_names_of_ours_and_odd_ones_cannot_be_removed(scene: Scene, name: str) -> None:
    written(scene)
    with pytest.raises(Unfit):
        scene.told_of("a").plan_removal([name])


class Shows(msgspec.Struct, frozen=True):
    """A header that some answers have besides."""

    name: str
    value: str

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return msgspec.structs.replace(answer, headers=answer.changing(self.name, self.value))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("x-amz-missing-meta", "2", "2 metadata that the service does not show"),
        ("x-amz-meta-odd", "caf\xe9", "the metadata odd"),
        ("x-amz-meta-a.b", "1", "the metadata a.b"),
        ("Expires", "soon", "the header Expires"),
    ],
)
def test_what_could_not_be_said_again_is_not_lost(
    scene: Scene, name: str, value: str, said: str
) -> None:
    written(scene)
    scene.act(Mood(Acts(Shows(name, value)), on="HeadObject"))
    error = failure(scene.told_of("a").put, {"x": "1"})
    assert said in error.message
    assert "CopyObject" not in scene.operations()


def test_an_access_list_that_no_request_can_say_is_not_lost(scene: Scene) -> None:
    written(scene)
    scene.direct.put_object_acl(Bucket=scene.name, Key="a", GrantRead='id="other"')
    was = scene.told_of("a").get()["Grants"]

    def write(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return msgspec.structs.replace(answer, body=answer.body.replace(b">READ<", b">WRITE<"))

    scene.act(Mood(Acts(write), on="Other"))
    error = failure(scene.told_of("a").put, {"x": "1"})
    assert "its access list cannot be said anew" in error.message
    scene.act()
    scene.told_of("a").put({"x": "1"})
    assert scene.told_of("a").get()["Grants"] == was


# Somebody else


@pytest.mark.parametrize("habits", [HONOURS_ALL, NO_CONDITIONS])
def test_who_wrote_since_the_plan_is_not_overruled(scene: Scene, habits: Habits) -> None:
    written(scene)
    told = scene.told_of("a", habits)
    change = told.plan({"x": "1"})
    scene.put("a", b"theirs", Metadata={"of": "theirs"})
    assert type(failure(told.apply, change)) is VersionMismatch
    assert (scene.held("a"), scene.told("a")["Metadata"]) == (b"theirs", {"of": "theirs"})


def test_also_where_only_what_is_told_has_changed(scene: Scene) -> None:
    """The ETag is the same then."""
    written(scene)
    told = scene.told_of("a")
    change = told.plan({"x": "1"})
    scene.told_of("a").put({"y": "2"})
    assert type(failure(told.apply, change)) is VersionMismatch
    assert "x" not in scene.told("a")["Metadata"]


@pytest.mark.parametrize("without", [TARGET_CONDITION, SOURCE_CONDITION, None])
def test_one_condition_is_enough_against_who_writes_just_before(
    scene: Scene, without: str | None
) -> None:
    written(scene)
    racing = Mood(before(lambda: scene.put("a", b"theirs", Metadata={"t": "1"})), on="CopyObject")
    ignoring = (Mood(without_header(without), on="CopyObject"),) if without else ()
    scene.act(racing, *ignoring, *like_aws())
    error = failure(scene.told_of("a").put, {"x": "1"})
    assert (type(error), error.key) == (VersionMismatch, "a")
    assert (scene.held("a"), scene.told("a")["Metadata"]) == (b"theirs", {"t": "1"})


@pytest.mark.parametrize("habits", [HONOURS_ALL, NO_CONDITIONS, UNKNOWN])
def test_where_all_conditions_are_ignored_the_bytes_of_others_stay_and_it_is_said(
    scene: Scene, habits: Habits
) -> None:
    """An ordinary copy would be removed here."""
    written(scene)
    racing = Mood(before(lambda: scene.put("a", b"theirs")), on="CopyObject")
    scene.act(racing, Mood(IgnoresConditions()))
    error = failure(scene.told_of("a", habits).put, {"x": "1"})
    assert type(error) is VersionMismatch
    assert "somebody wrote a at the same moment" in error.message
    assert scene.held("a") == b"theirs"
    assert "DeleteObject" not in scene.operations()


def test_an_object_that_is_deleted_just_before_is_not_made_again(scene: Scene) -> None:
    written(scene)
    scene.act(Mood(before(lambda: scene.remove("a")), on="CopyObject"), *like_aws())
    assert type(failure(scene.told_of("a").put, {"x": "1"})) is NotFound
    assert scene.all_keys() == []


def test_who_writes_just_after_is_not_blamed_on_the_service(scene: Scene) -> None:
    written(scene)
    racing = Mood(after(lambda: scene.put("a", b"theirs")), on="CopyObject")
    scene.act(racing, *like_aws())
    scene.told_of("a").put({"x": "1"})
    assert (scene.held("a"), scene.waits) == (b"theirs", [])


def test_a_lost_answer_leaves_the_bytes_and_the_next_plan_finds_it_done(scene: Scene) -> None:
    written(scene)
    scene.act(Mood(LosesAnswer(), on="CopyObject", nth=1), *like_aws())
    told = scene.told_of("a")
    assert type(failure(told.put, {"x": "1"})) is Unavailable
    assert not told.put({"x": "1"}).is_needed
    assert scene.held("a") == DATA


def test_a_plan_of_another_object_is_a_mistake_of_the_program(scene: Scene) -> None:
    written(scene)
    change = scene.told_of("a").plan({"x": "1"})
    with pytest.raises(ValueError, match="the plan is about a"):
        scene.told_of("b").apply(change)


# Objects of parts


def test_an_object_of_parts_keeps_its_etag(scene: Scene) -> None:
    version = written(scene, data=LARGE)
    assert version.endswith("-3")
    scene.act(*like_aws())
    scene.told_of("a").put({"x": "1"})
    assert scene.operations().count("UploadPartCopy") == 3
    assert "GetObject" not in scene.operations()
    assert scene.held("a") == LARGE
    entry = scene.opened().stat("a")
    assert (entry.version, entry.mtime_ns) == (version, 7)
    assert entry.digests == {"sha256": sha256(LARGE).hexdigest()}
    assert scene.uploads() == {}


def test_parts_of_a_size_that_nobody_guesses_are_asked_for(scene: Scene) -> None:
    version = sent_in_parts(scene, [7 * MIB, 4 * MIB], Tagging="x=1", ContentType="a/b")
    scene.act(*like_aws())
    scene.told_of("a").put({"x": "1"})
    assert scene.told("a")["ETag"].strip('"') == version
    assert "GetObject" not in scene.operations()
    assert scene.told_of("a").get()["Tags"] == {"x": "1"}
    assert scene.told("a")["ContentType"] == "a/b"


@pytest.mark.parametrize("knows_parts", [True, False])
def test_parts_that_are_not_of_one_size_are_proven_by_reading(
    scene: Scene, knows_parts: bool
) -> None:
    """The ETag is another afterwards; nothing was replaced before the bytes were known."""
    version = sent_in_parts(scene, [5 * MIB, 6 * MIB])

    def part(request: Request, forward: Forward) -> Answer:
        if "partNumber" in request.query and not knows_parts:
            return Answer(status=400, headers=(), body=b"")
        return forward(request)

    scene.act(Mood(Acts(part), on="HeadObject"), *like_aws())
    scene.told_of("a").put({"x": "1"})
    assert scene.held("a") == LARGE
    assert scene.told("a")["Metadata"] == {"x": "1"}
    assert scene.uploads() == {}
    assert scene.told("a")["ETag"].strip('"') != version
    assert scene.operations().count("GetObject") == 2


def test_what_is_too_large_for_one_request_goes_in_parts(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "LARGEST_PART", 6 * MIB)
    scene.put("a", LARGE, Tagging="x=1", ACL="public-read", StorageClass="STANDARD_IA")
    told = scene.told_of("a")
    was = told.get()
    scene.act(*like_aws())
    told.put({"x": "1"})
    assert scene.operations().count("UploadPartCopy") == 3
    assert "CopyObject" not in scene.operations()
    assert told.get() == {**was, "Metadata": {"x": "1"}}
    assert scene.held("a") == LARGE


@pytest.mark.parametrize("habits", [HONOURS_ALL, NO_CONDITIONS])
@pytest.mark.parametrize("ignored", [True, False])
def test_who_writes_between_two_parts_loses_nothing(
    scene: Scene, habits: Habits, ignored: bool
) -> None:
    """Not even where a mixture of both could be made."""
    written(scene, data=LARGE)
    theirs = data_of(11 * MIB, seed=1)
    racing = Mood(before(lambda: scene.put("a", theirs)), on="UploadPartCopy", nth=2)
    scene.act(racing, *([Mood(IgnoresConditions())] if ignored else like_aws()))
    assert type(failure(scene.told_of("a", habits).put, {"x": "1"})) is VersionMismatch
    assert (scene.held("a"), scene.uploads()) == (theirs, {})


def test_who_writes_before_the_end_loses_nothing(scene: Scene) -> None:
    written(scene, data=LARGE)
    racing = Mood(before(lambda: scene.put("a", b"theirs")), on="CompleteMultipartUpload")
    scene.act(racing, *like_aws())
    assert type(failure(scene.told_of("a").put, {"x": "1"})) is VersionMismatch
    assert (scene.held("a"), scene.uploads()) == (b"theirs", {})


@pytest.mark.parametrize("in_parts", [True, False])
def test_tags_that_a_service_forgets_are_given_back(scene: Scene, in_parts: bool) -> None:
    """As Ceph 16 forgets them whenever metadata are replaced."""
    if in_parts:
        sent_in_parts(scene, [5 * MIB, 6 * MIB], Tagging="x=1&y=2")
    else:
        scene.put("a", DATA, Tagging="x=1&y=2")

    def forget() -> None:
        scene.direct.delete_object_tagging(Bucket=scene.name, Key="a")

    made = "CompleteMultipartUpload" if in_parts else "CopyObject"
    scene.act(Mood(after(forget), on=made), *like_aws())
    told = scene.told_of("a")
    was = told.get()
    told.put({"new": "1"})
    assert was["Tags"] == {"x": "1", "y": "2"}
    assert told.get() == {**was, "Metadata": {"new": "1"}}


@pytest.mark.parametrize("in_parts", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_a_service_that_is_known_to_forget_them_is_not_asked(
    scene: Scene, in_parts: bool, lost: bool
) -> None:
    """Nor does an answer that is lost take them along."""
    if in_parts:
        sent_in_parts(scene, [5 * MIB, 6 * MIB], Tagging="x=1&y=2")
    else:
        scene.put("a", DATA, Tagging="x=1&y=2")
    made = "CompleteMultipartUpload" if in_parts else "CopyObject"
    cut = (Mood(LosesAnswer(), on=made, nth=1),) if lost else ()
    scene.act(*cut, Mood(LosesTags()), *like_aws())
    told = scene.told_of("a", LOSES_TAGS)
    change = told.plan({"new": "1"})
    scene.proxy.forget()
    if lost:
        assert type(failure(told.apply, change)) is Unavailable
    else:
        told.apply(change)
    assert tags_at(scene, "a") == {"x": "1", "y": "2"}
    assert scene.told("a")["Metadata"] == {"new": "1"}
    assert scene.tagging().count("PUT") == 1


@pytest.mark.parametrize("habits", [HONOURS_ALL, LOSES_TAGS])
def test_an_object_in_place_that_cannot_have_its_tags_is_told_of_and_stays(
    scene: Scene, habits: Habits
) -> None:
    scene.put("a", DATA, Tagging="x=1")
    scene.act(Mood(OnTags("PUT", Answers(503, "SlowDown"))), Mood(LosesTags()), *like_aws())
    error = failure(scene.told_of("a", habits).put, {"new": "1"})
    assert "a is there, but its tags are not" in error.message
    assert scene.held("a") == DATA


def test_tags_that_nobody_may_see_are_not_lost_where_a_service_forgets_them(scene: Scene) -> None:
    scene.put("a", DATA, Tagging="x=1")
    scene.act(*both(status=403, code="AccessDenied"), Mood(LosesTags()), *like_aws())
    error = failure(scene.told_of("a", LOSES_TAGS).put, {"new": "1"})
    assert type(error) is AccessDenied
    assert "tags, which would be lost" in error.message
    assert tags_at(scene, "a") == {"x": "1"}


def test_tags_that_nobody_may_see_are_not_lost_with_the_parts(scene: Scene) -> None:
    written(scene, data=LARGE)
    scene.act(*both(status=403, code="AccessDenied"), *like_aws())
    error = failure(scene.told_of("a").put, {"x": "1"})
    assert type(error) is AccessDenied
    assert "tags, which would be lost" in error.message
    assert scene.uploads() == {}


# ETags that say nothing


def encrypted(*etags: str) -> Callable[[Request, Forward], Answer]:
    """A service with keys of its own: of each copy the ETag is the next of these."""
    given = iter(etags)
    current = [next(given)]

    def act(request: Request, forward: Forward) -> Answer:
        if request.operation == "CopyObject":
            current[0] = next(given)
        return Encrypts(etag=current[0])(request, forward)

    return act


KMS = "CopyObject HeadObject GetObject"


def test_an_encrypted_object_is_read_before_and_after(scene: Scene) -> None:
    scene.put("a", DATA)
    scene.act(Mood(Acts(encrypted("1" * 32, "2" * 32)), on=KMS))
    change = scene.told_of("a").put({"x": "1"})
    assert any("read before and after" in note for note in change.notes)
    assert scene.operations().count("GetObject") == 2
    assert (scene.held("a"), scene.told("a")["Metadata"]) == (DATA, {"x": "1"})


def test_an_encrypted_object_of_somebody_else_is_noticed_by_its_bytes(scene: Scene) -> None:
    scene.put("a", DATA)
    racing = Mood(before(lambda: scene.put("a", b"theirs")), on="CopyObject")
    scene.act(racing, Mood(Acts(encrypted("1" * 32, "2" * 32)), on=KMS))
    assert type(failure(scene.told_of("a").put, {"x": "1"})) is VersionMismatch
    assert scene.held("a") == b"theirs"


def test_an_etag_that_is_not_told_is_asked_for(scene: Scene) -> None:
    written(scene)
    scene.act(Mood(TellsNoTag(), on="CopyObject"), *like_aws())
    scene.told_of("a").put({"x": "1"})
    assert scene.told("a")["Metadata"]["x"] == "1"


# Services that keep less


def test_a_service_that_drops_metadata_is_found_out_before_anything_is_lost(scene: Scene) -> None:
    scene.put("a", DATA, Metadata={"of": "theirs"})
    scene.act(Mood(KeepsNoMetadata()), *like_aws())
    told = scene.told_of("a", None)
    assert told.is_kept()
    error = failure(told.put, {"x": "1"})
    assert "this endpoint keeps no metadata of objects" in error.message
    assert scene.told("a")["Metadata"] == {"of": "theirs"}
    assert scene.all_keys() == ["a"]
    assert not told.is_kept()
    scene.proxy.forget()
    assert "nothing was changed" in failure(told.plan, {"x": "1"}).message
    assert {one.method for one in scene.proxy.requests} == {"HEAD", "GET"}


def test_its_headers_can_be_set_nevertheless(scene: Scene) -> None:
    scene.put("a", DATA)
    scene.act(Mood(KeepsNoMetadata()), *like_aws())
    scene.told_of("a", None).put(content_type="text/plain")
    assert scene.told("a")["ContentType"] == "text/plain"


def test_what_nobody_found_out_before_is_seen_afterwards(scene: Scene) -> None:
    scene.put("a", DATA)
    scene.act(Mood(KeepsNoMetadata()), *like_aws())
    error = failure(scene.told_of("a").put, {"x": "1"})
    assert "keeps no metadata of objects" in error.message
    assert scene.waits == [1.0, 2.0]


def test_a_header_that_is_not_kept_is_named(scene: Scene) -> None:
    written(scene)
    scene.act(Mood(without_header("Cache-Control"), on="CopyObject"), *like_aws())
    error = failure(scene.told_of("a").put, {"x": "1"}, cache_control="no-store")
    assert "shows something else under CacheControl;" in error.message


def test_a_service_that_shows_it_late_is_waited_for(scene: Scene) -> None:
    written(scene)
    told = scene.told_of("a")
    change = told.plan({"x": "1"})
    told_late: list[str] = []

    def late(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        has_it = answer.header("x-amz-meta-x") is not None
        if has_it and not told_late:
            told_late.append("x")
            return msgspec.structs.replace(answer, headers=answer.without("x-amz-meta-x"))
        return answer

    scene.act(Mood(Acts(late), on="HeadObject"), *like_aws())
    told.apply(change)
    assert (told_late, scene.waits) == (["x"], [1.0])


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (403, "AccessDenied", AccessDenied),
        (403, "InvalidObjectState", StorageError),
        (400, "MetadataTooLarge", StorageError),
        (503, "SlowDown", Unavailable),
        (409, "ConditionalRequestConflict", Unavailable),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    scene: Scene, status: int, code: str, ends: type[StorageError]
) -> None:
    version = written(scene)
    scene.act(Mood(Answers(status, code), on="CopyObject"))
    assert type(failure(scene.told_of("a").put, {"x": "1"})) is ends
    assert scene.told("a")["ETag"].strip('"') == version


# A real gateway


@pytest.mark.parametrize("size", [11 * MIB, 40], ids=["parts", "whole"])
def test_a_ceph_gateway_keeps_bytes_etag_and_all_else(
    gateway: Server, tmp_path: Path, size: int
) -> None:
    bucket = Bucket(gateway, tmp_path)
    data = data_of(size)
    rule = ObjectRule(match="*", cache_control="max-age=5")
    with closing(bucket.open_probed(objects=(rule,))) as store:
        given = BytesBody(data=data, mtime_ns=7, content_type="a/b", metadata={"of": "mine"})
        version = store.write("a", given).version
    bucket.client.put_object_acl(Bucket=bucket.name, Key="a", ACL="public-read")
    tags: Any = {"TagSet": [{"Key": "t", "Value": "1"}]}
    bucket.client.put_object_tagging(Bucket=bucket.name, Key="a", Tagging=tags)
    access = gateway.access
    config = BucketConfig(
        provider="s3",
        bucket_name=bucket.name,
        endpoint_url=access.endpoint,
        credentials={"access_key": access.access_key, "secret_key": access.secret_key},
        state_dir=str(tmp_path / "state"),
    )
    with Administration.of(config) as admin:
        told = admin.metadata("a")
        was = told.get()
        assert was["Tags"] == {"t": "1"}
        assert len(was["Grants"]) == 2
        told.put({"x": "1", "empty": ""}, content_disposition="inline")
        told.remove(["of"])
        kept = {"x": "1", "empty": ""}
        assert told.get() == {**was, "ContentDisposition": "inline", "Metadata": kept}
        change = told.plan({"x": "2"})
        bucket.client.put_object(Bucket=bucket.name, Key="a", Body=b"theirs")
        assert type(failure(told.apply, change)) is VersionMismatch
    assert version == was["Buckia"][ETAG]
    assert bucket.client.get_object(Bucket=bucket.name, Key="a")["Body"].read() == b"theirs"
