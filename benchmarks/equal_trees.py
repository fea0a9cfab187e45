"""Two equal trees: what the first sync costs, and what every later one costs.

    python benchmarks/equal_trees.py 100000

Makes COUNT small files in a folder and the same in a local bucket, syncs three times, each time in
a process of its own, and prints what was transferred, how often the bytes of a file were read, the
time and the peak of memory. The first run adopts all files and transfers none; the others read no
file at all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IN_A_FOLDER = 500

RUN = """
import resource, sys, time
from buckia import BucketConfig, BuckiaClient
from buckia.stores.local import LocalStore

reads = 0
read = LocalStore.read

def counted(self, key, **wish):
    global reads
    reads += not key.endswith(".buckiaignore")
    return read(self, key, **wish)

LocalStore.read = counted
config = BucketConfig(provider="local", bucket_name="bucket", options={"root": sys.argv[2]})
began = time.monotonic()
with BuckiaClient(config, local_path=sys.argv[1]) as client:
    result = client.sync()
seconds = time.monotonic() - began
result.raise_for_failures()
moved = result.bytes_up + result.bytes_down
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"{result.adopted:>9} {result.unchanged:>9} {moved:>7} {reads:>9} {seconds:>8.1f} {peak:>6}")
"""


def make(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"d{number // IN_A_FOLDER:05}" / f"f{number % IN_A_FOLDER:03}.txt"
        if number % IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(b"%d" % number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="buckia-bench-") as name:
        folder = Path(name)
        for tree in ("work", "disk/bucket"):
            make(folder / tree, count)
        # What was written this very moment is read once more, because its time proves nothing yet.
        time.sleep(3)
        print("  adopted unchanged   bytes     reads  seconds     MB", flush=True)
        for _ in range(3):
            command = [sys.executable, "-c", RUN, str(folder / "work"), str(folder / "disk")]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
