"""A large database of which one page in a hundred changed: what travels, and how long it takes.

    python benchmarks/changed_database.py 512 --folder /dev/shm --bandwidth 25MiB/s

Two devices share an SQLite database of SIZE mebibytes by way of the load server. One of them
changes 1% of its pages: rows that lie together, rows that are added at the end, or rows scattered
over all of it. It syncs, and then the other one. Each change is made twice: once all of the
database travels, and once what differs. Every sync has a process of its own. The whole is what the
same programs do when they ask for nothing that is there already; bytes are those that travelled,
and in the end both devices have the same rows.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import loadserver
from benchmarks.grounds import CACHE

MIB = 1 << 20
NAME = "App.sqlite"
ROW = 400
IN_A_PAGE = 9
"""Rows; one of them changed is a page changed."""
SHARE = 100
"""One page in so many changes."""

SYNC = """
import json, resource, sys, time
from buckia import BucketConfig, BuckiaClient
from buckia.engine.execute import patching
from buckia_s3 import multipart

folder, endpoint, bandwidth, is_whole = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "1"
if is_whole:
    patching.LEAST = 1 << 62
    multipart.seen = lambda *_given: None
keys = {"access_key": "key", "secret_key": "secret"}
how = {"bandwidth": bandwidth} if bandwidth else {}
config = BucketConfig(
    provider="s3", bucket_name="bucket", endpoint_url=endpoint, region="us-east-1",
    credentials=keys, options={"addressing": "path"}, **how,
)
with BuckiaClient(config, local_path=folder) as client:
    began = time.monotonic()
    result = client.sync()
    seconds = time.monotonic() - began
result.raise_for_failures()
assert result.exit_code == 0, result
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([result.bytes_up, result.bytes_down, seconds, peak]))
"""


def make(path: Path, size: int) -> None:
    rows = size // 4096 * IN_A_PAGE
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA page_size=4096")
        database.execute("PRAGMA synchronous=OFF")
        database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, edits INTEGER, body BLOB)")
        database.executemany("INSERT INTO rows (edits, body) VALUES (0, ?)", _bodies(rows))
        database.commit()


def _bodies(count: int) -> Iterator[tuple[bytes]]:
    drawn = random.Random(count)  # noqa: S311 - the same each time is what matters
    return ((drawn.randbytes(ROW),) for _ in range(count))


def together(path: Path) -> None:
    """One range of rows."""
    with closing(sqlite3.connect(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM rows").fetchone()
        first = rows // 2
        where = (first, first + rows // SHARE)
        database.execute("UPDATE rows SET edits = edits + 1 WHERE id BETWEEN ? AND ?", where)
        database.commit()


def added(path: Path) -> None:
    """More rows at the end."""
    with closing(sqlite3.connect(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM rows").fetchone()
        more = _bodies(rows // SHARE)
        database.executemany("INSERT INTO rows (edits, body) VALUES (0, ?)", more)
        database.commit()


def scattered(path: Path) -> None:
    """One row in each of so many pages, drawn by lot."""
    with closing(sqlite3.connect(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM rows").fetchone()
        pages = rows // IN_A_PAGE
        chosen = random.Random(1).sample(range(pages), pages // SHARE)  # noqa: S311 - as above
        places = ((page * IN_A_PAGE + 1,) for page in chosen)
        database.executemany("UPDATE rows SET edits = edits + 1 WHERE id = ?", places)
        database.commit()


CHANGES: tuple[Callable[[Path], None], ...] = (together, added, scattered)


def synced(folder: Path, url: str, bandwidth: str, *, whole: bool) -> tuple[int, int, float, int]:
    """Bytes up, bytes down, seconds, mebibytes of memory."""
    command = [sys.executable, "-c", SYNC, str(folder), url, bandwidth, "1" if whole else "0"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    up, down, seconds, peak = json.loads(done.stdout)
    return up, down, seconds, peak


def rows_of(path: Path) -> tuple[int, int, int]:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT count(*), sum(edits), sum(id * edits) FROM rows")
        count, edits, where = found.fetchone()
        return count, edits, where


def measure(folder: Path, url: str, bandwidth: str) -> None:
    one, other = (folder / device for device in ("one", "other"))
    print("   change   way  travels     MiB  seconds     MB", flush=True)
    for change in CHANGES:
        for whole in (True, False):
            change(one / NAME)
            up = synced(one, url, bandwidth, whole=whole)
            down = synced(other, url, bandwidth, whole=whole)
            assert rows_of(one / NAME) == rows_of(other / NAME)
            for way, count, (_, _, seconds, peak) in (
                ("up", up[0], up),
                ("down", down[1], down),
            ):
                how = "whole" if whole else "changes"
                moved = f"{count / MIB:>7.1f} {seconds:>8.2f} {peak:>6}"
                print(f"{change.__name__:>9} {way:>5} {how:>8} {moved}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=512, help="in mebibytes")
    parser.add_argument("--folder", type=Path, help="where both devices lie")
    parser.add_argument("--bandwidth", default="", help="of the line, such as 25MiB/s")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="buckia-bench-", dir=given.folder) as name,
        loadserver.running(CACHE) as server,
    ):
        folder = Path(name)
        for device in ("one", "other"):
            (folder / device).mkdir()
        make(folder / "one" / NAME, given.size * MIB)
        for device in ("one", "other"):
            synced(folder / device, server.url, "", whole=True)
        measure(folder, server.url, given.bandwidth)


if __name__ == "__main__":
    main()
