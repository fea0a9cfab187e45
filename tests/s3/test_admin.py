"""The settings of a bucket, for programs: on moto, and behind a proxy that refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from buckia import BucketConfig
from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable, VersionMismatch
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.admin import KINDS, Administration, Change, Unfit, readable
from buckia_s3.admin.policy import is_public
from buckia_s3.admin.setting import Setting
from buckia_s3.connection import Connection
from buckia_s3.habits import Habits
from buckia_s3.notes import Notes
from buckia_s3.options import Options
from tests.s3.acting import HONOURS_ALL, Acts
from tests.s3.buckets import Bucket
from tests.s3.servers.access import Access
from tests.s3.servers.answering import Answers, CutsConnection, LosesAnswer
from tests.s3.servers.documents import XML, error_document
from tests.s3.servers.moods import Does, Forward, Mood
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy
from tests.s3.servers.wire import Answer, Request

LISTING = (
    b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Name>x</Name><KeyCount>0</KeyCount></ListBucketResult>"
)


NOTHING = Notes(None, "", "")
"""For those who remember nothing of a bucket."""


class Instead(Does, frozen=True, kw_only=True):
    """Answers some requests about one setting by itself."""

    word: str
    """In the query."""
    method: str = ""
    """Empty means all."""
    status: int = 200
    code: str = ""
    said: str = "The proxy says so."
    body: bytes = b""

    def __call__(self, request: Request, forward: Forward, /) -> Answer:
        if self.word not in request.query or self.method not in ("", request.method):
            return forward(request)
        body = error_document(self.code, {"Message": self.said}) if self.code else self.body
        return Answer(status=self.status, headers=(XML,), body=body)


def connection_to(access: Access, bucket: str, folder: Path) -> Connection:
    options = Options(access_key=Secret("me"), secret_key=Secret("not-told"))
    context = Context(bucket_name=bucket, base=folder, endpoint_url=access.endpoint)
    return Connection(options, context, width=1)


@pytest.fixture
def bucket(moto: Moto, tmp_path: Path) -> Bucket:
    return Bucket(moto, tmp_path)


@pytest.fixture
def admin(bucket: Bucket, tmp_path: Path) -> Iterator[Administration]:
    with closing(connection_to(bucket.server.access, bucket.name, tmp_path)) as connection:
        yield Administration(connection, NOTHING)


@pytest.fixture
def proxy(moto: Moto) -> Iterator[Proxy]:
    with Proxy(moto.access) as proxy:
        yield proxy


@pytest.fixture
def notes(bucket: Bucket, tmp_path: Path) -> Notes:
    """What is remembered of the bucket, with habits among it."""
    notes = Notes(tmp_path / "notes", "the endpoint", bucket.name)
    notes.keep_habits(HONOURS_ALL)
    return notes


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def through(
    proxy: Proxy, bucket: Bucket, notes: Notes, waits: list[float], tmp_path: Path
) -> Iterator[Administration]:
    with closing(connection_to(proxy.access, bucket.name, tmp_path)) as connection:
        yield Administration(connection, notes, pause=waits.append)


def policy(bucket: Bucket, principal: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket.name}/*",
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **more}]}


CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 3}]}
LIFECYCLE = {
    "Rules": [
        {"Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Date": "2030-01-01"}}
    ]
}
QUEUE = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
NOTIFICATIONS = {"QueueConfigurations": [QUEUE]}
DOCUMENTS = {"cors": CORS, "lifecycle": LIFECYCLE, "notifications": NOTIFICATIONS}


def test_every_setting_has_its_place() -> None:
    for kind in KINDS:
        assert kind.name
        assert kind.about.endswith(".")
        assert kind.removal.endswith(".")
    assert len({kind.name for kind in KINDS}) == 7


@pytest.mark.parametrize("name", [kind.name for kind in KINDS if kind.name != "acl"])
def test_a_fresh_bucket_has_nothing_set_and_nothing_to_remove(
    admin: Administration, name: str
) -> None:
    setting = admin.setting(name)
    assert setting.get() is None
    assert not setting.plan_removal().is_needed
    assert setting.remove().before is None


def test_a_program_reaches_the_settings_by_a_configuration(
    moto: Moto, bucket: Bucket, tmp_path: Path
) -> None:
    access = moto.access
    config = BucketConfig(
        provider="s3",
        bucket_name=bucket.name,
        endpoint_url=access.endpoint,
        credentials={"access_key": access.access_key, "secret_key": access.secret_key},
        state_dir=str(tmp_path / "state"),
    )
    with Administration.of(config) as admin:
        admin.versioning.put("on")
        assert admin.versioning.get() == {"Status": "Enabled"}
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_set_seen_and_removed(admin: Administration, name: str) -> None:
    setting = admin.setting(name)
    change = setting.plan(DOCUMENTS[name])
    assert (change.before, change.is_needed) == (None, True)
    assert setting.get() is None
    setting.apply(change)
    assert setting.get() is not None
    assert setting.remove().after is None
    assert setting.get() is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_same_document_once_more_changes_nothing(admin: Administration, name: str) -> None:
    """Also where the service gave names to rules, and said a time in its own way."""
    setting = admin.setting(name)
    setting.put(DOCUMENTS[name])
    assert not setting.plan(DOCUMENTS[name]).is_needed
    assert not setting.plan(setting.get()).is_needed


def test_a_rule_takes_the_name_of_its_like_and_of_no_other(admin: Administration) -> None:
    """Or one line that changed would show two."""
    first, second = ({**QUEUE, "Events": [f"s3:Object{word}:*"]} for word in ("Created", "Removed"))
    admin.notifications.put({"QueueConfigurations": [first]})
    [known] = (admin.notifications.get() or {})["QueueConfigurations"]
    after = admin.notifications.plan({"QueueConfigurations": [second, first]}).after
    assert after == {"QueueConfigurations": [second, known]}


def test_a_time_is_told_and_set_in_utc(admin: Administration, bucket: Bucket) -> None:
    rule = {**LIFECYCLE["Rules"][0], "Expiration": {"Date": "2030-01-01T02:00:00+02:00"}}
    admin.lifecycle.put({"Rules": [rule]})
    [kept] = (admin.lifecycle.get() or {})["Rules"]
    assert kept["Expiration"]["Date"] == "2030-01-01T00:00:00Z"
    [there] = bucket.client.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
    assert there["Expiration"]["Date"].isoformat() == "2030-01-01T00:00:00+00:00"


def test_one_name_is_taken_by_one_rule_only(admin: Administration) -> None:
    admin.notifications.put(NOTIFICATIONS)
    [known] = (admin.notifications.get() or {})["QueueConfigurations"]
    after = admin.notifications.plan({"QueueConfigurations": [QUEUE, QUEUE]}).after
    assert after == {"QueueConfigurations": [known, QUEUE]}


def test_a_service_that_writes_a_filter_in_its_own_way_changes_nothing(
    proxy: Proxy, through: Administration
) -> None:
    rule = "<FilterRule><Name>Prefix</Name><Value>x/</Value></FilterRule>"
    body = (
        "<NotificationConfiguration><QueueConfiguration><Id>a</Id>"
        f"<Queue>{QUEUE['QueueArn']}</Queue><Event>s3:ObjectCreated:*</Event>"
        f"<Filter><S3Key>{rule}</S3Key></Filter>"
        "</QueueConfiguration></NotificationConfiguration>"
    )
    proxy.moods = (Mood(Instead(word="notification", method="GET", body=body.encode())),)
    wanted = {**QUEUE, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "x/"}]}}}
    assert not through.notifications.plan({"QueueConfigurations": [wanted]}).is_needed


def test_names_for_show_make_no_other_access_list(proxy: Proxy, through: Administration) -> None:
    who = "<ID>1</ID><DisplayName>Somebody</DisplayName>"
    space = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"'
    body = (
        f"<AccessControlPolicy><Owner>{who}</Owner><AccessControlList><Grant>"
        f"<Grantee {space}>{who}</Grantee><Permission>FULL_CONTROL</Permission>"
        "</Grant></AccessControlList></AccessControlPolicy>"
    )
    proxy.moods = (Mood(Instead(word="acl", method="GET", body=body.encode())),)
    assert not through.acl.plan("private").is_needed
    assert (through.acl.get() or {})["Owner"]["DisplayName"] == "Somebody"


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="sets the time zone as POSIX does")
@pytest.mark.usefixtures("in_tokyo")
def test_a_day_is_one_of_the_service_wherever_this_runs(admin: Administration) -> None:
    change = admin.lifecycle.put(LIFECYCLE)
    assert (change.after or {})["Rules"][0]["Expiration"]["Date"] == "2030-01-01T00:00:00Z"
    assert not admin.lifecycle.plan(LIFECYCLE).is_needed


def test_what_goes_beside_the_rules_is_set_too(proxy: Proxy, through: Administration) -> None:
    size = {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    change = through.lifecycle.plan({**LIFECYCLE, **size})
    assert (change.after or {}).items() >= size.items()
    through.lifecycle.apply(change)
    [sent] = [one for one in proxy.requests if one.method == "PUT"]
    assert sent.headers["x-amz-transition-default-minimum-object-size"] == "varies_by_storage_class"


def test_a_policy_is_set_replaced_and_removed(admin: Administration, bucket: Bucket) -> None:
    admin.policy.put(policy(bucket))
    assert admin.policy.get() == policy(bucket)
    narrow = policy(bucket, {"AWS": "arn:aws:iam::123456789012:root"})
    change = admin.policy.put(narrow)
    assert (change.before, change.after) == (policy(bucket), narrow)
    admin.policy.remove()
    assert admin.policy.get() is None


def test_a_policy_that_means_the_same_is_not_set_again(
    admin: Administration, bucket: Bucket
) -> None:
    admin.policy.put(policy(bucket, Action=["s3:GetObject", "s3:ListBucket"]))
    same = policy(bucket, Action=["s3:ListBucket", "s3:GetObject"])
    same["Statement"] = same["Statement"][0]
    assert not admin.policy.plan(same).is_needed
    assert admin.policy.plan(policy(bucket, Action=["s3:ListBucket"])).is_needed


@pytest.mark.parametrize(
    ("principal", "more", "public"),
    [
        ("*", {}, True),
        ({"AWS": "*"}, {}, True),
        ({"AWS": ["a", "*"]}, {}, True),
        ({"AWS": ["a"]}, {}, False),
        ({"CanonicalUser": "a"}, {}, False),
        ("*", {"Effect": "Deny"}, False),
        ("*", {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
    ],
)
def test_a_policy_for_everybody_is_recognised(
    bucket: Bucket, principal: Any, more: dict[str, Any], public: bool
) -> None:
    assert is_public(policy(bucket, principal, **more)) is public


def test_versioning_goes_on_and_is_then_only_suspended(admin: Administration) -> None:
    assert not admin.versioning.plan("off").is_needed
    on = admin.versioning.put("on")
    assert on.after == admin.versioning.get() == {"Status": "Enabled"}
    assert any("never be off again" in note for note in on.notes)
    off = admin.versioning.remove()
    assert off.after == admin.versioning.get() == {"Status": "Suspended"}
    assert any("never be off again" in note for note in off.notes)
    assert not admin.versioning.plan("off").is_needed
    again = admin.versioning.plan("on")
    assert again.is_needed
    assert not any("never" in note for note in again.notes)


def test_acceleration_goes_on_and_off(admin: Administration) -> None:
    assert not admin.accelerate.plan("off").is_needed
    admin.accelerate.put("on")
    assert admin.accelerate.get() == {"Status": "Enabled"}
    admin.accelerate.put("off")
    assert admin.accelerate.get() == {"Status": "Suspended"}


@pytest.mark.parametrize("word", ["public-read", "authenticated-read"])
def test_an_access_list_becomes_exactly_what_was_planned(admin: Administration, word: str) -> None:
    private = admin.acl.get()
    change = admin.acl.put(word)
    assert change.before == private != change.after == admin.acl.get()
    assert not admin.acl.plan(word).is_needed
    admin.acl.remove()
    assert admin.acl.get() == private
    assert not admin.acl.plan("private").is_needed


def test_an_access_list_that_lets_everybody_write_is_asked_for_by_its_word(
    proxy: Proxy, through: Administration
) -> None:
    """moto takes it, but shows one half of it."""
    change = through.acl.put("public-read-write")
    others = [
        one["Permission"] for one in (change.after or {})["Grants"] if "URI" in one["Grantee"]
    ]
    assert others == ["READ", "WRITE"]
    [sent] = [one for one in proxy.requests if one.method == "PUT"]
    assert sent.headers["x-amz-acl"] == "public-read-write"


def test_where_everybody_may_write_the_plan_says_so(admin: Administration) -> None:
    assert any("Everybody" in note for note in admin.acl.plan("public-read-write").notes)
    assert not any("Everybody" in note for note in admin.acl.plan("public-read").notes)


@pytest.mark.parametrize(
    ("name", "wanted", "place", "problem"),
    [
        ("cors", {"CORSRule": []}, "CORSRule", "unknown key"),
        ("cors", [], "", "expected a mapping, found a list"),
        ("cors", {}, "CORSRules", "the key is missing"),
        ("cors", {"CORSRules": []}, "", "this holds no CORS rules"),
        ("cors", {"CORSRules": {}}, "CORSRules", "expected a list"),
        (
            "cors",
            {"CORSRules": [{"AllowedMethods": ["GET"]}]},
            "CORSRules[0].AllowedOrigins",
            "mis",
        ),
        (
            "cors",
            {"CORSRules": [{**CORS["CORSRules"][0], "MaxAgeSeconds": "3"}]},
            "CORSRules[0].MaxAgeSeconds",
            'expected a whole number, found the text "3"',
        ),
        (
            "cors",
            {"CORSRules": [{**CORS["CORSRules"][0], "MaxAgeSeconds": True}]},
            "CORSRules[0].MaxAgeSeconds",
            "expected a whole number, found true",
        ),
        (
            "lifecycle",
            {"Rules": [{"Status": "Enabled", "Expiration": {"Date": "soon"}}]},
            "Rules[0].Expiration.Date",
            '"soon" is no date',
        ),
        (
            "lifecycle",
            {"Rules": [{"Status": "Enabled", "Expiration": {"Date": 3}}]},
            "Rules[0].Expiration.Date",
            "expected a date",
        ),
        (
            "lifecycle",
            {**LIFECYCLE, "TransitionDefaultMinimumObjectSize": 1},
            "TransitionDefaultMinimumObjectSize",
            "expected text",
        ),
        ("notifications", {}, "", "this holds no notifications"),
        ("notifications", {"TopicConfigurations": []}, "", "this holds no notifications"),
        ("policy", {"Version": "2012-10-17"}, "Statement", "the key is missing"),
        ("policy", {"Statement": []}, "Statement", "expected a list of statements"),
        ("policy", {"Statements": []}, "Statements", "unknown key"),
        ("policy", "x", "", 'expected a mapping, found the text "x"'),
        ("policy", {"Statement": [{"Efect": "Allow"}]}, "Statement[0].Efect", "unknown key"),
        ("policy", {"Statement": {"Effect": "allow"}}, "Statement.Effect", "Allow or Deny"),
        (
            "policy",
            {"Statement": [{"Effect": "Allow"}]},
            "Statement[0]",
            "Principal or NotPrincipal",
        ),
        (
            "policy",
            {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "NotAction": "*"}]},
            "Statement[0]",
            "Action or NotAction",
        ),
        ("versioning", "true", "", "versioning is on or off"),
        ("accelerate", "Enabled", "", "accelerate is on or off"),
        ("acl", "public", "", "an access list is one of private, public-read"),
    ],
)
def test_what_is_wrong_in_itself_is_told_before_anybody_is_asked(
    proxy: Proxy, through: Administration, name: str, wanted: Any, place: str, problem: str
) -> None:
    with pytest.raises(Unfit) as caught:
        through.setting(name).plan(wanted)
    assert problem in caught.value.message
    assert caught.value.message.startswith(f'key "{place}": ') is bool(place)
    assert caught.value.exit_code == 2
    assert proxy.requests == []


def test_a_key_that_was_nearly_right_is_suggested(admin: Administration) -> None:
    with pytest.raises(Unfit) as caught:
        admin.cors.plan({"CORSRule": []})
    assert caught.value.hint == 'Did you mean "CORSRules"?'


def test_what_somebody_changed_meanwhile_is_not_replaced(
    admin: Administration, bucket: Bucket
) -> None:
    change = admin.policy.plan(policy(bucket))
    theirs = policy(bucket, {"AWS": "arn:aws:iam::123456789012:root"})
    admin.policy.put(theirs)
    with pytest.raises(VersionMismatch, match="somebody has changed the bucket policy"):
        admin.policy.apply(change)
    assert admin.policy.get() == theirs


def test_a_change_that_is_not_needed_sends_nothing(proxy: Proxy, through: Administration) -> None:
    through.versioning.apply(Change(setting="versioning", before=None, after=None))
    assert proxy.requests == []


def test_all_that_changes_is_shown_with_lines_around_it() -> None:
    before = {"a": 1, "b": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "c": 1}
    after = {**before, "a": 2, "c": 2}
    diff = Change(setting="x", before=before, after=after).diff()
    assert [line for line in diff if line[0] in "+-"] == [
        *('-  "a": 1,', '+  "a": 2,', '-  "c": 1', '+  "c": 2')
    ]
    assert "..." in diff
    assert " {" in diff
    assert Change(setting="x", before=before, after=before).diff() == []


def test_letters_that_a_terminal_would_obey_are_written_out() -> None:
    assert readable({"a": "Grüße"}) == '{\n  "a": "Grüße"\n}'
    assert readable({"a": "x\u202ey\x9b"}) == '{\n  "a": "x\\u202ey\\u009b"\n}'
    assert readable(None) == ""


# What is remembered of the bucket


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_a_change_lets_the_habits_be_forgotten_and_nothing_less_does(
    through: Administration, bucket: Bucket, notes: Notes, name: str
) -> None:
    words = {"acl": "public-read", "versioning": "on", "accelerate": "on"}
    wanted = {**DOCUMENTS, **words, "policy": policy(bucket)}[name]
    setting = through.setting(name)
    setting.get()
    change = setting.plan(wanted)
    setting.remove()
    assert notes.habits() == HONOURS_ALL
    setting.apply(change)
    assert notes.habits() is None
    notes.keep_habits(HONOURS_ALL)
    setting.put(wanted)
    assert notes.habits() == HONOURS_ALL
    setting.remove()
    assert notes.habits() is None


def test_habits_are_forgotten_before_a_change_and_once_more_after_it(
    proxy: Proxy, through: Administration, notes: Notes
) -> None:
    """Somebody may be killed in the middle of it, or try the bucket in the middle of it."""
    known: list[Habits | None] = []

    def act(request: Request, forward: Forward) -> Answer:
        known.append(notes.habits())
        notes.keep_habits(HONOURS_ALL)
        return forward(request)

    proxy.moods = (Mood(Acts(act), on="PutBucketVersioning"),)
    through.versioning.put("on")
    assert known == [None]
    assert notes.habits() is None


@pytest.mark.parametrize("lost", [LosesAnswer(), Answers(403, "AccessDenied")])
def test_habits_are_forgotten_also_where_nobody_knows_what_became_of_the_change(
    proxy: Proxy, through: Administration, notes: Notes, lost: LosesAnswer | Answers
) -> None:
    proxy.moods = (Mood(lost, on="PutBucketVersioning"),)
    with pytest.raises(StorageError):
        through.versioning.put("on")
    assert notes.habits() is None


def test_a_change_that_comes_too_late_lets_nothing_be_forgotten(
    through: Administration, admin: Administration, bucket: Bucket, notes: Notes
) -> None:
    change = through.policy.plan(policy(bucket))
    admin.policy.put(policy(bucket, {"AWS": "arn:aws:iam::123456789012:root"}))
    with pytest.raises(VersionMismatch):
        through.policy.apply(change)
    assert notes.habits() == HONOURS_ALL


# What services refuse


@pytest.mark.parametrize(
    ("status", "code"), [(501, "NotImplemented"), (405, "MethodNotAllowed"), (400, "NotSupported")]
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_an_endpoint_does_not_know_is_said_plainly(
    proxy: Proxy, through: Administration, kind: Any, status: int, code: str
) -> None:
    word = {"notifications": "notification"}.get(kind.name, kind.name)
    proxy.moods = (Mood(Instead(word=word, status=status, code=code)),)
    with pytest.raises(StorageError) as caught:
        through.setting(kind.name).get()
    assert caught.value.message == f"this endpoint has no {kind.noun} ({proxy.endpoint})"


def test_a_refusal_may_also_mean_that_an_endpoint_does_not_know_it(
    proxy: Proxy, through: Administration
) -> None:
    proxy.moods = (Mood(Instead(word="accelerate", status=403, code="AccessDenied")),)
    with pytest.raises(AccessDenied) as caught:
        through.accelerate.get()
    assert "permissions" in caught.value.hint
    assert "an endpoint that has no transfer acceleration may answer so, too" in caught.value.hint


def test_wrong_credentials_are_still_called_wrong(proxy: Proxy, through: Administration) -> None:
    proxy.moods = (Mood(Instead(word="cors", status=403, code="InvalidAccessKeyId")),)
    with pytest.raises(AccessDenied) as caught:
        through.cors.get()
    assert caught.value.hint == "check access_key: the service does not know it"


def test_a_code_that_nobody_knows_is_told_as_it_came(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    proxy.moods = (Mood(Instead(word="cors", status=404, code="NoSuchThing", said="no, sorry")),)
    with pytest.raises(StorageError) as caught:
        through.cors.get()
    assert caught.value.message == (
        f"{bucket.name}: no answer about its CORS rules: no, sorry (NoSuchThing)"
    )


def test_a_bucket_that_is_not_there_is_not_one_without_settings(moto: Moto, tmp_path: Path) -> None:
    with closing(connection_to(moto.access, "nowhere", tmp_path)) as connection:
        for kind in KINDS:
            with pytest.raises(NotFound, match="there is no bucket nowhere"):
                Administration(connection, NOTHING).setting(kind.name).get()


def test_a_service_out_of_order_is_no_service_without_the_setting(
    proxy: Proxy, through: Administration
) -> None:
    proxy.moods = (Mood(Instead(word="policy", status=503, code="SlowDown")),)
    with pytest.raises(Unavailable):
        through.policy.get()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_answer_that_never_came_is_no_empty_setting(
    proxy: Proxy, through: Administration, kind: type[Setting[Any]]
) -> None:
    proxy.moods = (Mood(CutsConnection(of="request", after=0)),)
    with pytest.raises(Unavailable):
        through.setting(kind.name).get()


def test_a_service_that_takes_the_question_for_another_loses_nothing_by_it(
    proxy: Proxy, through: Administration
) -> None:
    """It answers with a listing, and would take a removal for one of the whole bucket."""
    proxy.moods = tuple(
        Mood(Instead(word=word, method="GET", body=LISTING))
        for word in ("cors", "lifecycle", "notification", "versioning", "accelerate", "policy")
    )
    for setting in (through.cors, through.lifecycle, through.notifications, through.versioning):
        assert setting.get() is None
        assert not setting.remove().is_needed
    with pytest.raises(StorageError, match="this endpoint has no bucket policy"):
        through.policy.remove()
    assert {one.method for one in proxy.requests} == {"GET"}


def test_a_service_that_takes_everything_and_does_nothing_is_found_out(
    proxy: Proxy, through: Administration, waits: list[float]
) -> None:
    proxy.moods = (Mood(Instead(word="accelerate", method="PUT")),)
    with pytest.raises(StorageError, match="but shows the transfer acceleration as before"):
        through.accelerate.put("on")
    assert waits == [1.0, 2.0]


def test_a_change_that_shows_late_is_waited_for(
    proxy: Proxy, bucket: Bucket, tmp_path: Path
) -> None:
    with closing(connection_to(proxy.access, bucket.name, tmp_path)) as connection:
        stale = Mood(Instead(word="versioning", method="GET", body=b""))

        def pause(_seconds: float) -> None:
            proxy.moods = ()

        proxy.moods = (stale,)
        Administration(connection, NOTHING, pause=pause).versioning.put("on")
        assert Administration(connection, NOTHING).versioning.get() == {"Status": "Enabled"}


def test_a_policy_that_takes_away_the_right_to_look_was_set_nevertheless(
    proxy: Proxy, through: Administration, admin: Administration, bucket: Bucket
) -> None:
    class Locking(Does, frozen=True):
        def __call__(self, request: Request, forward: Forward, /) -> Answer:
            answer = forward(request)
            if request.method == "PUT":
                gone = Instead(word="policy", status=403, code="AccessDenied")
                proxy.moods = (Mood(gone),)
            return answer

    proxy.moods = (Mood(Locking()),)
    through.policy.put(policy(bucket))
    assert admin.policy.get() == policy(bucket)


def test_what_the_service_finds_malformed_is_the_fault_of_what_was_given(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    said = "Policy has invalid resource"
    mood = Instead(word="policy", method="PUT", status=400, code="MalformedPolicy", said=said)
    proxy.moods = (Mood(mood),)
    with pytest.raises(Unfit) as caught:
        through.policy.put(policy(bucket))
    assert caught.value.message == (
        "the service does not take this bucket policy: Policy has invalid resource "
        "(MalformedPolicy)"
    )


def test_a_question_that_the_service_does_not_take_is_nobody_s_fault(
    proxy: Proxy, through: Administration
) -> None:
    proxy.moods = (Mood(Instead(word="accelerate", status=400, code="InvalidRequest")),)
    with pytest.raises(StorageError, match="InvalidRequest"):
        through.accelerate.get()


def test_at_aws_a_policy_is_for_the_account_of_the_owner_alone(tmp_path: Path) -> None:
    options = Options(access_key=Secret("me"), secret_key=Secret("not-told"))
    context = Context(bucket_name="theirs", base=tmp_path, region="us-east-1")
    with closing(Connection(options, context, width=1)) as connection:
        admin = Administration(connection, NOTHING)
        with Stubber(connection.client) as stubber:
            for operation in ("get_bucket_policy", "get_bucket_accelerate_configuration"):
                stubber.add_client_error(operation, "MethodNotAllowed", http_status_code=405)
            with pytest.raises(AccessDenied, match="only the account that owns the bucket"):
                admin.policy.get()
            with pytest.raises(StorageError, match="this endpoint has no transfer acceleration"):
                admin.accelerate.get()


# Owners who keep the public out


def test_a_public_policy_behind_a_block_is_explained(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    bucket.client.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
    )
    refused = Instead(word="policy", method="PUT", status=403, code="AccessDenied", said="no")
    proxy.moods = (Mood(refused),)
    with pytest.raises(AccessDenied, match="public access is blocked for this bucket") as caught:
        through.policy.put(policy(bucket))
    assert "BlockPublicPolicy" in caught.value.hint
    with pytest.raises(AccessDenied, match="the service refuses") as plain:
        through.policy.put(policy(bucket, {"AWS": "arn:aws:iam::123456789012:root"}))
    assert "BlockPublicPolicy" not in plain.value.hint


def test_the_block_of_a_whole_account_is_known_by_its_words(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    said = "public policies are blocked by the BlockPublicPolicy block public access setting"
    refused = Instead(word="policy", method="PUT", status=403, code="AccessDenied", said=said)
    proxy.moods = (Mood(refused),)
    with pytest.raises(AccessDenied, match="public access is blocked"):
        through.policy.put(policy(bucket))


def test_a_refusal_without_a_block_stays_what_it_is(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    refused = Instead(word="policy", method="PUT", status=403, code="AccessDenied", said="no")
    proxy.moods = (Mood(refused),)
    with pytest.raises(AccessDenied, match=r"the service refuses the access_key .*: no"):
        through.policy.put(policy(bucket))


def test_a_public_access_list_behind_a_block_is_explained(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    bucket.client.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    refused = Instead(word="acl", method="PUT", status=403, code="AccessDenied", said="no")
    proxy.moods = (Mood(refused),)
    with pytest.raises(AccessDenied, match="access list public-read would let others in"):
        through.acl.put("public-read")


def test_access_lists_that_are_switched_off_are_explained_before_anybody_is_asked(
    proxy: Proxy, through: Administration, bucket: Bucket
) -> None:
    bucket.client.put_bucket_ownership_controls(
        Bucket=bucket.name,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )
    with pytest.raises(StorageError, match="switched access lists off") as caught:
        through.acl.plan("public-read")
    assert caught.value.hint == "a policy does the same: buckia s3 policy put FILE"
    assert "PUT" not in {one.method for one in proxy.requests}
    assert not through.acl.plan("private").is_needed


def test_access_lists_that_are_switched_off_are_explained_where_only_the_refusal_tells(
    proxy: Proxy, through: Administration
) -> None:
    proxy.moods = (
        Mood(Instead(word="ownershipControls", status=403, code="AccessDenied")),
        Mood(Instead(word="acl", method="PUT", status=400, code="AccessControlListNotSupported")),
    )
    with pytest.raises(StorageError, match="switched access lists off") as caught:
        through.acl.put("public-read")
    assert "buckia s3 policy put" in caught.value.hint


def test_a_question_about_ownership_that_found_nobody_is_no_answer(
    proxy: Proxy, through: Administration
) -> None:
    proxy.moods = (Mood(Instead(word="ownershipControls", status=503, code="SlowDown")),)
    with pytest.raises(Unavailable):
        through.acl.plan("public-read")
