"""Clearing what the edge has kept: what goes, what stays, and how often one may ask."""

from __future__ import annotations

import pytest

from buckia_bunny.testing import FakeAccount, FakeBunny, FakeEdge, PullZone
from tests.bunny.fake.asking import Answer
from tests.bunny.fake.visiting import Clock, Talking

SITE = "https://site.b-cdn.net"
TARGETS = [
    "/a/b.txt",
    "/a/b.txt?v=1",
    "/a/b.txt?v=2",
    "/a/bb.txt",
    "/a/c/d.txt",
    "/ab.txt",
    "/%C3%A4%20%2A.txt",
]
FILES = ["a/b.txt", "a/bb.txt", "a/c/d.txt", "ab.txt", "ä *.txt"]
B = TARGETS[:3]
IN_A = TARGETS[:5]


@pytest.fixture
def site(account: FakeAccount, fake: FakeBunny) -> PullZone:
    """A pull zone that keeps an answer for each query."""
    return account.add_pull_zone("site", fake, ignores_queries=False)


def change(fake: FakeBunny, data: bytes) -> None:
    for file in FILES:
        fake.tree.put(file, data)


@pytest.fixture
def kept(fake: FakeBunny, site: PullZone, visitor: Talking) -> None:
    """All targets were visited, and all files have been replaced since."""
    change(fake, b"old")
    assert {visitor.visit(target).body for target in TARGETS} == {b"old"}
    change(fake, b"new")


def renewed(visitor: Talking) -> list[str]:
    """Which targets are not those of before any more."""
    return [target for target in TARGETS if visitor.visit(target).body == b"new"]


def test_what_was_kept_stays_until_it_is_purged(kept: None, visitor: Talking) -> None:
    assert renewed(visitor) == []


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("/a/b.txt", ["/a/b.txt"]),
        ("/a/b.txt?v=1", ["/a/b.txt?v=1"]),
        ("/a/b.txt?v=3", []),
        ("/a/b", []),
        ("/a", []),
        ("/A/b.txt", []),
        ("/a/", IN_A),
        ("/a/c/", ["/a/c/d.txt"]),
        ("/", TARGETS),
        ("", TARGETS),
        ("/a/b.txt*", B),
        ("/a/b.txt?*", B[1:]),
        ("/a/b*", [*B, "/a/bb.txt"]),
        ("/a*", [*IN_A, "/ab.txt"]),
        ("/*d.txt", ["/a/c/d.txt"]),
        ("/a/b.*?v=2", ["/a/b.txt?v=2"]),
        ("/.*", []),
        ("/%c3%a4%20%2a.txt", TARGETS[-1:]),
        ("/ä%20%2A.txt", TARGETS[-1:]),
        ("/%61/b.txt", ["/a/b.txt"]),
        ("/a/b%2A", []),
        ("/%61/b*", [*B, "/a/bb.txt"]),
        ("/a/?v=/", []),
    ],
)
def test_a_purge_clears_what_its_address_says(
    kept: None, api: Talking, visitor: Talking, path: str, gone: list[str]
) -> None:
    answer = api.purge(SITE + path)
    assert (answer.status, answer.body) == (200, b"")
    assert renewed(visitor) == gone


@pytest.mark.parametrize("path", ["/a/", "/", ""])
def test_a_slash_that_is_meant_exactly_is_no_folder(
    kept: None, api: Talking, visitor: Talking, path: str
) -> None:
    assert api.purge(SITE + path, exactPath="true").status == 200
    assert renewed(visitor) == []


def test_a_pattern_is_one_though_it_is_meant_exactly(
    kept: None, api: Talking, visitor: Talking
) -> None:
    api.purge(f"{SITE}/a/*", exactPath="true")
    assert renewed(visitor) == IN_A


