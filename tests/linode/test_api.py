"""The API's client: all pages, no secret told, and a reason with every refusal."""

from __future__ import annotations

import gzip
import socket

import msgspec
import pytest

from buckia.errors import AccessDenied, ConfigError, NotFound, StorageError, Unavailable
from buckia.secrets import Secret
from buckia_linode.api import client
from buckia_linode.api.client import LinodeApi
from buckia_linode.api.models import Grant
from buckia_linode.testing import Fails, FakeLinode, Limits
from tests.linode.conftest import TOKEN


def test_buckets_are_made_told_and_removed(fake: FakeLinode, api: LinodeApi) -> None:
    made = api.create_bucket("us-ord", "ann-notes", endpoint_type="E3")
    assert (made.s3_endpoint, made.endpoint_type) == ("us-ord-10.linodeobjects.com", "E3")
    api.create_bucket("us-east", "other")
    assert [one.label for one in api.buckets()] == ["ann-notes", "other"]
    assert [one.region for one in api.buckets("other")] == ["us-east"]
    assert api.bucket("us-east", "other").label == "other"
    api.delete_bucket("us-east", "other")
    assert [one.label for one in fake.buckets] == ["ann-notes"]
    with pytest.raises(NotFound):
        api.bucket("us-east", "other")


def test_access_is_told_and_changed(api: LinodeApi) -> None:
    api.create_bucket("us-east", "ann-notes")
    api.set_access("us-east", "ann-notes", acl="public-read", cors_enabled=True)
    found = api.access("us-east", "ann-notes")
    assert (found.acl, found.cors_enabled) == ("public-read", True)
    api.create_bucket("us-sea", "far")
    assert api.access("us-sea", "far").cors_enabled is None


def test_a_key_is_told_once_and_ends_when_it_is_revoked(api: LinodeApi) -> None:
    api.create_bucket("us-east", "ann-notes")
    grant = Grant(bucket_name="ann-notes", region="us-east", permissions="read_only")
    made = api.create_key("reader", [grant])
    assert made.secret_key is not None
    secret = made.secret_key.reveal()
    assert len(secret) > 20
    assert secret not in repr(made)
    [listed] = api.keys()
    assert (listed.id, listed.limited, listed.secret_key) == (made.id, True, Secret(""))
    assert listed.bucket_access is not None
    assert [one.permissions for one in listed.bucket_access] == ["read_only"]
    api.revoke_key(made.id)
    assert api.keys() == ()


def test_figures_are_told(fake: FakeLinode, api: LinodeApi) -> None:
    fake.transferred = 4711
    assert api.transfer().used == 4711
    quotas = api.quotas()
    assert quotas
    assert all(api.usage(one.quota_id).quota_limit for one in quotas if one.has_usage)


