"""Digests of bytes that go by are those of all bytes, in their order, however they come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests, hashing
from buckia.hashing import Hashing

NAMES = ("sha256", "md5", "md5/3")
pieces = st.lists(st.binary(max_size=9), max_size=20)


@pytest.fixture(autouse=True)
def small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hashing, "LARGE", 10)
        patched.setattr(hashing, "BATCH", 4)
        yield


def threads() -> list[str]:
    named = [one.name for one in threading.enumerate()]
    return [name for name in named if name.startswith("buckia-digest")]


@given(pieces, st.sampled_from([0, 9, 10, 1000]), st.sets(st.sampled_from(NAMES)))
def test_they_are_those_of_the_whole(parts: list[bytes], size: int, names: set[str]) -> None:
    whole = b"".join(parts)
    with closing(Hashing(names, size)) as running:
        for part in parts:
            running.update(part)
        found = running.hexdigests()
        # Whoever asks twice is told the same, and more may come.
        assert running.hexdigests() == found
        running.update(b"more")
        more = running.hexdigests()
    assert found == {name: digests.of(whole, name) for name in names}
    assert more == {name: digests.of(whole + b"more", name) for name in names}
    assert not threads()


def test_only_large_bodies_have_threads_for_it() -> None:
    with closing(Hashing(["md5"], 9)) as running:
        running.update(b"123456789")
        assert not threads()
    with closing(Hashing([], 10**9)) as running:
        running.update(b"123456789")
        assert not threads()
    with closing(Hashing(["md5", "sha256"], 10)) as running:
        for _ in range(3):
            running.update(b"123456789")
        assert len(threads()) == 2
    assert not threads()


def test_who_is_quicker_than_a_digest_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a whole file would wait in memory for it."""
    held, may_go = [0], threading.Event()

    class Slow:
        def update(self, data: bytes) -> None:
            may_go.wait()
            held[0] -= len(data)

        def hexdigest(self) -> str:
            return ""

    monkeypatch.setattr(digests, "new", lambda _name: Slow())
    running = Hashing(["md5"], 1000)

    def feed() -> None:
        for _ in range(100):
            held[0] += 4
            running.update(b"1234")

    feeding = threading.Thread(target=feed)
    feeding.start()
    feeding.join(0.05)
    assert feeding.is_alive()
    assert held[0] <= 12
    may_go.set()
    feeding.join()
    running.close()
    assert held[0] == 0


def test_closing_twice_is_harmless() -> None:
    running = Hashing(["md5"], 1000)
    running.update(b"12345")
    running.close()
    running.close()