@pytest.mark.parametrize("query", ["", "?v=1", "?v=3", "?*"])
def test_a_zone_that_ignores_queries_ignores_those_of_purges(
    fake: FakeBunny, site: PullZone, api: Talking, visitor: Talking, query: str
) -> None:
    site.ignores_queries = True
    change(fake, b"old")
    visitor.visit("/a/b.txt?v=1")
    change(fake, b"new")
    assert visitor.visit("/a/b.txt?v=2").body == b"old"
    api.purge(f"{SITE}/a/b.txt{query}")
    assert visitor.visit("/a/b.txt?v=1").body == b"new"


def test_a_zone_that_ignores_queries_knows_no_exact_folders(
    fake: FakeBunny, site: PullZone, api: Talking, visitor: Talking
) -> None:
    site.ignores_queries = True
    change(fake, b"old")
    visitor.visit("/a/b.txt")
    change(fake, b"new")
    api.purge(f"{SITE}/a/", exactPath="true")
    assert visitor.visit("/a/b.txt").body == b"new"


def test_a_whole_zone_is_purged_by_its_number(
    kept: None, site: PullZone, api: Talking, visitor: Talking
) -> None:
    answer = api("POST", f"/pullzone/{site.id}/purgeCache")
    assert (answer.status, answer.body) == (204, b"")
    assert "Content-Length" not in answer.headers
    assert renewed(visitor) == TARGETS


def test_a_purge_by_tags_is_refused(
    kept: None, site: PullZone, api: Talking, visitor: Talking
) -> None:
    answer = api("POST", f"/pullzone/{site.id}/purgeCache", b'{"CacheTag": "x"}')
    assert answer.status == 400
    assert renewed(visitor) == []


def test_what_nobody_waits_for_happens_later(
    kept: None, account: FakeAccount, api: Talking, visitor: Talking
) -> None:
    assert api.purge(f"{SITE}/ab.txt", **{"async": "true"}).status == 200
    assert renewed(visitor) == []
    account.settle()
    assert renewed(visitor) == ["/ab.txt"]


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
@pytest.mark.parametrize("host", ["site.b-cdn.net", "SITE.b-cdn.net"])
def test_the_scheme_and_capital_letters_of_the_host_make_no_difference(
    kept: None, api: Talking, visitor: Talking, scheme: str, host: str
) -> None:
    assert api.purge(f"{scheme}://{host}/ab.txt").status == 200
    assert renewed(visitor) == ["/ab.txt"]


def test_the_edge_s_own_address_is_that_of_the_only_zone(
    kept: None, edge: FakeEdge, account: FakeAccount, fake: FakeBunny, api: Talking
) -> None:
    url = f"{edge.endpoint}/ab.txt"
    visitor = Talking(edge, {})
    assert api.purge(url).status == 200
    assert renewed(visitor) == ["/ab.txt"]
    visitor.connection.close()
    edge.stop()
    assert api.purge(url).status == 404
    edge.start()
    account.add_pull_zone("other", fake)
    assert api.purge(f"{edge.endpoint}/ab.txt").status == 404


def test_one_zone_s_purge_is_not_another_s(
    kept: None, account: FakeAccount, fake: FakeBunny, api: Talking, visitor: Talking
) -> None:
    other = account.add_pull_zone("other", fake, hostnames=["other.example", "more.example"])
    assert visitor.visit("/ab.txt", "other.example").body == b"new"
    change(fake, b"newer")
    api.purge("https://more.example/")
    assert visitor.visit("/ab.txt", "other.example").body == b"newer"
    assert visitor.visit("/ab.txt").body == b"old"
    api("POST", f"/pullzone/{other.id}/purgeCache")
    assert visitor.visit("/ab.txt").body == b"old"


NOT_FOUND = {
    "ErrorKey": "pullZone.not_found",
    "Field": "PullZone",
    "Message": "The requested Pull Zone was not found",
}


