"""What goes wrong on purpose, and how often anybody may ask."""

from __future__ import annotations

import pytest

from buckia_linode.testing import Bucket, Fails, FakeLinode, Limits, Memory
from tests.linode.fake.asking import NOON, Answer, Asking, Clock


def standing(answer: Answer) -> tuple[int, int, int]:
    """The limit, what remains of it, and in how many seconds there is more."""
    told = [answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
    limit, remaining, reset = map(int, told)
    return limit, remaining, reset - int(NOON)


def test_an_answer_may_be_any_and_nothing_is_done(fake: FakeLinode, ask: Asking) -> None:
    fake.faults = (
        Fails(on="POST */buckets", status=503, headers=(("Retry-After", "7"),), nth=1),
        Fails(on="POST */keys", status=0),
    )
    failed = ask("POST", "/buckets", {"label": "photos", "region": "us-east"})
    assert (failed.status, failed.headers["Retry-After"]) == (503, "7")
    assert fake.buckets == []
    ask.make("photos")
    with pytest.raises(ConnectionError):
        ask.allow("photos")
    assert ask.get("/keys").rows == []


def test_an_answer_may_be_lost_of_something_done(fake: FakeLinode, ask: Asking) -> None:
    fake.faults = (Fails(on="POST */buckets", status=0, after_all=True),)
    with pytest.raises(ConnectionError):
        ask.make("photos")
    assert ask.labels() == ["photos"]


def test_a_fault_hides_no_cancellation(fake: FakeLinode, ask: Asking) -> None:
    fake.faults = (Fails(status=500),)
    assert ask("POST", "/cancel").status == 500
    assert fake.cancellations == 1


def test_lists_and_the_rest_are_counted_apart(ask: Asking) -> None:
    ask.make("photos")
    for path in ("/buckets", "/buckets/us-east", "/keys", "/quotas", "/endpoints"):
        limit, remaining, _ = standing(ask.get(path))
        assert limit == 200
    assert remaining == 195
    for path in ("/transfer", "/buckets/us-east/photos", "/buckets/us-east/photos/object-list"):
        limit, remaining, _ = standing(ask.get(path))
        assert limit == 1600
    assert remaining == 1596


def test_what_is_refused_is_counted_too(fake: FakeLinode, ask: Asking) -> None:
    fake.limits = Limits(others=2)
    assert standing(ask("POST", "/keys", {})) == (2, 1, 60)
    assert standing(ask.get("/nothing")) == (2, 0, 60)
    assert ask.get("/transfer").refused == (429, None)


def test_one_too_many_waits_for_the_next_window(
    fake: FakeLinode, ask: Asking, clock: Clock
) -> None:
    fake.limits = Limits(lists=2, seconds=30)
    assert standing(ask.get("/keys")) == (2, 1, 30)
    clock.now += 10.5
    assert standing(ask.get("/keys")) == (2, 0, 30)
    late = ask.get("/keys")
    assert late.refused == (429, None)
    assert standing(late) == (2, 0, 30)
    assert late.headers["Retry-After"] == "20"
    clock.now += 19
    assert ask.get("/keys").headers["Retry-After"] == "1"
    clock.now += 1
    again = ask.get("/keys")
    assert (again.status, again.headers["Retry-After"]) == (200, None)
    assert standing(again) == (2, 1, 61)


def test_nothing_is_done_for_one_too_many(fake: FakeLinode, ask: Asking) -> None:
    fake.limits = Limits(others=0)
    answer = ask("POST", "/buckets", {"label": "photos", "region": "us-east"})
    assert answer.refused == (429, None)
    assert fake.buckets == []


def test_each_token_has_its_own_window(fake: FakeLinode, ask: Asking) -> None:
    fake.tokens["other"] = "read_only"
    fake.limits = Limits(lists=1)
    assert ask.get("/keys").status == 200
    assert ask.get("/keys").status == 429
    ask.headers = {"Authorization": "Bearer other"}
    assert ask.get("/keys").status == 200
    ask.headers = {"Authorization": "Bearer nobody"}
    for _ in range(3):
        assert ask.get("/keys").status == 401


def test_new_limits_begin_new_windows(fake: FakeLinode, ask: Asking, clock: Clock) -> None:
    fake.limits = Limits(lists=0)
    assert ask.get("/keys").status == 429
    fake.limits = Limits(lists=1)
    assert ask.get("/keys").status == 200
    assert ask.get("/keys").status == 429
    clock.now -= 1
    assert ask.get("/keys").status == 200


@pytest.mark.parametrize("wrong", [{"lists": -1}, {"others": -1}, {"seconds": 0}])
def test_limits_that_are_none_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="limits"):
        Limits(**wrong)


class Broken(Memory):
    def make_bucket(self, bucket: Bucket) -> None:
        raise RuntimeError(f"no room for {bucket.label}")


def test_a_mistake_of_the_backend_is_told_at_the_end() -> None:
    fake = FakeLinode(backend=Broken())
    fake.start()
    ask = Asking(fake)
    with pytest.raises(ConnectionError):
        ask.make("photos")
    assert ask.labels() == []
    ask.connection.close()
    with pytest.raises(ExceptionGroup) as found:
        fake.stop()
    assert found.group_contains(RuntimeError, match="no room for photos")
