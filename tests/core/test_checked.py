"""Looking just before a write and just after it, where the store has no conditions."""

from __future__ import annotations

import pytest

from buckia.engine import checked
from buckia.engine.limits import Limits
from buckia.errors import NotFound, Overtaken, Unavailable, VersionMismatch
from buckia.protocols import ABSENT, Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from tests.core.begun import shares
from tests.core.sides import FEW, body, memory
from tests.core.waiting import Waiting


class Unkind(MemoryStore):
    """Writes, and loses its first answers."""

    def __init__(self, losing: int = 0) -> None:
        super().__init__(traits=memory(lacks=FEW).traits)
        self.losing = losing
        self.writes = 0

    def write(self, key: str, body: Body) -> Entry:
        self.writes += 1
        made = super().write(key, body)
        if self.writes <= self.losing:
            raise Unavailable("the answer was lost", key=key)
        return made


def limits() -> Limits:
    return Limits(stop=Waiting())


def write(store: MemoryStore, text: str, expect: Expected) -> str:
    made = checked.write(store, "k", body(text), key="outer/k", expect=expect, limits=limits())
    assert made.key == "outer/k"
    return made.version


def test_what_is_expected_is_insisted_on() -> None:
    store = memory(lacks=FEW)
    checked.insist(store, "k", ABSENT, limits())
    seen = store.write("k", body("old"))
    checked.insist(store, "k", seen.version, limits())
    for expect in (ABSENT, seen.version + "0"):
        with pytest.raises(VersionMismatch) as raised:
            checked.insist(store, "k", expect, limits())
        assert raised.value.key == "k"
    store.delete("k")
    with pytest.raises(VersionMismatch, match="gone"):
        checked.insist(store, "k", seen.version, limits())


@pytest.mark.parametrize("expect", [ABSENT, "1"])
def test_a_store_that_is_missing_altogether_is_no_absence(expect: Expected) -> None:
    class Missing(MemoryStore):
        def stat(self, key: str) -> Entry:
            raise NotFound("there is no such bucket")

    with pytest.raises(NotFound) as raised:
        checked.insist(Missing(), "k", expect, limits())
    assert raised.value.key == ""


def test_a_look_takes_its_share_of_time() -> None:
    counting = limits()
    taken = shares(counting)
    checked.insist(memory(), "k", ABSENT, counting)
    assert taken == [1]


def test_what_we_wrote_is_known_by_its_digest_and_nothing_else() -> None:
    store = memory(lacks=FEW)
    assert checked.own(store, "k", body("new"), limits()) is None
    made = store.write("k", body("new"))
    assert checked.own(store, "k", body("new"), limits()) == made
    assert checked.own(store, "k", body("old"), limits()) is None
    # The size alone proves nothing.
    assert checked.own(store, "k", body("new", knows=()), limits()) is None


def test_a_write_is_of_the_version_that_stands_there_afterwards() -> None:
    store = Unkind()
    version = write(store, "new", ABSENT)
    assert version == store.stat("k").version
    assert write(store, "newer", version) == store.stat("k").version


@pytest.mark.parametrize("losing", [1, 3])
def test_a_write_whose_answer_was_lost_is_found_and_not_made_again(losing: int) -> None:
    store = Unkind(losing)
    assert write(store, "new", ABSENT) == store.stat("k").version
    assert store.writes == 1


def test_what_was_written_in_between_is_not_written_over() -> None:
    class Between(Unkind):
        def write(self, key: str, body: Body) -> Entry:
            try:
                return super().write(key, body)
            finally:
                if self.losing:
                    MemoryStore.write(self, key, theirs)

    theirs = body("theirs")
    store = Between(losing=1)
    # Ours may have stood there for a moment, and what was there before be gone.
    with pytest.raises(Overtaken):
        write(store, "new", ABSENT)
    assert store.contents() == {"k": b"theirs"}
    assert store.writes == 1
