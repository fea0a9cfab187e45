"""Listings that break, lie or lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from buckia.errors import AccessDenied, Corrupted, NotFound, StorageError, Unavailable
from buckia.events import Finished, Retrying
from buckia.model import BasicEntry
from buckia.protocols import Entry
from buckia.state import manifest
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import At, Breaks, Fails, Pauses, Stale, unavailable
from tests.engine.bench import Bench, actions, lacking, memory, picture, untouched

KEYS = [f"{n:02}" for n in range(10)]


@pytest.fixture
def paged(tmp_path: Path) -> Bench:
    """Pages of three, of which none can be asked for by itself."""
    return changed(Bench(tmp_path, lacking("ScansBetween", page_size=3)))


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Pages of three, and a mark in the base at every fourth key."""
    monkeypatch.setattr(manifest, "APART", 4)
    return changed(Bench(tmp_path, memory(page_size=3)))


def changed(bench: Bench) -> Bench:
    """Ten keys agreed; since then each side has lost, changed and gained some."""
    for key in KEYS:
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_there("03", "changed there")
    bench.put_there("11", "new there")
    bench.drop_there("05")
    bench.put_here("00", "changed here")
    return bench


def in_step(bench: Bench) -> None:
    assert bench.here() == bench.there()
    assert bench.here().keys() == {*KEYS, "11"} - {"05"}
    assert bench.here()["03"] == b"changed there"
    assert bench.there()["00"] == b"changed here"


@pytest.mark.parametrize("after", range(11))
def test_a_listing_that_breaks_off_once_goes_on_where_it_was(paged: Bench, after: int) -> None:
    paged.script(At("scan", Breaks(after), nth=1))
    result = paged.done(delete_orphaned=True)
    assert not result.failed
    assert len(paged.told(Retrying)) == 1
    in_step(paged)


def test_a_listing_may_break_off_before_every_page(paged: Bench) -> None:
    scenes = [At("scan", Breaks(after), nth=n + 1) for n, after in enumerate((0, 3, 6, 9))]
    paged.script(scenes)
    result = paged.sync(delete_orphaned=True)
    assert len(paged.store.called("scan")) == 5
    assert not result.failed
    in_step(paged)


def test_a_listing_that_breaks_twice_at_one_place_is_given_up(paged: Bench) -> None:
    before = picture(paged)
    paged.script(At("scan", Breaks(6)))
    with pytest.raises(Unavailable) as caught:
        paged.sync(delete_orphaned=True)
    assert caught.value.exit_code == 4
    assert not paged.changes()
    untouched(paged, before)
    finished = paged.told(Finished)[-1]
    assert finished.error == "Unavailable"


def test_what_changes_between_two_tries_of_a_listing_is_seen_or_left_to_the_next_run(
    paged: Bench,
) -> None:
    def meddle(_call: object) -> None:
        paged.put_there("01", "changed between two tries")
        paged.put_there("08", "changed between two tries, further on")

    paged.script(At("scan", Breaks(4), nth=1), At("scan", Pauses(meddle), nth=2))
    paged.sync(delete_orphaned=True)
    paged.script()
    paged.done(delete_orphaned=True)
    assert paged.here()["01"] == b"changed between two tries"
    assert paged.here()["08"] == b"changed between two tries, further on"
    in_step(paged)


def test_a_large_listing_is_cut_at_the_keys_of_the_base(cut: Bench) -> None:
    cut.store.calls.clear()
    cut.done(delete_orphaned=True)
    in_step(cut)
    # Two marks make three parts; the sync lists once, and the status after it.
    assert len(cut.store.called("scan_between")) == 6
    assert not cut.store.called("scan")


def test_an_object_that_is_new_before_between_and_behind_the_marks_is_seen(cut: Bench) -> None:
    for key in ("!", "03!", "04", "07", "07!", "~"):
        cut.put_there(key, f"new {key}")
    cut.done(delete_orphaned=True)
    assert cut.here() == cut.there()
    assert {"!", "03!", "07!", "~"} <= cut.here().keys()


