"""Probes: each kind of endpoint is seen as it is, nothing is left behind, and it is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.errors import Unavailable
from buckia_s3.asked import Asked
from buckia_s3.habits import UNKNOWN, Habits
from buckia_s3.probe import NAMES
from tests.s3.acting import (
    HONOURS_ALL,
    Acts,
    OnTags,
    Stage,
    failure,
    like_aws,
    on_stage,
    without_header,
)
from tests.s3.servers.answering import (
    Answers,
    CutsConnection,
    KeepsNoMetadata,
    LosesAnswer,
    LosesTags,
    RefusesTrailers,
)
from tests.s3.servers.bodies import WrongChecksum
from tests.s3.servers.conditions import (
    BareIfMatch,
    EnforcesConditions,
    IgnoresConditions,
    RefusesConditions,
)
from tests.s3.servers.documents import NAMESPACE, XML, added, edited, read, refusal
from tests.s3.servers.moods import Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, Request

MOTO = Habits(
    creates=True,
    replaces="quoted",
    deletes=True,
    batches=True,
    tags_are_md5=True,
    tags_of_parts=True,
)
NO_CONDITIONS = Habits(
    batches=True,
    tags_are_md5=True,
    tags_of_parts=True,
    checks=HONOURS_ALL.checks,
    checks_parts=True,
)


@pytest.fixture
def stage(moto: Moto, tmp_path: Path) -> Iterator[Stage]:
    with on_stage(moto, tmp_path) as stage:
        yield stage


def but(habits: Habits, **more: Any) -> Habits:
    return msgspec.structs.replace(habits, **more)


def deletes_in_words_only(_request: Request, _forward: Forward) -> Answer:
    body = f'<DeleteResult xmlns="{NAMESPACE}"></DeleteResult>'
    return Answer(status=200, headers=(XML,), body=body.encode())


def knows_no_sha256(request: Request, forward: Forward) -> Answer:
    if request.header("x-amz-checksum-sha256") is not None:
        return refusal(501, "NotImplemented")
    return forward(request)


def refuses_tags(request: Request, forward: Forward) -> Answer:
    """As to credentials that lack s3:PutObjectTagging."""
    if request.header("x-amz-tagging") is not None:
        return refusal(403, "AccessDenied")
    return forward(request)


def counts_none(request: Request, forward: Forward) -> Answer:
    answer = forward(request)
    return msgspec.structs.replace(answer, headers=answer.without("x-amz-tagging-count"))


COUNTS_NONE = Acts(counts_none)


def on_aws(*first: Mood) -> Callable[[], tuple[Mood, ...]]:
    """These moods, and behind them a service that honours everything."""
    return lambda: (*first, *like_aws())


KINDS: dict[str, tuple[Callable[[], tuple[Mood, ...]], Habits]] = {
    "moto as it is": (lambda: (), MOTO),
    "like AWS": (like_aws, HONOURS_ALL),
    "keeps no metadata": (
        on_aws(Mood(KeepsNoMetadata())),
        but(HONOURS_ALL, drops_metadata=True),
    ),
    "loses tags": (
        on_aws(Mood(LosesTags())),
        but(HONOURS_ALL, loses_tags=True, counts_tags=True),
    ),
    "loses tags, and counts none": (
        on_aws(Mood(LosesTags()), Mood(COUNTS_NONE, on="HeadObject")),
        but(HONOURS_ALL, loses_tags=True),
    ),
    "knows no tags": (
        on_aws(Mood(without_header("x-amz-tagging"), on="PutObject")),
        HONOURS_ALL,
    ),
    "refuses tags": (
        on_aws(Mood(LosesTags()), Mood(Acts(refuses_tags), on="PutObject")),
        HONOURS_ALL,
    ),
    "shows no tags": (
        on_aws(Mood(LosesTags()), Mood(OnTags("GET", Answers(501, "NotImplemented")))),
        HONOURS_ALL,
    ),
    "lets nobody see tags": (
        on_aws(Mood(LosesTags()), Mood(OnTags("GET", Answers(403, "AccessDenied")))),
        HONOURS_ALL,
    ),
    "ETags without quotes": (
        # moto itself takes the ETag of a delete in both forms.
        lambda: (Mood(BareIfMatch()),),
        but(MOTO, replaces="bare"),
    ),
    "ignores conditions": (on_aws(Mood(IgnoresConditions())), NO_CONDITIONS),
    "ignores them in writes": (
        on_aws(Mood(IgnoresConditions(), on="PutObject")),
        NO_CONDITIONS,
    ),
    "ignores them in completions": (
        on_aws(Mood(IgnoresConditions(), on="CompleteMultipartUpload")),
        but(HONOURS_ALL, completes=False),
    ),
    "ignores them in deletes": (
        on_aws(Mood(IgnoresConditions(), on="DeleteObject")),
        but(HONOURS_ALL, deletes=False),
    ),
    "ignores them in copies": (
        on_aws(Mood(IgnoresConditions(), on="CopyObject")),
        but(HONOURS_ALL, copies=False),
    ),
    "refuses conditions": (on_aws(Mood(RefusesConditions())), NO_CONDITIONS),
    "refuses them in completions": (
        on_aws(Mood(RefusesConditions(), on="CompleteMultipartUpload")),
        but(HONOURS_ALL, completes=False),
    ),
    "refuses them in deletes": (
        on_aws(Mood(RefusesConditions(), on="DeleteObject")),
        but(HONOURS_ALL, deletes=False),
    ),
    "refuses them in copies": (
        on_aws(Mood(RefusesConditions(), on="CopyObject")),
        but(HONOURS_ALL, copies=False),
    ),
    "honours only that there be none": (
        on_aws(Mood(without_header("If-Match"), on="PutObject")),
        but(NO_CONDITIONS, creates=True),
    ),
    "completes only where there is none": (
        on_aws(Mood(without_header("If-Match"), on="CompleteMultipartUpload")),
        but(HONOURS_ALL, completes=False),
    ),
    "copies only where there is none": (
        on_aws(Mood(without_header("If-Match"), on="CopyObject")),
        but(HONOURS_ALL, copies=False),
    ),
    "refuses trailers": (on_aws(Mood(RefusesTrailers())), HONOURS_ALL),
    "knows MD5 only": (
        on_aws(Mood(without_header("x-amz-checksum-sha256"), on="PutObject")),
        but(HONOURS_ALL, checks="md5"),
    ),
    "refuses a checksum that it does not know": (
        on_aws(Mood(Acts(knows_no_sha256), on="PutObject")),
        but(HONOURS_ALL, checks="md5"),
    ),
    "checks no parts": (
        on_aws(Mood(without_header("content-md5"), on="UploadPart")),
        but(HONOURS_ALL, checks_parts=False),
    ),
    "checks nothing": (
        lambda: (Mood(EnforcesConditions()),),
        but(HONOURS_ALL, checks=None, checks_parts=False),
    ),
    "no parts": (
        on_aws(Mood(Answers(501, "NotImplemented"), on="CreateMultipartUpload")),
        but(HONOURS_ALL, completes=False, tags_of_parts=False, checks_parts=False),
    ),
    "no copies": (
        on_aws(Mood(Answers(501, "NotImplemented"), on="CopyObject")),
        but(HONOURS_ALL, copies=False),
    ),
    "no deletes in batches": (
        on_aws(Mood(Answers(405, "MethodNotAllowed"), on="DeleteObjects")),
        but(HONOURS_ALL, batches=False),
    ),
    "deletes batches in words only": (
        on_aws(Mood(Acts(deletes_in_words_only), on="DeleteObjects")),
        but(HONOURS_ALL, batches=False),
    ),
    "strange ETags of parts": (
        on_aws(Mood(WrongChecksum(), on="HeadObject")),
        but(HONOURS_ALL, tags_of_parts=False),
    ),
}


@pytest.mark.parametrize(("moods", "habits"), KINDS.values(), ids=KINDS)
def test_each_endpoint_is_seen_as_it_is_and_is_left_as_it_was(
    stage: Stage, moods: Callable[[], tuple[Mood, ...]], habits: Habits
) -> None:
    stage.act(*moods())
    store = stage.opened(None)
    store.probe("")
    assert store.habits == habits
    assert store.traits.lacks == habits.lacks
    assert stage.all_keys() == []
    assert stage.uploads() == {}


def test_the_etag_of_a_write_that_is_no_md5_is_seen(stage: Stage) -> None:
    stage.act(*on_aws(Mood(WrongChecksum(), on="PutObject", nth=1))())
    store = stage.opened(None)
    store.probe("")
    assert store.habits == but(HONOURS_ALL, tags_are_md5=False)


def test_who_may_not_write_has_no_conditions(stage: Stage) -> None:
    stage.act(Mood(Answers(403, "AccessDenied"), on="PutObject CreateMultipartUpload"))
    store = stage.opened(None)
    store.probe("")
    assert store.habits == msgspec.structs.replace(UNKNOWN, refused=True)
    assert stage.all_keys() == []


def test_nothing_is_sent_that_old_services_do_not_know(stage: Stage) -> None:
    stage.opened(None).probe("")
    assert not [one for one in stage.proxy.requests if "x-amz-trailer" in one.headers]
    assert not [one for one in stage.proxy.requests if "aws-chunked" in str(one.headers)]


def test_a_probe_stays_in_its_folder_and_touches_nobody_there(stage: Stage) -> None:
    stage.put("some/place/.buckia-probe-", b"not ours")
    stage.put("other", b"not ours")
    stage.opened(None).probe("some/place/")
    keys = {one.key for one in stage.proxy.requests if one.key}
    assert keys
    assert all(key.startswith("some/place/.buckia-probe-") for key in keys)
    assert stage.all_keys() == ["other", "some/place/.buckia-probe-"]


def knows_no_prefix(request: Request, forward: Forward) -> Answer:
    query = {name: value for name, value in request.query.items() if name != "prefix"}
    return forward(request.asking(query))


def test_uploads_of_others_stay_also_where_a_service_tells_of_all_at_once(stage: Stage) -> None:
    theirs = {}
    for key in ("a", ".buckia-probe-", ".buckia-probe-0", "z"):
        made = stage.direct.create_multipart_upload(Bucket=stage.name, Key=key)
        theirs[made["UploadId"]] = key
    stage.act(
        Mood(Acts(knows_no_prefix), on="ListMultipartUploads"),
        # So that two uploads of ours are left behind, which are to go.
        *on_aws(Mood(Answers(501, "NotImplemented"), on="CompleteMultipartUpload"))(),
    )
    stage.opened(None).probe("")
    assert len(stage.proxy.called("AbortMultipartUpload")) == 2
    assert stage.uploads() == theirs


@pytest.mark.parametrize("missing", ["Key", "UploadId"])
def test_an_upload_that_is_told_of_by_halves_is_left_alone(stage: Stage, missing: str) -> None:
    def halves(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        root = read(answer)
        row = {"Key": request.query["prefix"], "UploadId": "theirs"}
        del row[missing]
        added(root, "Upload", row)
        return edited(answer, root)

    stage.act(Mood(Acts(halves), on="ListMultipartUploads"), *like_aws())
    store = stage.opened(None)
    store.probe("")
    assert store.habits == HONOURS_ALL
    aborted = [one for one in stage.proxy.requests if one.operation == "AbortMultipartUpload"]
    assert "theirs" not in {one.query["uploadId"] for one in aborted}
    assert stage.uploads() == {}


def test_what_may_pass_says_nothing_of_a_habit(stage: Stage) -> None:
    stage.act(*on_aws(Mood(Answers(503, "SlowDown"), on="PutObject", nth=2))())
    store = stage.opened(None)
    with pytest.raises(Unavailable):
        store.probe("")
    assert store.habits == UNKNOWN
    # And nothing was remembered of it.
    store.probe("")
    assert store.habits == HONOURS_ALL
    assert stage.all_keys() == []


def names(first: str) -> set[str]:
    """Of all that a probe writes to."""
    return {f"{first}{name}" for name in NAMES}


@pytest.mark.parametrize("nth", [2, 9, 10, 17, 21])
@pytest.mark.parametrize("lost", [LosesAnswer(), CutsConnection(of="request", after=0)])
def test_a_probe_that_was_cut_off_is_cleared_by_the_next_one(
    stage: Stage, nth: int, lost: LosesAnswer | CutsConnection
) -> None:
    """The line is dead from some request on, so that not even the clearing comes through."""
    dead = Mood(CutsConnection(of="request", after=0), nth=range(nth + 1, 10**6))
    stage.act(Mood(lost, nth=nth), dead, *like_aws())
    store = stage.opened(None)
    with pytest.raises(Unavailable):
        store.probe("")
    first = stage.proxy.requests[0].key
    assert {one.key for one in stage.proxy.requests if one.key} <= names(first)
    assert store._ground.notes.probes == (first,)
    stage.act(*like_aws())
    later = stage.opened(None)
    later.probe("")
    assert later.habits == HONOURS_ALL
    assert names(first) <= {*stage.proxy.called("DeleteObject")}
    assert stage.all_keys() == []
    assert stage.uploads() == {}
    assert later._ground.notes.probes == ()


def test_what_a_cut_off_probe_has_made_lies_there_until_then(stage: Stage) -> None:
    """Or else the test above would prove nothing."""
    stage.act(Mood(CutsConnection(of="request", after=0), nth=range(9, 10**6)), *like_aws())
    with pytest.raises(Unavailable):
        stage.opened(None).probe("")
    assert len(stage.all_keys()) > 1


def test_each_probe_that_was_cut_off_is_cleared_however_many_there_are(stage: Stage) -> None:
    dead = CutsConnection(of="request", after=0)
    stage.act(Mood(dead, nth=range(9, 10**6)), *like_aws())
    store = stage.opened(None)
    failure(store.probe, "")
    stage.act(Mood(Answers(503, "SlowDown"), on="DeleteObject ListMultipartUploads"), *like_aws())
    failure(store.probe, "")
    assert len(stage.all_keys()) > 1
    assert len(store._ground.notes.probes) == 2
    stage.act(*like_aws())
    stage.opened(None).probe("")
    assert stage.all_keys() == []
    assert stage.opened(None)._ground.notes.probes == ()


def test_where_nobody_answers_nothing_more_is_tried(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = CutsConnection(of="request", after=0)
    stage.act(Mood(dead, nth=range(11, 10**6)), *like_aws())
    store = stage.opened(None)
    asked, real = [], store._ground.connection.begin

    def begin(operation: str, key: str = "", /, **more: Any) -> Asked[dict[str, Any]]:
        asked.append(operation)
        return real(operation, key, **more)

    monkeypatch.setattr(store._ground.connection, "begin", begin)
    failure(store.probe, "")
    # The first of all, two turns of five questions, and one turn that clears up.
    clearing = ["list_multipart_uploads", *(["delete_object"] * len(NAMES))]
    assert len(asked) == 11 + len(clearing)
    assert asked[11:] == clearing
    stage.act(Mood(dead))
    asked.clear()
    assert type(failure(store.probe, "")) is Unavailable
    assert asked == clearing
    assert len(store._ground.notes.probes) == 1


def test_a_probe_that_failed_is_cleared_once_more_by_the_next_one(stage: Stage) -> None:
    """What was under way when it failed may have arrived behind what cleared it."""
    stage.act(Mood(Answers(503, "SlowDown"), on="PutObject", nth=3), *like_aws())
    store = stage.opened(None)
    failure(store.probe, "")
    assert stage.all_keys() == []
    [first] = store._ground.notes.probes
    stage.put(f"{first}-parts", b"late")
    store.probe("")
    assert stage.all_keys() == []
    assert store._ground.notes.probes == ()


def test_what_was_found_out_stays_though_nobody_answered_to_the_clearing_up(stage: Stage) -> None:
    stage.act(*like_aws())
    store = stage.opened(None)
    store.probe("")
    # The last of them look for uploads, and delete all that there may be.
    clearing = range(len(stage.proxy.requests) - len(NAMES), 10**6)
    stage.act(Mood(CutsConnection(of="request", after=0), nth=clearing), *like_aws())
    store.probe("", anew=True)
    assert store.habits == HONOURS_ALL
    assert len(store._ground.notes.probes) == 1


def test_what_may_not_be_cleared_is_not_tried_for_ever(stage: Stage) -> None:
    stage.act(Mood(Answers(403, "AccessDenied"), on="DeleteObject DeleteObjects"), *like_aws())
    store = stage.opened(None)
    store.probe("")
    assert stage.opened(None)._ground.notes.probes == ()


def test_an_interrupt_leaves_nothing_behind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stage.opened(None)
    real, asked = store._ground.connection.begin, []

    def begin(operation: str, key: str = "", /, **more: Any) -> Asked[dict[str, Any]]:
        asked.append(operation)
        if len(asked) == 9:
            raise KeyboardInterrupt
        return real(operation, key, **more)

    monkeypatch.setattr(store._ground.connection, "begin", begin)
    with pytest.raises(KeyboardInterrupt):
        store.probe("")
    assert stage.all_keys() == []
    assert stage.uploads() == {}


def test_what_was_found_out_is_not_asked_again(stage: Stage) -> None:
    store = stage.opened(None)
    checks = store.probe("")
    stage.proxy.forget()
    assert store.probe("") == checks
    later = stage.opened(None)
    # Known before anybody asks, for it tells how ETags are to be read.
    assert later.habits == MOTO
    assert later.probe("") == checks
    assert stage.operations() == []


def test_anew_asks_again_and_remembers_what_it_finds(stage: Stage) -> None:
    store = stage.opened(None)
    store.probe("")
    stage.act(*like_aws())
    store.probe("")
    assert store.habits == MOTO
    store.probe("", anew=True)
    assert store.habits == HONOURS_ALL
    assert stage.opened(None).habits == HONOURS_ALL


def test_a_store_without_notes_remembers_for_itself(stage: Stage) -> None:
    store = stage.opened(None, notes=None)
    store.probe("")
    stage.proxy.forget()
    store.probe("")
    assert stage.operations() == []
    assert stage.opened(None, notes=None).habits == UNKNOWN


def test_another_endpoint_and_another_bucket_have_notes_of_their_own(
    stage: Stage, moto: Moto
) -> None:
    stage.act(*like_aws())
    stage.opened(None).probe("")
    stage.direct.create_bucket(Bucket=f"{stage.name}-other")
    other = stage.opened(None, bucket_name=f"{stage.name}-other")
    with Proxy(moto.access) as proxy:
        elsewhere = stage.opened(None, endpoint_url=proxy.endpoint)
        assert (other.habits, elsewhere.habits) == (UNKNOWN, UNKNOWN)
        stage.act(Mood(RefusesConditions()), *like_aws())
        other.probe("")
        elsewhere.probe("")
        assert (other.habits, elsewhere.habits) == (NO_CONDITIONS, MOTO)
        elsewhere.close()
    assert stage.opened(None).habits == HONOURS_ALL


def test_a_bucket_that_is_not_there_is_no_habit(stage: Stage) -> None:
    store = stage.opened(None, bucket_name="nobody-made-this")
    assert failure(store.probe, "").key == ""
    assert stage.opened(None, bucket_name="nobody-made-this").habits == UNKNOWN


def test_who_has_to_go_a_longer_way_is_told_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the proxy that the environment names, which here is the service itself."""
    assert "requests" not in {check.name for check in stage.opened().probe("")}
    monkeypatch.setenv("http_proxy", stage.proxy.endpoint)
    store = stage.opened()
    said = {check.name: check.message for check in store.probe("", anew=True)}
    assert "by the AWS SDK" in said["requests"]
    store.close()


