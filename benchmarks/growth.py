"""What a plan of nothing to do costs as a tree grows: `python -m benchmarks.growth`.

For each number of files all contenders are asked, with the server that is no bottleneck. Printed
are their figures; --drawing gets time and memory as lines.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.contenders.found import PEERS, contenders
from benchmarks.desk import Desk
from benchmarks.drawing import Chart, drawn
from benchmarks.grounds import loaded
from benchmarks.rounds import Standing, play
from benchmarks.table import lines
from benchmarks.workloads.quiet import Planned

COUNTS = (1_000, 10_000, 100_000, 1_000_000)


def main() -> int:
    told = _words()
    there, missing = contenders(Path(sys.executable).parent, told.peers)
    for name, why in missing.items():
        print(f"{name} is left out: {why}")
    found: dict[int, Standing] = {}
    for count in told.counts:
        job = Planned("j", f"plan of nothing to do in {count:,} files", count)
        with (
            tempfile.TemporaryDirectory(prefix="buckia-bench-", dir=told.folder) as name,
            loaded(Path(name), objects=count) as ground,
        ):
            able = [one for one in there if count <= told.until.get(one.name, count)]
            found[count] = play(job, able, Desk(ground, 1.0), told.rounds)
        print(*lines(found[count]), sep="\n", end="\n\n", flush=True)
    if told.drawing is not None:
        told.drawing.write_text(drawn(_charts(found)), encoding="utf-8")
    return 1 if any(standing.failures for standing in found.values()) else 0


def _charts(found: dict[int, Standing]) -> list[Chart]:
    seconds: dict[str, list[tuple[float, float]]] = {}
    megabytes: dict[str, list[tuple[float, float]]] = {}
    for count, standing in found.items():
        for score in standing.scores:
            seconds.setdefault(score.contender, []).append((count, score.wall))
            megabytes.setdefault(score.contender, []).append((count, score.peak / 1e6))
    return [Chart("seconds", seconds), Chart("megabytes of memory", megabytes)]


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.growth", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS, help="numbers of files")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=[*PEERS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--until",
        nargs="*",
        type=_limit,
        default=[],
        metavar="NAME=COUNT",
        help="who is left out above so many files, for want of memory or patience",
    )
    parser.add_argument("--drawing", type=Path, metavar="FILE")
    parser.add_argument("--folder", type=Path, help="where there is room")
    told = parser.parse_args()
    told.until = dict(told.until)
    return told


def _limit(word: str) -> tuple[str, int]:
    name, _, count = word.rpartition("=")
    return name, int(count)


if __name__ == "__main__":
    sys.exit(main())