def test_marks_that_have_vanished_are_no_hindrance(cut: Bench) -> None:
    for key in ("03", "07"):
        cut.drop_there(key)
    cut.done(delete_orphaned=True)
    assert cut.here() == cut.there()
    assert not {"03", "07"} & cut.here().keys()


@pytest.mark.parametrize("part", [1, 2, 3])
@pytest.mark.parametrize("after", range(4))
def test_a_part_of_a_listing_that_breaks_off_goes_on_behind_its_last_key(
    cut: Bench, part: int, after: int
) -> None:
    cut.script(At("scan_between", Breaks(after), nth=part))
    cut.sync(delete_orphaned=True)
    cut.script()
    cut.done(delete_orphaned=True)
    in_step(cut)


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_part_of_a_listing_that_fails_for_good_ends_the_run(cut: Bench, part: int) -> None:
    before = picture(cut)
    cut.script(At("scan_between", Fails(lambda _prefix: AccessDenied("no such luck")), nth=part))
    with pytest.raises(AccessDenied):
        cut.sync(delete_orphaned=True, force=True)
    untouched(cut, before)


def test_a_listing_that_can_go_on_is_not_read_anew(tmp_path: Path) -> None:
    bench = changed(Bench(tmp_path, memory(page_size=3)))
    bench.script(At("scan", Breaks(7), nth=1))
    bench.done(delete_orphaned=True)
    assert len(bench.store.called("scan_between")) == 1
    in_step(bench)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(AccessDenied, 3), (NotFound, 4), (Corrupted, 4), (Unavailable, 4)],
)
def test_a_listing_that_fails_for_good_changes_nothing(
    paged: Bench, kind: type[StorageError], code: int
) -> None:
    before = picture(paged)
    paged.script(At("scan", Fails(lambda _prefix: kind("no such luck"))))
    with pytest.raises(kind) as caught:
        paged.sync(delete_orphaned=True, force=True)
    assert caught.value.exit_code == code
    untouched(paged, before)


def test_one_of_several_listings_that_fails_ends_the_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, folders=["one", "two", "three"])
    for folder in ("one", "two", "three"):
        bench.put_here(f"{folder}/a", folder)
    bench.sync()
    bench.put_here("one/new", "new")
    before = picture(bench)
    bench.script(At("scan", unavailable(), key="two/"))
    with pytest.raises(Unavailable):
        bench.sync(delete_orphaned=True)
    untouched(bench, before)


class Odd(MemoryStore):
    """Lists what it is told to list instead."""

    pages: list[list[Entry]] | None = None

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        if self.pages is None:
            return super().scan(prefix)
        return iter(self.pages)

    def listed(self, *keys: str) -> list[Entry]:
        return [self.stored(key).listed for key in keys]


def odd(tmp_path: Path, **config: object) -> tuple[Bench, Odd]:
    store = Odd()
    bench = Bench(tmp_path, store, **config)
    for key in ("a", "b", "c"):
        bench.put_here(key, key)
    bench.sync()
    return bench, store


@pytest.mark.parametrize(
    "pages",
    [["acb"], ["a", "c", "b"], ["abbc"], ["ab", "bc"], ["cba"]],
)
def test_a_listing_out_of_order_is_an_error_and_not_a_deletion(
    tmp_path: Path, pages: list[str]
) -> None:
    bench, store = odd(tmp_path)
    before = picture(bench)
    store.pages = [store.listed(*page) for page in pages]
    with pytest.raises(Corrupted):
        bench.sync(delete_orphaned=True)
    untouched(bench, before)


