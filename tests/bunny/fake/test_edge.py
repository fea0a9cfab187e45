"""What visitors get."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile

import pytest

import buckia_bunny.testing
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.testing import Delivery, Fails, FakeAccount, FakeBunny, FakeEdge, PullZone
from buckia_bunny.testing.edge.tokens import Denied
from tests.bunny.fake.visiting import NOON, Clock, Talking


def test_a_file_is_delivered_with_what_is_known_of_it(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    stored = fake.tree.put("ä/b c.html", b"<p>")
    answer = visitor.visit("/%C3%A4/b%20c.html?v=1")
    assert (answer.status, answer.body) == (200, b"<p>")
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["ETag"] == stored.etag
    assert answer.headers["Content-Length"] == "3"
    assert "GMT" in answer.headers["Last-Modified"]
    assert answer.headers["CDN-PullZone"] == str(site.id)


@pytest.mark.parametrize(
    ("name", "told", "kind"),
    [
        ("a.css", "application/octet-stream", "text/css"),
        ("a.JPG", "application/octet-stream", "image/jpeg"),
        ("a.unknown", "application/octet-stream", "application/octet-stream"),
        ("a", "application/octet-stream", "application/octet-stream"),
        ("a.html", "text/plain", "text/plain"),
    ],
)
def test_the_kind_of_a_file_is_that_it_was_stored_with_or_that_of_its_name(
    fake: FakeBunny, site: PullZone, visitor: Talking, name: str, told: str, kind: str
) -> None:
    fake.tree.put(name, b"", content_type=told)
    assert visitor.visit(f"/{name}").headers["Content-Type"] == kind


def test_head_tells_all_but_the_bytes(fake: FakeBunny, site: PullZone, visitor: Talking) -> None:
    fake.tree.put("a", b"12345")
    answer = visitor("HEAD", "/a")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "5")
    assert visitor.visit("/a").headers["CDN-Cache"] == "HIT"
    assert site.deliveries == [Delivery(NOON, 0, was_kept=False), Delivery(NOON, 5, was_kept=True)]


def test_it_says_whether_an_answer_was_kept(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"12345")
    told = [visitor.visit("/a").headers["CDN-Cache"] for _ in range(3)]
    assert told == ["MISS", "HIT", "HIT"]


def test_a_file_that_was_deleted_is_still_delivered(
    fake: FakeBunny, site: PullZone, api: Talking, visitor: Talking
) -> None:
    fake.tree.put("a", b"old")
    visitor.visit("/a")
    fake.tree.remove("a")
    assert visitor.visit("/a").body == b"old"
    api.purge("https://site.b-cdn.net/a")
    assert visitor.visit("/a").status == 404


@pytest.mark.parametrize("target", ["/", "/missing", "/f", "/f/", "/A", "/a/", "/f//b", "/zone/a"])
def test_what_is_no_file_is_not_there(
    fake: FakeBunny, site: PullZone, visitor: Talking, target: str
) -> None:
    fake.tree.put("a", b"body")
    fake.tree.put("f/b", b"body")
    assert visitor.visit(target).status == 404


@pytest.mark.parametrize("keeps_errors", [True, False])
def test_a_zone_may_keep_that_there_is_no_file(
    fake: FakeBunny, site: PullZone, api: Talking, visitor: Talking, keeps_errors: bool
) -> None:
    site.keeps_errors = keeps_errors
    visitor.visit("/a")
    fake.tree.put("a", b"new")
    assert visitor.visit("/a").status == (404 if keeps_errors else 200)
    api.purge("https://site.b-cdn.net/a")
    assert visitor.visit("/a").status == 200


def test_a_zone_may_keep_an_answer_for_each_query(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"old")
    visitor.visit("/a?v=1")
    fake.tree.put("a", b"new")
    assert visitor.visit("/a?v=2").body == b"old"
    site.ignores_queries = False
    assert visitor.visit("/a?v=2").body == b"new"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "DESCRIBE", "OPTIONS"])
def test_visitors_change_nothing(
    fake: FakeBunny, site: PullZone, visitor: Talking, method: str
) -> None:
    fake.tree.put("a", b"body")
    assert visitor(method, "/a", b"other").status == 405
    assert fake.tree.files() == {"a": b"body"}
    assert visitor.visit("/a").body == b"body"


def test_nobody_asks_the_storage_zone_s_server(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"body")
    visitor.visit("/a")
    assert fake.requests == []


@pytest.fixture
def second() -> Iterator[FakeBunny]:
    with FakeBunny("second") as second:
        second.tree.put("a", b"of the second")
        yield second


def test_each_pull_zone_has_its_addresses_and_its_storage(
    fake: FakeBunny, second: FakeBunny, clock: Clock
) -> None:
    fake.tree.put("a", b"of the first")
    with FakeAccount(zones=[fake, second], clock=clock) as account, FakeEdge(account) as edge:
        visitor = Talking(edge, {})
        assert visitor.visit("/a", "one").status == 404
        account.add_pull_zone("first", fake, hostnames=["one", "other:81"])
        # There is only one, so it is meant, whatever the visitor calls it.
        assert visitor.visit("/a", "anything").body == b"of the first"
        account.add_pull_zone("second", second)
        with CoreApi(account.key, endpoint=account.endpoint) as api:
            linked = [[one.name for one in zone.pull_zones] for zone in api.storage_zones()]
        assert linked == [["first"], ["second"]]
        answers = {
            host: visitor.visit("/a", host).body
            for host in ("one", "ONE", "other:81", "second.b-cdn.net")
        }
        assert answers == {
            **dict.fromkeys(("one", "ONE", "other:81"), b"of the first"),
            "second.b-cdn.net": b"of the second",
        }
        assert visitor.visit("/a", "other").status == 404
        assert visitor.visit("/a", edge.host).status == 404
        visitor.connection.close()


def test_the_edge_s_log_and_its_failures(
    fake: FakeBunny, edge: FakeEdge, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"body")
    edge.faults = (Fails(on="GET /a", status=502, nth=1), Fails(on="GET /b", status=0))
    assert [visitor.visit("/a?x=1").status for _ in range(2)] == [502, 200]
    with pytest.raises(ConnectionError):
        visitor.visit("/b")
    assert [(asked.path, asked.status) for asked in edge.requests] == [
        ("/a", 502),
        ("/a", 200),
        ("/b", None),
    ]
    assert edge.requests[0].query == {"x": "1"}


def test_nothing_old_is_kept_behind_a_purge(
    fake: FakeBunny, edge: FakeEdge, site: PullZone, api: Talking
) -> None:
    def visit() -> bytes:
        visitor = Talking(edge, {})
        body = visitor.visit("/a").body
        visitor.connection.close()
        return body

    fake.tree.put("a", b"0")
    with ThreadPoolExecutor(4) as threads:
        for number in range(20):
            visits = [threads.submit(visit) for _ in range(4)]
            fake.tree.put("a", f"{number}".encode())
            api.purge("https://site.b-cdn.net/a")
            assert visit() == f"{number}".encode()
            for one in visits:
                one.result()


def test_a_secured_zone_serves_nothing_without_a_token(
    fake: FakeBunny, site: PullZone, visitor: Talking
) -> None:
    fake.tree.put("a", b"body")
    assert visitor.visit("/a").status == 200
    site.secured = True
    answer = visitor.visit("/a")
    assert answer.status == 403
    assert b"no token" in answer.body
    assert visitor("HEAD", "/a").status == 403


def test_a_mistake_of_the_fake_is_told_at_its_end(fake: FakeBunny, clock: Clock) -> None:
    with FakeAccount(zones=[fake], clock=clock) as account:
        account.add_pull_zone("site", fake, secured=True, checks_ip=True)
        edge = FakeEdge(account)
        edge.start()
        visitor = Talking(edge, {"X-Visitor-IP": "nowhere"})
        # An address that a test makes up has to be one.
        with pytest.raises(ConnectionError):
            visitor.visit("/a?token=x&expires=9999999999")
        with pytest.raises(ExceptionGroup) as found:
            edge.stop()
        assert found.group_contains(ValueError, match="nowhere")
        assert not found.group_contains(Denied)


def test_the_example_of_the_package_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    _, found, text = (buckia_bunny.testing.__doc__ or "").partition("    from urllib")
    assert found
    lines = f"{found}{text}".splitlines()
    shown = takewhile(lambda line: not line or line.startswith("    "), lines)
    code = "\n".join(line[4:] for line in shown)
    assert code.count("assert") == 3
    exec(code, {})