def test_a_listing_has_all_pages(
    fake: FakeLinode, api: LinodeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FULL_PAGE", 25)
    labels = [f"bucket-{number:03}" for number in range(60)]
    for label in labels:
        api.create_bucket("us-east", label)
    fake.forget()
    assert [one.label for one in api.buckets()] == labels
    assert [asked.query["page"] for asked in fake.requests] == ["1", "2", "3"]


def test_a_listing_that_is_not_whole_is_none(fake: FakeLinode, api: LinodeApi) -> None:
    for body in (
        b'{"data": [], "page": 1, "pages": 2, "results": 3}',
        b'{"data": [], "page": 1, "pages": 1, "results": 3}',
        b'{"page": 1}',
        b"[]",
        b"<html>",
    ):
        fake.faults = (Fails(status=200, body=body),)
        with pytest.raises(Unavailable):
            api.buckets()


@pytest.mark.parametrize("told", ["", '"page": 1,'])
def test_pages_without_end_are_none(
    fake: FakeLinode, api: LinodeApi, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    """The same one again, or others as long as one asks."""
    monkeypatch.setattr(client, "MOST_PAGES", 5)
    row = '{"region": "us-east", "endpoint_type": "E0"}'
    body = f'{{{told} "data": [{row}], "pages": 1000000}}'.encode()
    fake.faults = (Fails(status=200, body=body),)
    with pytest.raises(Unavailable, match="no end" if not told else "page 1 came"):
        api.endpoints()
    assert len(fake.requests) == (2 if told else 5)


def test_what_comes_packed_is_not_unpacked_for_nobody_asked_for_it(
    fake: FakeLinode, api: LinodeApi
) -> None:
    """A few bytes can be packed that fill any memory."""
    body = gzip.compress(b'{"data": []}')
    fake.faults = (Fails(status=200, body=body, headers=(("Content-Encoding", "gzip"),)),)
    with pytest.raises(Unavailable, match="nobody can read"):
        api.buckets()


def test_an_answer_that_is_longer_than_any_is_none(
    fake: FakeLinode, api: LinodeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buckia.web._LONGEST_ANSWER", 1000)
    fake.faults = (Fails(status=200, body=b'{"data": []}' + b" " * 1000),)
    with pytest.raises(Unavailable, match="longer than any"):
        api.buckets()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fails(status=401, body=b'{"errors":[{"reason":"Invalid Token"}]}'), AccessDenied),
        (Fails(status=403, body=b"<html>"), AccessDenied),
        (Fails(status=404), NotFound),
        (Fails(status=500), Unavailable),
        (Fails(status=0), Unavailable),
        (Fails(status=302, headers=(("Location", "http://127.0.0.1:9/"),)), StorageError),
        (Fails(status=400, body=b'{"errors":[{"reason":"no","field":"label"}]}'), StorageError),
    ],
)
def test_each_refusal_is_told_as_what_it_means(
    fake: FakeLinode, api: LinodeApi, fault: Fails, kind: type[StorageError]
) -> None:
    fake.faults = (fault,)
    with pytest.raises(StorageError) as caught:
        api.endpoints()
    assert type(caught.value) is kind
    assert "the endpoints" in caught.value.message


def test_the_field_that_is_wrong_is_named(api: LinodeApi) -> None:
    with pytest.raises(StorageError, match="label: "):
        api.create_bucket("us-east", "No Such Name")


def test_who_asks_too_often_is_told_how_long_to_wait(fake: FakeLinode, api: LinodeApi) -> None:
    fake.limits = Limits(lists=1, others=1)
    api.endpoints()
    with pytest.raises(Unavailable) as caught:
        api.endpoints()
    assert caught.value.wait is not None
    assert 0 < caught.value.wait <= 61
    assert caught.value.hint.startswith("try again in ")


def test_a_window_that_is_used_up_tells_when_the_next_begins(
    fake: FakeLinode, api: LinodeApi
) -> None:
    import time

    reset = str(int(time.time()) + 30)
    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset))
    fake.faults = (Fails(status=429, headers=headers),)
    with pytest.raises(Unavailable) as caught:
        api.endpoints()
    assert caught.value.wait is not None
    assert 20 < caught.value.wait <= 30


def test_a_token_that_may_only_read_is_told_so(fake: FakeLinode, api: LinodeApi) -> None:
    fake.tokens[TOKEN] = "read_only"
    assert api.endpoints()
    with pytest.raises(AccessDenied) as caught:
        api.create_bucket("us-east", "ann-notes")
    assert "read and write access" in caught.value.hint


@pytest.mark.parametrize("token", ["", "a b", "clé", "a\n"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LinodeApi(token)
    assert not token or token not in f"{caught.value.message} {caught.value.hint}"


def test_a_service_that_is_not_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/v4"
        with LinodeApi("token", address=nowhere) as api, pytest.raises(Unavailable, match=nowhere):
            api.endpoints()


def test_what_the_service_repeats_of_the_token_is_not_shown(
    fake: FakeLinode, api: LinodeApi
) -> None:
    body = msgspec.json.encode({"errors": [{"reason": f"bad {TOKEN}"}]})
    fake.faults = (Fails(status=401, body=body),)
    with pytest.raises(AccessDenied) as caught:
        api.endpoints()
    assert TOKEN not in str(caught.value)