def test_what_was_found_out_is_said(stage: Stage) -> None:
    stage.act(*like_aws())
    said = {check.name: check.message for check in stage.opened(None).probe("")}
    assert said["conditions on writes"] == "honoured"
    assert said["conditions on large objects"] == "honoured"
    assert said["checksums"] == "damaged uploads are refused by their SHA-256"
    stage.act(Mood(BareIfMatch()), Mood(RefusesConditions(), on="DeleteObject"))
    said = {check.name: check.message for check in stage.opened(None).probe("", anew=True)}
    assert "without quotes" in said["conditions on writes"]
    assert "not honoured" in said["conditions on deletes"]
    assert "above 5 MiB" in said["conditions on large objects"]
    assert "MD5 it answers with" in said["checksums"]


def test_tags_are_a_line_only_where_they_are_lost(stage: Stage) -> None:
    stage.act(*like_aws())
    store = stage.opened(None)
    assert "tags" not in {check.name for check in store.probe("")}
    stage.act(Mood(LosesTags()), *like_aws())
    said = {check.name: check.message for check in store.probe("", anew=True)}
    assert "Buckia gives them back" in said["tags"]


def test_a_refusal_of_tags_is_remembered_like_any_other_habit(stage: Stage) -> None:
    """Most credentials may do nothing with tags; the endpoint is not tried each time for it."""
    stage.act(Mood(Acts(refuses_tags), on="PutObject"), *like_aws())
    store = stage.opened(None)
    assert "permissions" not in {check.name for check in store.probe("")}
    assert store.habits == HONOURS_ALL
    tried = stage.proxy.called("PutObject")
    stage.opened(None).probe("")
    assert stage.proxy.called("PutObject") == tried
