"""A name for a conflict copy is looked for, and not without end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buckia.diff import Case
from buckia.engine.planning import Namer
from buckia.errors import Unavailable
from buckia.model import BasicEntry
from buckia.testing.faults import At, Pauses, denied, unavailable
from tests.engine.bench import READS, Bench, actions, lacking, memory, whenever


def test_where_every_name_seems_to_be_taken_the_search_ends() -> None:
    asked: list[str] = []

    def stat(name: str, _origin: str) -> BasicEntry:
        asked.append(name)
        return BasicEntry(key=name, size=99, version="another")

    side = SimpleNamespace(stat=stat)
    pair: Any = SimpleNamespace(
        left=side,
        right=side,
        scope=SimpleNamespace(beside=lambda origin, _name: origin),
        state=SimpleNamespace(device="here"),
    )
    prover: Any = None
    entry = BasicEntry(key="a.txt", size=1, version="mine", mtime_ns=1)
    case = Case(key="a.txt", left=entry, right=entry, base=None, origin="")
    with pytest.raises(Unavailable, match=r"no name is free for a copy of a\.txt"):
        Namer(pair, prover, "sha256")._name(case, side="left", entry=entry)  # type: ignore[arg-type]  # it is not looked at
    assert len(asked) == len(set(asked)) < 1000


@pytest.mark.parametrize("flat", [True, False], ids=["plain keys", "folders"])
@pytest.mark.parametrize("where", ["here", "there"])
def test_the_name_of_a_folder_is_not_free(tmp_path: Path, where: str, flat: bool) -> None:
    """Somebody has made a folder of an earlier copy, whose name would be the next one's, too."""
    bench = Bench(tmp_path, memory(flat=flat))
    name = _copied(bench, "mine", "theirs")
    bench.drop_here(name)
    bench.drop_there(name)
    (bench.put_here if where == "here" else bench.put_there)(f"{name}/inner.txt", "inner")
    assert name not in {_copied(bench, "mine too", "theirs too"), f"{name}/inner.txt"}
    assert bench.here() == bench.there()
    assert {b"mine too", b"theirs too", b"inner"} <= set(bench.there().values())


@pytest.mark.parametrize("what", ["vanished", "unreadable"])
def test_a_version_that_cannot_be_held_against_a_copy_stops_no_run(
    tmp_path: Path, what: str
) -> None:
    bench = Bench(tmp_path, lacking("Digests", lists=()))
    name = _copied(bench, "mine", "theirs")
    bench.drop_here(name)
    bench.put_there(name, "hers")
    bench.put_here("a.txt", "MINE", mtime_ns=1_600_000_000_000_000_000)
    bench.put_here("other.txt", "other")
    bench.put_there("a.txt", "theirs too")
    if what == "vanished":
        vanishing = Pauses(lambda _call: bench.drop_here("a.txt"))
        bench.script(At("stat", vanishing, nth=1, key=name))
    else:
        bench.script(whenever(READS, denied(), key=name))
    result = bench.sync(conflict_resolution="keep_both")
    assert ("upload", "other.txt") in actions(result)
    assert bench.there()["other.txt"] == b"other"
    bench.script()
    bench.done(conflict_resolution="keep_both")
    assert {b"hers", b"theirs too"} <= set(bench.there().values())
    assert (b"MINE" in bench.there().values()) == (what == "unreadable")


def test_where_a_copy_cannot_be_reached_no_other_name_is_tried(tmp_path: Path) -> None:
    """The bucket does not answer any more, and would be waited for once for each name."""
    bench = Bench(tmp_path, lacking("Digests", lists=()), retries=0)
    name = _copied(bench, "mine", "theirs")
    bench.drop_here(name)
    bench.drop_there(name)
    bench.done()
    bench.put_there(name, "hers")
    bench.put_here("a.txt", "MINE", mtime_ns=1_600_000_000_000_000_000)
    bench.put_there("a.txt", "theirs too")
    bench.script(whenever(READS, unavailable(), key=name))
    with pytest.raises(Unavailable):
        bench.sync(conflict_resolution="keep_both")
    # Nothing was begun on account of a plan that was made without it.
    assert bench.here() == {"a.txt": b"MINE"}
    assert bench.there() == {"a.txt": b"theirs too", name: b"hers"}


def _copied(bench: Bench, mine: str, theirs: str) -> str:
    """The key of the copy that a conflict about one file makes, always of the same time."""
    bench.put_here("a.txt", mine, mtime_ns=1_600_000_000_000_000_000)
    bench.put_there("a.txt", theirs)
    result = bench.sync(conflict_resolution="keep_both", delete_orphaned=True, force=True)
    assert not result.failed
    [conflict] = result.conflicts
    assert conflict.kept is not None
    return conflict.kept
