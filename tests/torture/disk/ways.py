"""Other ways in which a process finds its disk, its handles or its clock unwilling."""

from __future__ import annotations

import errno
import time
from collections.abc import Collection
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Protocol

from tests.guarantees.child import fill_the_disk
from tests.torture.effects.effects import Effects, Kind

YEARS = 10 * 365 * 24 * 3600 * 1_000_000_000


class Sick(Protocol):
    """What is done to the process just before it syncs, and what it says afterwards."""

    hit: str
    """The call that failed; empty where that is not known."""

    def set(self) -> None: ...
    def told(self) -> dict[str, int]:
        """How many calls of each kind there were."""


class Sound:
    """Nothing is done to the process: it is the disk itself that fails."""

    def __init__(self) -> None:
        self.hit = ""

    def set(self) -> None:
        pass

    def told(self) -> dict[str, int]:
        return {}


class FewHandles(Sound):
    """Only so many more files may be open than are."""

    def __init__(self, more: int) -> None:
        super().__init__()
        self._more = more

    def set(self) -> None:
        import resource

        open_now = {int(path.name) for path in Path("/dev/fd").iterdir()}
        free = (number for number in count() if number not in open_now)
        limit = next(islice(free, self._more, None))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


class LargeFilesRefused(Sound):
    """No file may grow beyond so many bytes, as on some disks and under some limits."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def set(self) -> None:
        fill_the_disk(self._size)


class ClockJumps(Sound):
    """The system's clock, as programs are told it, jumps again and again."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance

    def set(self) -> None:
        real = time.time_ns

        def jumping() -> int:
            return real() + self._chance.randrange(-YEARS, YEARS)

        time.time_ns = jumping
        time.time = lambda: jumping() / 1e9


class BelowEverything(Sound):
    """The nth change of the disk fails, whoever makes it: also those that SQLite makes."""

    def __init__(
        self, folder: Path, nth: int, error: str, how: tuple[Collection[str], bool]
    ) -> None:
        super().__init__()
        self._folder, self._nth, self._error = folder, nth, error
        self._kinds, self._always = how

    def set(self) -> None:
        effects = Effects(self._folder)
        effects.tell_flushes_only()
        kinds = [Kind[name] for name in self._kinds]
        effects.fail(self._nth, getattr(errno, self._error), kinds, always=self._always)


class Counting(Sound):
    """Counts the changes of the disk by their kinds, until it is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._effects: Effects | None = None

    def set(self) -> None:
        self._effects = Effects(self._folder)
        self._effects.tell_flushes_only()

    def told(self) -> dict[str, int]:
        assert self._effects is not None
        return {kind.name: self._effects.count(kind) for kind in Kind}
