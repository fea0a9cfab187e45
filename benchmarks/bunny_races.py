"""Two writers at once on a storage zone, which has no conditions: what is seen, and what is lost.

    python benchmarks/bunny_races.py 100 --latency 40

Two devices, processes of their own, hold the same file. Both do something to it and sync at the
same moment, TIMES times; then both sync again, until they agree. `--apart MS` lets one begin up to
so many milliseconds later, and `--trash-days 0` keeps no trash. Three pairs of writers are tried:
both edit; one deletes while the other edits; one edits while another program, which neither
looks nor keeps anything, writes the file at some moment of that sync. The table says how often

    seen         one of the devices told of a conflict in that very sync
    overwritten  one replaced or deleted in the zone what the other had just written, unseen
    found        those bytes were there afterwards: in a folder, in the zone or in a trash
    gone         bytes of either were nowhere
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock, Thread

from buckia.standins.wire import Reply
from buckia_bunny.testing import FakeBunny, Fault
from buckia_bunny.testing.storage.asked import Forward, Request

KEY = "file"
SOON = 0.05
"""Seconds in which both have heard when to begin."""
DEVICE = """
import json, os, sys, time
from buckia import BucketConfig, BuckiaClient

folder, endpoint, days = sys.argv[1:]
config = BucketConfig(
    provider="bunny",
    bucket_name="zone",
    endpoint_url=endpoint,
    credentials={"storage_api_key": "secret"},
    conflict_resolution="keep_both",
    delete_orphaned=True,
    max_delete="100%",
    trash_days=int(days),
)
for line in sys.stdin:
    # Each as a program of its own would: nothing is known of the last one but what it wrote down.
    with BuckiaClient(config, local_path=folder) as client:
        time.sleep(max(0.0, float(line) - time.time()))
        result = client.sync()
        result.raise_for_failures()
        kept = [item.path.read_text() for item in client.versions()]
    print(json.dumps([len(result.conflicts), result.seconds, kept]), flush=True)
