"""Buckia beside its peers: `python -m benchmarks` (or `make bench`)."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Collection
from functools import partial
from pathlib import Path

from benchmarks.attempts import Job
from benchmarks.catalogue import jobs
from benchmarks.contenders.found import PEERS, contenders
from benchmarks.desk import Desk
from benchmarks.grounds import GROUNDS, loaded
from benchmarks.rounds import play
from benchmarks.table import lines, machine_readable


def main() -> int:
    told = _words()
    there, missing = contenders(Path(sys.executable).parent, told.peers)
    for name, why in missing.items():
        print(f"{name} is left out: {why}")
    wanted = [job for job in jobs() if not told.only or not told.only.isdisjoint(_names(job))]
    results = []
    with tempfile.TemporaryDirectory(prefix="buckia-bench-", dir=told.folder) as name:
        for job in wanted:
            objects = round(job.objects * told.scale)
            special = partial(loaded, latency=job.latency, objects=objects)
            started = special if job.is_special else GROUNDS[told.server]
            with started(Path(name)) as ground:
                standing = play(job, there, Desk(ground, told.scale), told.rounds)
            print(*lines(standing), sep="\n", end="\n\n", flush=True)
            results.append(machine_readable(standing))
    if told.json is not None:
        said = {"machine": platform.platform(), "server": told.server, "jobs": results}
        told.json.write_text(json.dumps(said, indent=1) + "\n")
    return 1 if any(one["failures"] for one in results) else 0


def _names(job: Job) -> Collection[str]:
    """`f` is all that begins with `f-`."""
    return {job.letter, job.letter.partition("-")[0]}


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="JOB", help="letters of the jobs to do")
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=[*PEERS], help="who else takes part"
    )
    parser.add_argument("--server", choices=sorted(GROUNDS), default="load")
    parser.add_argument("--rounds", type=int, default=3, help="the middle counts")
    parser.add_argument("--scale", type=float, default=1.0, help="of all trees: 0.01 is for a look")
    parser.add_argument("--folder", type=Path, help="where there is room")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures for programs, too")
    told = parser.parse_args()
    told.only = {*(told.only or ())}
    if unknown := told.only.difference(*map(_names, jobs())):
        parser.error(f"there is no job {', '.join(sorted(unknown))}")
    return told


sys.exit(main())
