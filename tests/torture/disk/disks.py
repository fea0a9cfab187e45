"""Small disks of memory, that get full, run out of names or become read-only; root makes them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.torture.effects.effects import NotHere

ROOMY = "size=256m,nr_inodes=100000"
PAGE = 4096


def _system(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"{' '.join(words)}: {done.stderr.strip()}")


@cache
def obstacle() -> str:
    """Why no disk can be made here; empty where it can."""
    if os.name == "nt" or shutil.which("mount") is None:
        return "there is no mount"
    if os.geteuid() != 0:
        return "only root can mount a disk"
    try:
        with tempfile.TemporaryDirectory() as folder, _mounted(Path(folder)):
            return ""
    except NotHere as error:
        return str(error)


class Disk:
    """A mounted disk; what is on it stays when it is made smaller or may not be written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def leave(self, *, room: int | None = None, names: int | None = None) -> None:
        """Let so many bytes or new names be all that is free."""
        told = os.statvfs(self.path)
        if room is not None:
            used = (told.f_blocks - told.f_bfree) * told.f_frsize
            self._remount(f"size={used + room // PAGE * PAGE}")
        if names is not None:
            self._remount(f"nr_inodes={told.f_files - told.f_ffree + names}")

    def forbid_writing(self) -> None:
        self._remount("ro")

    def mend(self) -> None:
        self._remount(f"rw,{ROOMY}")

    def _remount(self, how: str) -> None:
        _system("mount", "-o", f"remount,{how}", str(self.path))


@contextmanager
def _mounted(path: Path) -> Iterator[Disk]:
    path.mkdir(parents=True, exist_ok=True)
    _system("mount", "-t", "tmpfs", "-o", ROOMY, "buckia-torture", str(path))
    try:
        yield Disk(path)
    finally:
        # Lazily, for a child that failed may not be gone quite yet.
        _system("umount", "-l", str(path))


@contextmanager
def moved_to_a_disk(path: Path) -> Iterator[Disk]:
    """A folder and all that is in it on a disk of its own, under the same path."""
    aside = Path(tempfile.mkdtemp(prefix="buckia-disk-")) / "aside"
    shutil.copytree(path, aside, symlinks=True)
    try:
        with _mounted(path) as disk:
            shutil.copytree(aside, path, dirs_exist_ok=True, symlinks=True)
            yield disk
    finally:
        shutil.rmtree(aside.parent)
