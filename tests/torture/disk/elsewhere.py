"""The bucket is on another machine, and this one's disk fails: nothing unfinished is left there."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from buckia.client import BuckiaClient
from buckia.engine import limits
from buckia.errors import BuckiaError
from tests.grounds import GROUNDS, Ground, config
from tests.histories.judge import insist
from tests.histories.world import contents
from tests.torture.disk.cases import faults
from tests.torture.disk.faults import Fault, Faults
from tests.torture.disk.pair import put

LARGE = 17 << 20
"""Bytes of a file that S3 takes in several parts."""
TRIES = 6


class Far:
    """A folder here, a bucket there, and edits on both sides since they agreed."""

    def __init__(self, folder: Path, ground: Ground) -> None:
        self.here, self.ground = folder / "here", ground
        self.here.mkdir(parents=True)
        limits.FIRST_PAUSE = 0.01
        for key in ("a", "b", "c", "d/e", "rest"):
            put(self.here / key, f"agreed {key}".encode())
        self.sync()
        put(self.here / "a", b"edited here")
        put(self.here / "large", bytes(range(256)) * (LARGE // 256))
        (self.here / "b").unlink()
        (self.here / "c").rename(self.here / "c2")
        ground.put("d/e", b"edited there")
        ground.put("new/there", b"new there" * 100_000)
        put(self.here / "both", b"both here")
        ground.put("both", b"both there")
        self.versions = {*contents(self.here).values(), *ground.objects().values()}

    def sync(self) -> str:
        settings: dict[str, Any] = {"delete_orphaned": True, "conflict_resolution": "keep_both"}
        made = config(self.ground, retries=1, max_delete=100, **settings)
        with BuckiaClient(made, local_path=self.here) as client:
            return f"exit {client.sync(max_workers=1).exit_code}"

    def tried(self, fault: Fault | None) -> tuple[str, dict[str, int]]:
        """A sync while the disk here fails; how it ended, and what it asked of the disk."""
        with Faults(str(self.here), fault) as failing:
            try:
                ended = self.sync()
            except BuckiaError as error:
                insist(bool(error.hint), f"{error.kind} without advice: {error.message}")
                ended = f"ended by {error.kind}"
        return ended, failing.counts

    def check(self) -> None:
        """One calm sync, and both sides agree, with every version on them."""
        insist(self.sync() == "exit 0", "a calm sync failed")
        here, there = contents(self.here), self.ground.objects()
        insist(here == there, "the sides differ:", sorted(here.keys() ^ there.keys()))
        lost = self.versions - set(here.values()) - {b"agreed b", b"agreed d/e", b"agreed a"}
        insist(not lost, "versions are gone:", [data[:30] for data in lost])
        insist(not self.ground.unfinished(), "left there:", self.ground.unfinished())
        insist(not [key for key in there if ".buckia-tmp" in key], "temporary objects are left")


def far(kind: str, folder: Path, seed: int, tries: int = TRIES) -> Counter[str]:
    """Several syncs with this bucket, in each of which another call fails here."""
    chance, ended = Random(seed), Counter[str]()
    drawn = _drawn(kind, folder, chance)
    for _ in range(tries):
        fault = next(drawn)
        with GROUNDS[kind](folder / "ground") as ground:
            try:
                far = Far(folder, ground)
                ended[far.tried(fault)[0]] += 1
                far.check()
            except Exception as error:
                # Whatever it is, what had failed is what one wants to know.
                raise AssertionError(f"{fault}: {error}") from error
        shutil.rmtree(folder)
    return ended


def _drawn(kind: str, folder: Path, chance: Random) -> Iterator[Fault]:
    with GROUNDS[kind](folder / "ground") as ground:
        counts = Far(folder, ground).tried(None)[1]
    shutil.rmtree(folder)
    found = [fault for fault in faults(counts) if isinstance(fault, Fault)]
    while True:
        yield chance.choice(found)


def s3(folder: Path, seed: int) -> Counter[str]:
    return far("s3", folder, seed)


def bunny(folder: Path, seed: int) -> Counter[str]:
    return far("bunny", folder, seed)