@pytest.mark.parametrize("key", ["other/a", "else/b"])
def test_a_listing_of_what_was_not_asked_for_is_not_believed(tmp_path: Path, key: str) -> None:
    store = Odd()
    bench = Bench(tmp_path, store, prefix="mine/")
    bench.put_here("a", "a")
    bench.sync()
    # The second would be in order under what is left of its name.
    stranger = BasicEntry(key=key, size=1, version="v")
    store.pages = [[*store.listed("mine/a"), stranger]]
    before = picture(bench)
    with pytest.raises(Corrupted):
        bench.sync(delete_orphaned=True)
    untouched(bench, before)


def test_pages_without_anything_in_them_do_not_end_a_listing(tmp_path: Path) -> None:
    bench, store = odd(tmp_path)
    store.pages = [[], store.listed("a"), [], [], store.listed("b", "c"), []]
    assert not bench.sync(delete_orphaned=True).actions


@pytest.mark.parametrize("deletes", [True, False])
def test_a_listing_that_has_not_heard_of_an_upload_loses_nothing(
    bench: Bench, deletes: bool
) -> None:
    for key in ("a", "b", "c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("new", "new")
    bench.sync()
    bench.script(At("scan", Stale(1), nth=1))
    assert not bench.sync(delete_orphaned=deletes).deleted
    bench.done()
    assert bench.here()["new"] == bench.there()["new"] == b"new"


@pytest.mark.parametrize("deletes", [True, False])
def test_a_listing_that_tells_of_an_old_version_brings_it_not_back(
    bench: Bench, deletes: bool
) -> None:
    for key in ("a", "b", "c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_here("a", "edited")
    bench.sync()
    bench.script(At("scan", Stale(1), nth=1))
    result = bench.sync(delete_orphaned=deletes)
    assert not result.conflicts
    assert bench.here()["a"] == bench.there()["a"] == b"edited"
    bench.done(delete_orphaned=deletes)
    assert bench.here()["a"] == bench.there()["a"] == b"edited"


def test_a_listing_that_has_not_heard_of_a_deletion_brings_nothing_back(bench: Bench) -> None:
    for key in ("a", "b", "c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.drop_here("a")
    bench.sync(delete_orphaned=True)
    bench.script(At("scan", Stale(1), nth=1))
    result = bench.sync(delete_orphaned=True)
    assert not result.failed
    assert bench.here().keys() == bench.there().keys() == {"b", "c"}


def test_two_listings_that_disagree_come_to_rest(bench: Bench) -> None:
    for key in ("a", "b", "c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.rename_here("a", "z")
    bench.sync(delete_orphaned=True)
    bench.script(At("scan", Stale(1), nth=1))
    bench.sync(delete_orphaned=True)
    bench.script()
    bench.sync(delete_orphaned=True)
    bench.done(delete_orphaned=True)
    assert (
        bench.here()
        == bench.there()
        == {
            "z": b"agreed a",
            "b": b"agreed b",
            "c": b"agreed c",
        }
    )


def test_an_object_that_is_listed_and_cannot_be_found_is_no_failure(bench: Bench) -> None:
    bench.put_there("ghost", "g")
    bench.put_there("real", "r")
    bench.between = lambda: bench.drop_there("ghost")
    result = bench.sync()
    assert result.exit_code == 0
    assert bench.here() == {"real": b"r"}


def test_the_sizes_of_a_listing_are_not_trusted(tmp_path: Path) -> None:
    bench, store = odd(tmp_path)
    wrong = msgspec.structs.replace(store.stored("b").listed, size=99, version="other")
    store.pages = [[*store.listed("a"), wrong, *store.listed("c")]]
    bench.sync(delete_orphaned=True)
    assert bench.here() == {"a": b"a", "b": b"b", "c": b"c"}
    assert bench.there() == bench.here()


def test_a_status_that_saw_a_broken_listing_says_so(paged: Bench) -> None:
    paged.script(At("scan", Breaks(4)))
    with pytest.raises(Unavailable):
        paged.status()
    paged.script(At("scan", Breaks(4), nth=1))
    assert ("upload", "00") in actions(paged.status())
