"""A download is of one version, never of a mixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from buckia.body import BytesBody, ChunkReading, chunks
from buckia.model import NOTHING_KNOWN
from buckia.protocols import Reading
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from buckia.testing.faults import Breaks, Call, Pauses
from tests.guarantees.stage import Stage, digest, reads

SIZE = 12_000_000
ONE, TWO = b"1" * SIZE, b"2" * SIZE


@pytest.fixture(params=["ranges", "no ranges", "no digests"])
def big(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    lacks = frozenset({"ReadsRanges"}) if request.param == "no ranges" else frozenset()
    traits = msgspec.structs.replace(ROOMY, lacks=lacks)
    if request.param == "no digests":
        traits = msgspec.structs.replace(traits, digests=frozenset())
    stage = Stage(tmp_path, MemoryStore(traits=traits), retries=4)
    stage.put_there("big", ONE)
    return stage


def whole(stage: Stage) -> None:
    """What is here is one of the two, and what is recorded is what is here."""
    here = stage.here()
    assert here.get("big") in {None, ONE, TWO}
    if "big" in stage.rows():
        assert stage.rows()["big"] == digest(here["big"])
    stage.script()
    result = stage.sync()
    assert not result.conflicts
    assert not result.failed
    assert stage.here() == {"big": TWO}
    assert stage.rows() == {"big": digest(TWO)}


@pytest.mark.parametrize("break_at", [1, SIZE // 2, SIZE - 1])
def test_a_download_in_several_tries_is_of_one_version(big: Stage, break_at: int) -> None:
    def replace(call: Call) -> None:
        if call.nth == 2:
            big.put_there("big", TWO)

    big.script(reads(Breaks(break_at), nth=1), reads(Pauses(replace)))
    big.sync()
    whole(big)


def test_a_download_of_what_is_replaced_just_before_it_is_read_is_of_one_version(
    big: Stage,
) -> None:
    big.script(reads(Pauses(lambda _call: big.put_there("big", TWO)), nth=1))
    big.sync()
    whole(big)


def test_what_was_replaced_since_the_listing_is_recorded_as_what_was_read(big: Stage) -> None:
    big.between = lambda: big.put_there("big", TWO)
    big.sync()
    big.between = lambda: None
    whole(big)


class Mixing(MemoryStore):
    """A service that cannot pin: the end of a reading is of whatever is there by then."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def _mixed(self, key: str, reading: Reading) -> Reading:
        def pieces() -> Iterator[bytes]:
            done = 0
            for piece in chunks(reading):
                if done >= SIZE // 2:
                    self.meanwhile()
                    now = self.stored(key).data
                    yield now[done : done + len(piece)]
                else:
                    yield piece
                done += len(piece)

        return ChunkReading(reading.entry, pieces(), reading.close)

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return self._mixed(key, super().read(key, version=version))


def test_a_mixture_that_a_service_gives_is_noticed_and_never_gets_the_name(
    tmp_path: Path,
) -> None:
    store = Mixing()
    store.traits = msgspec.structs.replace(store.traits, lacks=frozenset({"ReadsRanges"}))
    stage = Stage(tmp_path, store)
    stage.put_there("big", ONE)
    seen: set[bytes | None] = set()

    def replace() -> None:
        stage.put_there("big", TWO)
        target = stage.root / "big"
        seen.add(target.read_bytes() if target.exists() else None)

    store.meanwhile = replace
    stage.sync()
    store.meanwhile = lambda: None
    assert seen == {None}
    whole(stage)


def test_a_version_that_goes_to_the_trash_is_the_one_that_was_there(tmp_path: Path) -> None:
    stage = Stage(tmp_path, retries=4)
    stage.put_here("big", b"0" * SIZE)
    stage.sync()
    stage.put_here("big", b"mine")
    stage.put_there("big", ONE)

    def replace(call: Call) -> None:
        if call.nth == 2:
            stage.put_there("big", TWO)

    stage.script(reads(Breaks(SIZE // 2), nth=1), reads(Pauses(replace)))
    stage.sync(conflict_resolution="local_wins")
    stage.script()
    stage.sync(conflict_resolution="local_wins")
    kept = {data for _, data in stage.trash()}
    assert kept <= {ONE, TWO}
    assert TWO in kept, "it was replaced without being kept"
    assert stage.there() == {"big": b"mine"}


def test_the_time_that_is_recorded_is_that_of_the_bytes_that_were_read(stage: Stage) -> None:
    stage.put_there("a", "one", mtime_ns=10**18)

    def replace() -> None:
        stage.store.store.write("a", BytesBody(data=b"two", mtime_ns=2 * 10**18))

    stage.between = replace
    stage.sync()
    stage.between = lambda: None
    stage.sync()
    assert stage.here() == {"a": b"two"}
    assert (stage.root / "a").stat().st_mtime_ns == 2 * 10**18
    assert stage.store.store.stat("a").digests != NOTHING_KNOWN
