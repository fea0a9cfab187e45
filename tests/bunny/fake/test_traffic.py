"""The log, the limits, and how many requests are in flight."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from buckia_bunny.testing import FakeBunny, LosesAnswer
from tests.bunny.fake.asking import Asking, asked_together, once

BUSY = (400, "Unable to process request")


def test_the_log_tells_what_was_asked(fake: FakeBunny, ask: Asking) -> None:
    ask("PUT", "ä b", b"body", {"Checksum": "12"})
    ask.at("GET", "/zone/%C3%A4%20b?download&x=1")
    first, second = fake.requests
    assert (first.method, first.kind, first.status) == ("PUT", "put", 400)
    assert (first.path, first.key) == ("/zone/ä b", "ä b")
    assert first.headers["checksum"] == "12"
    assert (second.kind, second.status) == ("get", 404)
    assert second.query == {"download": "", "x": "1"}


def test_the_log_keeps_no_password(fake: FakeBunny, ask: Asking) -> None:
    ask("GET", "a")
    ask("GET", "a", headers={"AccessKey": "somebody-else"})
    assert [seen.headers["accesskey"] for seen in fake.requests] == ["(hidden)"] * 2
    assert "secret" not in str(fake.requests)


def test_each_request_has_its_kind(fake: FakeBunny, ask: Asking) -> None:
    for method, key in (("PUT", "a/"), ("GET", "a/"), ("GET", "a"), ("HEAD", "a")):
        ask(method, key)
    for method in ("DESCRIBE", "DELETE"):
        ask(method, "a")
    kinds = [seen.kind for seen in fake.requests]
    assert kinds == ["put", "list", "get", "other", "describe", "delete"]


def test_a_request_without_an_answer_has_no_status(fake: FakeBunny, ask: Asking) -> None:
    fake.faults = (LosesAnswer(),)
    with pytest.raises(ConnectionError):
        ask("GET", "a")
    assert [seen.status for seen in fake.requests] == [None]


def test_what_is_forgotten_begins_anew(fake: FakeBunny, ask: Asking) -> None:
    ask("PUT", "a", b"body")
    assert fake.most == {"list": 0, "delete": 0, "transfer": 1, "describe": 0}
    fake.forget()
    assert fake.requests == []
    assert set(fake.most.values()) == {0}
    ask("GET")
    assert [seen.kind for seen in fake.requests] == ["list"]
    assert fake.most["list"] == 1
    assert list(fake.tree.files()) == ["a"]


def test_requests_in_flight_together_are_counted_by_their_kinds(fake: FakeBunny) -> None:
    wanted = [("PUT", "a"), ("PUT", "b"), ("GET", "c"), ("GET", ""), ("DESCRIBE", "c")]
    asked_together(fake, [*wanted, ("DELETE", "c"), ("DELETE", "d")])
    once(fake, "GET", "a")
    assert fake.most == {"list": 1, "delete": 2, "transfer": 3, "describe": 1}


@pytest.mark.parametrize(("method", "key", "limit"), [("GET", "", 5), ("DELETE", "a", 30)])
def test_more_at_once_than_the_limit_are_refused(
    fake: FakeBunny, method: str, key: str, limit: int
) -> None:
    answers = asked_together(fake, [(method, key)] * (limit + 2))
    refused = [answer for answer in answers if answer.status == 400]
    assert [answer.told for answer in refused] == [BUSY] * 2
    assert once(fake, method, key).status != 400
    asked_together(fake, [(method, key)] * limit)
    assert [seen.status for seen in fake.requests].count(400) == 2


def test_a_refused_delete_deletes_nothing(fake: FakeBunny) -> None:
    fake.tree.put("a", b"body")
    fake.deletes_at_once = 0
    assert once(fake, "DELETE", "a").told == BUSY
    assert list(fake.tree.files()) == ["a"]


def test_the_limits_can_be_set(fake: FakeBunny) -> None:
    fake.listings_at_once, fake.deletes_at_once = 2, 1
    answers = asked_together(fake, [("GET", "")] * 3 + [("DELETE", "a")] * 3)
    assert sorted(answer.status for answer in answers[:3]) == [200, 200, 400]
    assert sorted(answer.status for answer in answers[3:]) == [400, 400, 404]


def test_transfers_and_descriptions_have_no_limit(fake: FakeBunny) -> None:
    answers = asked_together(fake, [("PUT", "a"), ("DESCRIBE", "b")] * 20)
    assert {answer.status for answer in answers} == {201, 404}


def test_whoever_got_an_answer_may_ask_again_at_once(fake: FakeBunny) -> None:
    def many() -> set[int]:
        asking = Asking(fake)
        statuses = {asking("GET").status for _ in range(30)}
        asking.connection.close()
        return statuses

    with ThreadPoolExecutor(5) as threads:
        running = [threads.submit(many) for _ in range(5)]
    assert [one.result() for one in running] == [{200}] * 5


def test_answers_can_take_their_time(fake: FakeBunny, ask: Asking) -> None:
    fake.latency = 0.02
    begun = time.monotonic()
    assert ask("GET").status == 200
    assert time.monotonic() - begun >= fake.latency


def test_one_connection_serves_many_requests(fake: FakeBunny, ask: Asking) -> None:
    ask("PUT", "a", b"body")
    kept = ask.connection.sock
    assert kept is not None
    for method, key in (("GET", "a"), ("GET", "b"), ("GET", ""), ("HEAD", "a"), ("DELETE", "a")):
        ask(method, key)
        assert ask.connection.sock is kept
