"""How long commits take while the database is uploaded: `python -m benchmarks.busy_writer`.

A process commits row after row without pause. Meanwhile the database is uploaded again and again,
or for comparison only copied by SQLite's backup; both in turn, so that both meet the same machine.
Each upload is opened: it must be sound and hold the first so many commits, and no commit may fail.
Then it is measured how long an app waits while a download of the same size enters its database.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.databases import installing

KEY = "App.sqlite"
ROWS = 1000
"""Each commit writes the next number over the smallest, so the database does not grow."""
MARK = 3.0
"""So many times may the slow commits take during uploads what they take during backups."""


def main() -> int:
    told = _words()
    with tempfile.TemporaryDirectory(prefix="buckia-bench-", dir=told.folder) as name:
        folder = Path(name)
        found = [_round(folder / str(number), told) for number in range(told.rounds)]
        waits = _installed(folder, told.size)
    ratios = sorted(one["upload"]["p99"] / one["backup"]["p99"] for one in found)
    errors = sum(one[kind]["errors"] for one in found for kind in one)
    for one in found:
        for kind, times in one.items():
            print(
                f"{kind:<7} {told.times} times: {times['commits']:>8,} commits,"
                f" p50 {times['p50'] * 1e3:.3f} ms, p99 {times['p99'] * 1e3:.3f} ms,"
                f" slowest {times['most'] * 1e3:.1f} ms, {times['errors']} failed"
            )
    middle = ratios[len(ratios) // 2]
    print(f"p99 during uploads is {middle:.2f} times that during backups (mark: {MARK:g})")
    print(f"{told.size} MiB enter a database in {waits:.2f} s, for which its writers wait")
    return 1 if errors or middle > MARK else 0


def _round(folder: Path, told: argparse.Namespace) -> dict[str, Any]:
    kinds = {"backup": _backup, "upload": _upload}
    return {kind: _measured(folder / kind, told, work) for kind, work in kinds.items()}


def _measured(
    folder: Path, told: argparse.Namespace, work: Callable[[Path], object]
) -> dict[str, Any]:
    root = folder / "here"
    root.mkdir(parents=True)
    _fill(root / KEY, told.size)
    writer = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.busy_writer", "--write", str(root / KEY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "begun\n"
    for _ in range(told.times):
        work(folder)
    said, _ = writer.communicate("stop\n")
    times: dict[str, Any] = json.loads(said)
    return times


def _backup(folder: Path) -> None:
    target = folder / "copy"
    target.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(folder / "here" / KEY)) as source,
        closing(sqlite3.connect(target)) as made,
    ):
        made.execute("PRAGMA synchronous=OFF")
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema").fetchall()
        source.backup(made)


def _upload(folder: Path) -> None:
    config = BucketConfig(provider="local", bucket_name="bucket", options={"root": str(folder)})
    (folder / "bucket").mkdir(exist_ok=True)
    with BuckiaClient(config, local_path=folder / "here") as client:
        client.sync().raise_for_failures()
    with closing(sqlite3.connect(folder / "bucket" / KEY)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = [number for (number,) in database.execute("SELECT number FROM commits ORDER BY 1")]
        last = found[-1]
        assert found == list(range(last - ROWS + 1, last + 1)), "an upload lacks a commit"


def _installed(folder: Path, size: int) -> float:
    coming, live = folder / "coming", folder / "live"
    for path in (coming, live):
        _fill(path, size)
    began = time.monotonic()
    installing.install(coming, live, KEY, lambda: True)
    return time.monotonic() - began


def _fill(path: Path, size: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE commits (place INTEGER PRIMARY KEY, number)")
        database.executemany("INSERT INTO commits VALUES (?, ?)", ((n, n) for n in range(ROWS)))
        database.execute("CREATE TABLE pictures (data)")
        database.executemany(
            "INSERT INTO pictures VALUES (randomblob(1048400))", [() for _ in range(size)]
        )


def _write(path: str) -> None:
    """Commit without pause until somebody says something; then tell how long it took."""
    import select

    times, errors, last = [], 0, ROWS
    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as database:
        while not select.select([sys.stdin], [], [], 0)[0]:
            began = time.perf_counter()
            try:
                database.execute(
                    "UPDATE commits SET number = ? WHERE place = ?", (last, last % ROWS)
                )
                last += 1
            except sqlite3.Error:
                errors += 1
            times.append(time.perf_counter() - began)
            if len(times) == 1:
                print("begun", flush=True)
    times.sort()
    at = {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100], "most": times[-1]}
    print(json.dumps({**at, "commits": len(times), "errors": errors}))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.busy_writer", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--times", type=int, default=200, help="uploads in each round")
    parser.add_argument("--size", type=int, default=32, help="MiB of the database")
    parser.add_argument("--rounds", type=int, default=3, help="the middle counts")
    parser.add_argument("--folder", type=Path, help="where there is room")
    return parser.parse_args()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        _write(sys.argv[2])
    else:
        sys.exit(main())
