"""All jobs, as large as they are published."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.attempts import Job
from benchmarks.trees import Tree
from benchmarks.workloads.changed import Changed
from benchmarks.workloads.folders import Copied, Still
from benchmarks.workloads.quiet import Adopted, Planned, Quiet, Touched
from benchmarks.workloads.starts import Starts
from benchmarks.workloads.transfers import Download, Upload
from benchmarks.workloads.zones import Zone

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30
_SMALL = Tree(20_000, 4 * _KIB)
_MANY = Tree(100_000, 100)
_LARGE = Tree(20, 64 * _MIB)
_ONE = Tree(1, 2 * _GIB)
_WIDE = Tree(20_000, 100, in_a_folder=20_000)
_DEEP = Tree(5_000, 100, in_a_folder=1, depth=50)


def jobs() -> Sequence[Job]:
    return (
        Upload("a", "first upload of 20,000 files of 4 KiB", _SMALL),
        Download("b", "first download of 20,000 files of 4 KiB", _SMALL),
        Quiet("c", "nothing to do in 100,000 files", _MANY),
        Touched("d", "nothing to do but 100,000 new times", _MANY),
        Changed("e", "1 in 100 of 100,000 files changed on each side", _MANY),
        Upload("f-up", "upload of 20 files of 64 MiB", _LARGE),
        Download("f-down", "download of 20 files of 64 MiB", _LARGE),
        Upload("g-up", "upload of one file of 2 GiB", _ONE),
        Download("g-down", "download of one file of 2 GiB", _ONE),
        Adopted("h", "first sync of two equal trees of 20,000 files", _SMALL),
        Upload("i-wide", "first upload of 20,000 files in one folder", _WIDE),
        Upload("i-deep", "first upload of 5,000 folders, 50 levels down", _DEEP),
        Quiet("i-quiet", "nothing to do in 5,000 folders, 50 levels down", _DEEP),
        Upload("k-up", "first upload of 20,000 files, 30 ms away", _SMALL, latency=30),
        Download("k-down", "first download of 20,000 files, 30 ms away", _SMALL, latency=30),
        Starts("l", "getting going"),
        Copied("m-first", "first copy of 20,000 files of 4 KiB to another folder", _SMALL),
        Still("m-quiet", "nothing to do in two folders of 100,000 files", _MANY),
        Zone("n", "nothing to do in 20,000 files of a Bunny zone 40 ms away", 20_000, latency=40),
        Planned("j", "plan of nothing to do in 1,000,000 files", 1_000_000),
    )