"""


class Device:
    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self.file = folder / KEY
        self.seconds = 0.0
        """How long the last sync took."""
        self._kept: list[str] = []

    def begin(self, moment: float) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{moment}\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """How many conflicts it told of."""
        assert self._process.stdout is not None
        conflicts, self.seconds, self._kept = json.loads(self._process.stdout.readline())
        return int(conflicts)

    def sync(self) -> int:
        self.begin(0.0)
        return self.end()

    def texts(self) -> set[str]:
        """All that its user can find."""
        folder = self.file.parent
        return {*self._kept, *(path.read_text() for path in folder.glob("file*"))}


class Log(Fault, frozen=True):
    """Changes of the zone, in their order, one at a time."""

    lines: list[str]
    lock: Lock

    def __call__(self, request: Request, forward: Forward) -> Reply:
        with self.lock:
            self.lines.append(request.body.read().decode() or request.kind)
            return forward(request)


class Race:
    """One file on two devices, again and again."""

    def __init__(self, fake: FakeBunny, devices: list[Device], given: argparse.Namespace) -> None:
        self._fake = fake
        self._one, self._other = devices
        self._apart = given.apart / 1000
        self._chance = random.Random(given.seed)  # noqa: S311 - moments, not secrets
        self._takes = 0.0
        """Seconds of a sync that uploads the file."""
        self._log = Log(on="put delete", key=KEY, lines=[], lock=Lock())

    def edits(self, n: int) -> Counter[str]:
        """Both edit."""
        one, other = f"{n}: here", f"{n}: there"
        self._one.file.write_text(one)
        self._other.file.write_text(other)
        seen, changes = self._both()
        return self._judged(seen, is_over={one, other} <= set(changes), texts={one, other})

    def deletion(self, n: int) -> Counter[str]:
        """One deletes what the other edits."""
        other = f"{n}: there"
        self._one.file.unlink()
        self._other.file.write_text(other)
        seen, changes = self._both()
        is_over = other in changes and "delete" in changes[changes.index(other) :]
        return self._judged(seen, is_over=is_over, texts={other})

    def stranger(self, n: int) -> Counter[str]:
        """One edits, and something that is no device of ours writes into the zone."""
        one, other = f"{n}: here", f"{n}: of another program"
        self._one.file.write_text(one)
        moment = time.time() + SOON
        self._one.begin(moment)
        writing = Thread(target=self._write, args=(other, moment))
        writing.start()
        self._log.lines.clear()
        seen = self._one.end()
        writing.join()
        changes = [line for line in self._log.lines if line in {one, other}]
        return self._judged(seen, is_over=set(changes) == {one, other}, texts={one, other})

    def settle(self, n: int) -> None:
        """Both hold the same text, which was never there before."""
        self._fake.faults = ()
        for path in self._one.file.parent.glob("file.*"):
            path.unlink()
        self._one.file.write_text(f"{n}: at first")
        self._one.sync()
        self._takes = self._one.seconds
        for device in (self._other, self._one):
            device.sync()
        assert self._other.file.read_text() == f"{n}: at first"
        self._fake.faults = (self._log,)

    def _both(self) -> tuple[int, list[str]]:
        self._log.lines.clear()
        moment = time.time() + SOON
        devices = [self._one, self._other]
        self._chance.shuffle(devices)
        devices[0].begin(moment)
        devices[1].begin(moment + self._chance.uniform(0, self._apart))
        seen = sum(device.end() for device in devices)
        return seen, list(self._log.lines)

    def _write(self, text: str, moment: float) -> None:
        time.sleep(max(0.0, moment + self._chance.uniform(0, self._takes) - time.time()))
        request = urllib.request.Request(  # noqa: S310 - to a fake of our own
            f"{self._fake.endpoint}/{self._fake.zone}/{KEY}",
            data=text.encode(),
            method="PUT",
            headers={"AccessKey": self._fake.password},
        )
        urllib.request.urlopen(request).close()  # noqa: S310 - the same

    def _judged(self, seen: int, *, is_over: bool, texts: set[str]) -> Counter[str]:
        for device in (self._one, self._other, self._one, self._other):
            device.sync()
        found = {content.decode() for content in self._fake.tree.files().values()}
        gone = texts - found - self._one.texts() - self._other.texts()
        return Counter(
            seen=bool(seen),
            overwritten=is_over,
            found=is_over and not gone,
            gone=len(gone),
        )


@contextmanager
def device(folder: Path, endpoint: str, trash_days: int) -> Iterator[Device]:
    folder.mkdir()
    # An empty folder would be a reason to stop.
    (folder / "another").write_text("another")
    command = [sys.executable, "-c", DEVICE, str(folder), endpoint, str(trash_days)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Device(process, folder)
        finally:
            process.kill()


def row(name: str, given: argparse.Namespace, deed: Callable[[Race, int], Counter[str]]) -> str:
    found: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="buckia-bench-")))
        fake = stack.enter_context(FakeBunny("zone", "secret"))
        fake.latency = given.latency / 1000
        devices = [
            stack.enter_context(device(folder / name, fake.endpoint, given.trash_days))
            for name in ("one", "other")
        ]
        race = Race(fake, devices, given)
        for n in range(given.times):
            race.settle(n)
            found += deed(race, n)
    counts = [given.times, *(found[name] for name in ("seen", "overwritten", "found", "gone"))]
    return "{:<12} {:>6} {:>6} {:>12} {:>6} {:>6}".format(name, *counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("times", type=int, nargs="?", default=50)
    parser.add_argument("--latency", type=float, default=40.0, help="milliseconds an answer")
    parser.add_argument("--apart", type=float, default=0.0, help="milliseconds between beginnings")
    parser.add_argument("--trash-days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("writers       times   seen  overwritten  found   gone", flush=True)
    print(row("edit-edit", given, Race.edits), flush=True)
    print(row("delete-edit", given, Race.deletion), flush=True)
    print(row("edit-other", given, Race.stranger), flush=True)


if __name__ == "__main__":
    main()