@pytest.mark.parametrize(
    "url",
    [
        "https://other.b-cdn.net/ab.txt",
        "https://site.b-cdn.net.example/ab.txt",
        "https://site.b-cdn.net:81/ab.txt",
        "https://b-cdn.net/ab.txt",
        "https://me@site.b-cdn.net/ab.txt",
    ],
)
def test_an_address_of_no_pull_zone_here_is_not_found(
    kept: None, api: Talking, visitor: Talking, url: str
) -> None:
    answer = api.purge(url)
    assert (answer.status, answer.document) == (404, NOT_FOUND)
    assert renewed(visitor) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/ab.txt",
        "site.b-cdn.net/ab.txt",
        "//site.b-cdn.net/ab.txt",
        "ftp://site.b-cdn.net/ab.txt",
        "https:///ab.txt",
        "https://site.b-cdn.net/ab.txt#a",
        "https://site.b-cdn.net/a b.txt",
        "https://site.b-cdn.net/a\nb.txt",
        "https://[/ab.txt",
    ],
)
def test_what_is_no_address_is_refused(kept: None, api: Talking, url: str) -> None:
    answer = api.purge(url)
    assert answer.status == 400
    assert answer.document["ErrorKey"].startswith("purge.url")


@pytest.mark.parametrize("query", ["exact=true", "exactPath=1", "async=yes", "exactPath="])
def test_what_a_purge_does_not_know_is_refused(
    kept: None, api: Talking, visitor: Talking, query: str
) -> None:
    answer = api("POST", f"/purge?url=https%3A%2F%2Fsite.b-cdn.net%2F&{query}")
    assert (answer.status, answer.document["Field"]) == (400, query.partition("=")[0])
    assert renewed(visitor) == []


def asked(api: Talking, url: str, times: int, **query: str) -> list[Answer]:
    return [api.purge(url, **query) for _ in range(times)]


def test_single_addresses_have_an_allowance(site: PullZone, api: Talking, clock: Clock) -> None:
    answers = asked(api, f"{SITE}/a", 122)
    assert [answer.status for answer in answers] == [200] * 120 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "1"
    clock.now += 1
    assert [answer.status for answer in asked(api, f"{SITE}/a", 6)] == [200] * 5 + [429]


@pytest.mark.parametrize(("path", "exact"), [("/a/", "false"), ("/a/", "true"), ("/a*", "true")])
def test_many_addresses_have_a_smaller_one_of_their_own(
    site: PullZone, api: Talking, clock: Clock, path: str, exact: str
) -> None:
    answers = asked(api, SITE + path, 21, exactPath=exact)
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "2"
    assert api("POST", f"/pullzone/{site.id}/purgeCache").status == 429
    assert api.purge(f"{SITE}/a").status == 200
    clock.now += 20
    assert [answer.status for answer in asked(api, SITE + path, 11)] == [200] * 10 + [429]


def test_a_slash_at_the_end_of_a_query_is_no_folder(
    account: FakeAccount, site: PullZone, api: Talking
) -> None:
    account.broad_purges.change(burst=0, per_second=1)
    assert api.purge(f"{SITE}/a?b=/").status == 200
    assert api.purge(f"{SITE}/a/?b=c").status == 429


def test_whole_zones_count_as_many_addresses(site: PullZone, api: Talking) -> None:
    target = f"/pullzone/{site.id}/purgeCache"
    assert [api("POST", target).status for _ in range(21)] == [204] * 20 + [429]


def test_what_is_beyond_the_allowance_clears_nothing(
    kept: None, account: FakeAccount, site: PullZone, api: Talking, visitor: Talking
) -> None:
    account.exact_purges.change(burst=1, per_second=1)
    account.broad_purges.change(burst=0, per_second=0.1)
    urls = [f"{SITE}/a/b.txt", f"{SITE}/ab.txt", f"{SITE}/"]
    assert [api.purge(url).status for url in urls] == [200, 429, 429]
    answer = api("POST", f"/pullzone/{site.id}/purgeCache")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
    assert renewed(visitor) == ["/a/b.txt"]
