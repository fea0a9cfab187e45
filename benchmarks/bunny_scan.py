"""How fast a storage zone of many folders is listed, beside what five listings at once allow.

    python benchmarks/bunny_scan.py 2000 20000 --latency 40

A fake of the service, in a process of its own, holds FILES files in FOLDERS folders and answers
each request after LATENCY milliseconds. Trees of three shapes are listed: folders side by side,
folders in folders, and folders below each other in many rows. Each is listed, and synced twice with
a folder that holds the same; the second of these syncs, which has nothing to do, counts. All in
processes of their own. Printed are the seconds, the peak of memory, and the ratio of the seconds to
(FOLDERS + 1) * LATENCY / 5, which nobody can go below.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from buckia_bunny.testing import FakeBunny

AT_ONCE = 5
SHAPES = ("wide", "nested", "deep")
TEN = 10
LIST = """
import resource, sys, time
from buckia import BucketConfig, BuckiaClient

what, endpoint, folder = sys.argv[1:]
config = BucketConfig(
    provider="bunny",
    bucket_name="zone",
    endpoint_url=endpoint,
    credentials={"storage_api_key": "secret"},
)
began = time.monotonic()
with BuckiaClient(config, local_path=folder) as client:
    if what == "listing":
        found = [entry.key for entry in client.list_files()]
        assert found == sorted(found)
        count = len(found)
    else:
        result = client.sync()
        result.raise_for_failures()
        assert not result.bytes_up + result.bytes_down
        count = result.unchanged + result.adopted
seconds = time.monotonic() - began
print(count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def folders(count: int, shape: str) -> list[str]:
    """Names of so many folders in all; each ends with a slash."""
    names: list[str] = []
    for n in range(count):
        above = ""
        if shape == "nested" and n % TEN:
            above = names[n - n % TEN]
        elif shape == "deep" and n % TEN:
            above = names[-1]
        names.append(f"{above}d{n:06}/")
    return names


def tree(count: int, names: list[str]) -> Iterator[tuple[str, bytes]]:
    for n in range(count):
        yield f"{names[n % len(names)]}f{n // len(names):04}.txt", b"%d" % n


def serve(found: Iterator[tuple[str, bytes]], latency: float) -> None:
    """Until it is ended by whoever started it."""
    with FakeBunny("zone", "secret") as fake:
        for path, content in found:
            fake.tree.put(path, content)
        fake.latency = latency
        print(fake.endpoint, flush=True)
        Event().wait()


@contextmanager
def served(*words: str) -> Iterator[str]:
    """The address of a fake that lasts as long as the block."""
    command = [sys.executable, __file__, *words, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def measured(*words: str) -> tuple[int, float, int]:
    """Files, seconds and megabytes."""
    command = [sys.executable, "-c", LIST, *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    count, seconds, megabytes = done.stdout.split()
    return int(count), float(seconds), int(megabytes)


def rows(shape: str, endpoint: str, given: argparse.Namespace) -> Iterator[str]:
    bound = (given.folders + 1) * given.latency / 1000 / AT_ONCE
    with tempfile.TemporaryDirectory(prefix="buckia-bench-") as folder:
        for path, content in tree(given.files, folders(given.folders, shape)):
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        # What was written this very moment is read once more, because its time proves nothing yet.
        time.sleep(3)
        measured("sync", endpoint, folder)
        for what in ("listing", "sync"):
            count, seconds, peak = measured(what, endpoint, folder)
            yield f"{shape:7} {what:8} {count:>6} {seconds:>8.1f} {peak:>6} {seconds / bound:>6.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=int, nargs="?", default=2_000)
    parser.add_argument("files", type=int, nargs="?", default=20_000)
    parser.add_argument("--latency", type=float, default=40.0, help="milliseconds an answer")
    parser.add_argument("--shape", choices=SHAPES, help="only this one")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        found = tree(given.files, folders(given.folders, given.shape))
        serve(found, given.latency / 1000)
        return
    print("shape   what      files  seconds     MB  ratio", flush=True)
    for shape in SHAPES if given.shape is None else (given.shape,):
        words = (str(given.folders), str(given.files), f"--latency={given.latency}")
        with served(*words, f"--shape={shape}") as endpoint:
            for row in rows(shape, endpoint, given):
                print(row, flush=True)


if __name__ == "__main__":
    main()
