"""A run that has nothing to do: what it asks, what it writes, what it reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from buckia.events import ActionStarted, BytesMoved, Comparing
from buckia.stores.local.store import LocalStore
from tests.engine.bench import ASKED_ONCE, Bench, lacking, memory, stamps

KEYS = [f"d{n % 5}/e{n % 2}/{n:02}" for n in range(30)]
KINDS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no digests": {"lists": [], "lacks": frozenset({"Digests"})},
    "hints": {"lists": [], "hints": ["md5"]},
    "no times": {"keeps_mtime": False},
    "a tree": {"flat": False},
    "folding": {"folds_case": True, "folds_form": True},
}


@contextmanager
def files_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The local files whose bytes are read meanwhile."""
    read: list[str] = []
    real = LocalStore.read

    def noted(self: LocalStore, key: str, **how: Any) -> Any:
        if not key.endswith(".buckiaignore"):
            read.append(key)
        return real(self, key, **how)

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "read", noted)
        yield read


Rest = Callable[[Bench], Bench]


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> Rest:
    """Both sides agree, and every file has been seen when it was not new any more."""

    def rested(bench: Bench) -> Bench:
        for n, key in enumerate(KEYS):
            (bench.put_here if n % 2 else bench.put_there)(key, f"agreed {key}")
        for _ in range(20):
            with files_read(monkeypatch) as read:
                bench.sync()
            if not read:
                break
        bench.script()
        bench.events.clear()
        return bench

    return rested


@pytest.fixture(params=KINDS)
def quiet(request: pytest.FixtureRequest, tmp_path: Path, at_rest: Rest) -> Bench:
    return at_rest(Bench(tmp_path, memory(**KINDS[request.param])))


def test_it_asks_for_the_listing_once_and_for_no_object(quiet: Bench) -> None:
    result = quiet.sync(delete_orphaned=True)
    assert quiet.asked()["scan"] == 1
    assert not quiet.asked_about()
    assert set(quiet.asked()) <= ASKED_ONCE
    assert result.unchanged == len(KEYS)
    assert not result.actions


def test_it_writes_nothing_outside_of_the_state(quiet: Bench) -> None:
    before, objects = stamps(quiet.root), quiet.there()
    quiet.sync(delete_orphaned=True)
    assert stamps(quiet.root) == before
    assert quiet.there() == objects


def test_it_reads_no_bytes_on_either_side(quiet: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with files_read(monkeypatch) as read:
        quiet.sync(delete_orphaned=True)
    assert read == []
    assert quiet.asked()["read"] == 0
    assert not quiet.told(ActionStarted, BytesMoved, Comparing)


@pytest.mark.parametrize(
    "config",
    [
        {"folders": ["d0", "d1", "d2", "d3", "d4"]},
        {"prefix": "below/"},
        {"paths": [".", {"path": "extra", "to": "extra/"}]},
        {"include": ["d*/"]},
        {"direction": "push"},
    ],
    ids=str,
)
def test_it_costs_nothing_however_it_is_configured(tmp_path: Path, config: dict[str, Any]) -> None:
    bench = Bench(tmp_path, memory(), **config)
    bench.put_here("extra/x", "x")
    for key in KEYS:
        bench.put_here(key, key)
    bench.sync()
    bench.script()
    before = stamps(bench.root)
    result = bench.sync()
    assert not result.actions
    assert set(bench.asked()) <= ASKED_ONCE
    assert bench.asked()["scan"] == len(config.get("folders", [""]))
    assert stamps(bench.root) == before


def test_a_mapped_key_in_the_listing_costs_no_request(tmp_path: Path) -> None:
    bench = Bench(tmp_path, files={"a.json": "conf/a.json"})
    bench.put_here("a.json", "a")
    bench.put_here("b", "b")
    bench.sync()
    bench.script()
    assert not bench.sync().actions
    assert set(bench.asked()) <= ASKED_ONCE


def touch_all(bench: Bench) -> None:
    for key in KEYS:
        os.utime(bench.root / key)


def store_all_again(bench: Bench) -> None:
    for key, data in bench.there().items():
        bench.put_there(key, data)


def replace_all_by_copies(bench: Bench) -> None:
    for key in KEYS:
        path = bench.root / key
        copy = path.with_name("copy")
        copy.write_bytes(path.read_bytes())
        copy.replace(path)


@pytest.mark.parametrize("act", [touch_all, store_all_again, replace_all_by_copies])
@pytest.mark.parametrize("direction", ["both", "push", "pull"])
def test_the_same_bytes_in_another_version_transfer_nothing(
    tmp_path: Path, at_rest: Rest, act: Callable[[Bench], None], direction: str
) -> None:
    bench = at_rest(Bench(tmp_path, lacking("Digests", lists=[], tells=["sha256"])))
    act(bench)
    result = bench.sync(direction=direction, delete_orphaned=True)
    assert not result.actions
    assert result.unchanged == len(KEYS)
    assert not result.bytes_up + result.bytes_down
    assert not bench.changes()
    assert bench.asked()["read"] == 0
    bench.script()
    assert not bench.sync(direction=direction).actions
    assert set(bench.asked()) <= ASKED_ONCE, "the new versions were not written down"


def test_a_status_of_the_same_bytes_in_another_version_writes_nothing(
    tmp_path: Path, at_rest: Rest
) -> None:
    bench = at_rest(Bench(tmp_path))
    touch_all(bench)
    before = {p: p.read_bytes() for p in bench.state.rglob("*") if p.suffix == ".sqlite"}
    assert not bench.status().actions
    assert {p: p.read_bytes() for p in before} == before


def test_empty_folders_are_neither_made_nor_removed(bench: Bench) -> None:
    bench.put_here("d/a", "a")
    (bench.root / "empty/deep").mkdir(parents=True)
    bench.done()
    bench.drop_there("d/a")
    bench.put_there("b", "b")
    bench.done(delete_orphaned=True)
    assert (bench.root / "empty/deep").is_dir()
    assert not (bench.root / "d").exists(), "a folder that Buckia emptied is removed"


def test_a_replaced_file_keeps_its_mode(bench: Bench) -> None:
    bench.put_here("a", "agreed")
    (bench.root / "a").chmod(0o750)
    bench.done()
    bench.put_there("a", "edited there")
    bench.done()
    assert (bench.root / "a").stat().st_mode & 0o777 == 0o750


def test_a_run_that_changed_one_key_asks_about_that_one_only(quiet: Bench) -> None:
    quiet.put_here(KEYS[3], "edited here")
    quiet.sync()
    assert quiet.asked_about() == {KEYS[3]}
    assert quiet.asked()["scan"] == 1
