"""Whether a folder takes `A` for `a`, and a composed letter for a decomposed one."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from buckia.keys import TEMPORARY
from buckia.stores.local.folders import Folder, open_folder

_ENOUGH = 64
"""Names to look at in the root before the probe folder is asked."""


class Folding(NamedTuple):
    case: bool
    form: bool


GUESS = Folding(case=sys.platform in ("darwin", "win32"), form=sys.platform == "darwin")
"""What the file systems that come with the system do, where nothing can be tried."""


def folding(root: Folder, probe: Path | None, tag: str, names: Collection[str] = ()) -> Folding:
    """What the root does, found out without writing to it.

    With `names` it is found out by these alone, and nobody looks what else is there.
    """
    tried = _tried(root, probe, tag) or GUESS
    case = _case_of_present_names(root, names)
    return tried if case is None else tried._replace(case=case)


def _case_of_present_names(root: Folder, names: Collection[str]) -> bool | None:
    """From a name that is there already: is it found in the other case? None if there is none."""
    for name, seen in _cased_names(root, names or _some_names(root)):
        try:
            other = root.stat(name.swapcase())
        except OSError:
            return False
        if stat.S_ISDIR(seen.st_mode) or seen.st_nlink == 1:
            # One file found by two names that has only one; of hard links nothing can be said.
            return os.path.samestat(seen, other)
    return None


def _some_names(root: Folder) -> Collection[str]:
    with closing(os.scandir(root.path if root.fd is None else root.fd)) as found:
        return [item.name for item in islice(found, _ENOUGH)]


def _cased_names(root: Folder, names: Collection[str]) -> Iterator[tuple[str, os.stat_result]]:
    for name in names:
        if name.isascii() and name.swapcase() != name:
            with suppress(FileNotFoundError):
                yield name, root.stat(name)


def _tried(root: Folder, probe: Path | None, tag: str) -> Folding | None:
    """From a file of our own in the probe folder, where that is on the same file system."""
    if probe is None:
        return None
    try:
        with open_folder(str(probe)) as folder:
            if folder.itself().st_dev != root.itself().st_dev:
                return None
            name = f"{TEMPORARY}{tag}-{os.urandom(8).hex()}-\u00e9a"
            os.close(folder.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            try:
                return Folding(
                    case=not folder.is_free(name[:-1] + "A"),
                    form=not folder.is_free(name[:-2] + "e\u0301a"),
                )
            finally:
                folder.unlink(name)
    except OSError:
        # The folder is not there yet, or cannot be written to.
        return None
