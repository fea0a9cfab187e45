"""Who may ask for what, and where the API lies."""

from __future__ import annotations

from itertools import takewhile

import pytest

import buckia_linode.testing
from buckia_linode.testing import FakeLinode, Scope
from tests.linode.fake.asking import Asking

READS = [
    "/endpoints",
    "/buckets",
    "/buckets/us-east",
    "/buckets/us-east/photos",
    "/buckets/us-east/photos/access",
    "/buckets/us-east/photos/object-list",
    "/keys",
    "/keys/1",
    "/transfer",
    "/quotas",
    "/quotas/obj-bytes-us-east-1.linodeobjects.com",
    "/quotas/obj-bytes-us-east-1.linodeobjects.com/usage",
]
WRITES = [
    ("POST", "/buckets"),
    ("DELETE", "/buckets/us-east/photos"),
    ("PUT", "/buckets/us-east/photos/access"),
    ("POST", "/buckets/us-east/photos/access"),
    ("POST", "/buckets/us-east/photos/object-url"),
    ("PUT", "/buckets/us-east/photos/object-acl"),
    ("POST", "/keys"),
    ("PUT", "/keys/1"),
    ("DELETE", "/keys/1"),
    ("POST", "/cancel"),
]


@pytest.fixture
def filled(ask: Asking) -> Asking:
    """There is a bucket, and a key of it."""
    ask.make("photos")
    ask.allow("photos")
    return ask


@pytest.mark.parametrize(
    "told", ["", "Bearer", "Bearer wrong", "bearer personal-token", "personal-token", "Bearer  "]
)
def test_only_a_token_of_the_account_opens_it(filled: Asking, told: str) -> None:
    for method, path in [("GET", path) for path in READS] + WRITES:
        answer = filled(method, path, headers={"Authorization": told})
        assert (answer.status, answer.document) == (401, {"errors": [{"reason": "Invalid Token"}]})
    del filled.headers["Authorization"]
    assert filled.get("/buckets").refused == (401, None)


def test_a_token_to_read_reads_everything_and_changes_nothing(
    fake: FakeLinode, filled: Asking
) -> None:
    fake.tokens["reader"] = "read_only"
    before = {path: filled.get(path).found for path in READS}
    filled.headers = {"Authorization": "Bearer reader"}
    for method, path in WRITES:
        answer = filled(method, path, {})
        assert answer.refused == (401, None)
        assert "not authorized" in answer.reason
    assert {path: filled.get(path).found for path in READS} == before


@pytest.mark.parametrize(("scope", "reads"), [("none", 401), ("read_only", 200)])
def test_what_a_token_may_can_change_while_it_is_used(
    fake: FakeLinode, ask: Asking, scope: Scope, reads: int
) -> None:
    assert ask.get("/keys").status == 200
    fake.tokens[fake.token] = scope
    assert ask.get("/keys").status == reads
    del fake.tokens[fake.token]
    assert ask.get("/keys").reason == "Invalid Token"


def test_the_log_tells_what_was_asked_and_no_token(fake: FakeLinode, ask: Asking) -> None:
    ask.get("/buckets", page=1)
    [seen] = fake.requests
    assert (seen.method, seen.path, seen.status) == ("GET", "/v4/object-storage/buckets", 200)
    assert seen.query == {"page": "1"}
    assert fake.token not in str(fake.requests)


def test_both_versions_of_the_api_are_one(fake: FakeLinode, filled: Asking) -> None:
    assert fake.api == f"{fake.endpoint}/v4"
    for path in READS:
        beta = filled.at("GET", f"/v4beta/object-storage{path}")
        assert beta.found == filled.get(path).found


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/v4",
        "/v4/object-storage",
        "/v5/object-storage/buckets",
        "/object-storage/buckets",
        "/v4/object-storage/buckets/",
        "/v4/object-storage/nothing",
        "/v4/object-storage/buckets/us-east/photos/nothing",
        "/v4/object-storage/keys/one",
        "/v4/linode/instances",
        "/v4/object-storage/buckets/us-east/%ff",
    ],
)
def test_an_address_that_is_none_is_not_found(filled: Asking, target: str) -> None:
    assert filled.at("GET", target).refused == (404, None)


def test_another_method_than_those_of_an_address_is_refused(filled: Asking) -> None:
    for method, path in [
        ("PUT", "/buckets"),
        ("POST", "/endpoints"),
        ("PATCH", "/keys/1"),
        ("DELETE", "/buckets/us-east"),
        ("GET", "/cancel"),
    ]:
        assert filled(method, path).refused == (405, None)


@pytest.mark.parametrize("path", READS)
def test_what_nobody_knows_is_refused(filled: Asking, path: str) -> None:
    assert filled.get(path, verbose="1").refused == (400, "verbose")
    assert filled("GET", path, {"some": "body"}).refused == (400, None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"label": "\xff", "region": "us-east"}']
)
def test_a_body_that_says_nothing_is_refused(ask: Asking, body: bytes) -> None:
    for path in ("/v4/object-storage/buckets", "/v4/object-storage/keys"):
        assert ask.at("POST", path, body).refused == (400, None)


def test_nobody_ends_the_service_and_who_tries_is_counted(fake: FakeLinode, ask: Asking) -> None:
    assert fake.cancellations == 0
    assert ask("POST", "/cancel").refused == (400, None)
    assert ask.at("POST", "/v4beta/object-storage/cancel").refused == (400, None)
    fake.tokens.clear()
    assert ask("POST", "/cancel").refused == (401, None)
    fake.forget()
    ask("GET", "/cancel")
    assert fake.cancellations == 3


def test_the_example_of_the_package_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    _, found, text = (buckia_linode.testing.__doc__ or "").partition("    import json")
    assert found
    lines = f"{found}{text}".splitlines()
    shown = takewhile(lambda line: not line or line.startswith("    "), lines)
    code = "\n".join(line[4:] for line in shown)
    assert code.count("assert") == 5
    exec(code, {})
