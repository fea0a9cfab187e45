"""Everything that one sync is tried with, each as a value that can be written down and played."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from tests.histories.edits import Author
from tests.histories.scenarios import SCENARIOS, Scenario
from tests.histories.world import BUCKET, STATE
from tests.torture.disk import ways
from tests.torture.disk.disks import moved_to_a_disk
from tests.torture.disk.faults import ERRORS, MOODS, Fault, Faults
from tests.torture.disk.trial import Ended, Trial
from tests.torture.effects.effects import Kind, NotHere
from tests.torture.session import Failed


class Below(msgspec.Struct, frozen=True, tag="below"):
    """The nth change of the disk of these kinds fails, seen below Python and SQLite."""

    error: str
    kinds: tuple[str, ...]
    nth: int
    lasting: bool = False

    def __str__(self) -> str:
        which = " and all after it" if self.lasting else ""
        return f"{self.error} from the system at {' or '.join(self.kinds)} {self.nth}{which}"


class SmallDisk(msgspec.Struct, frozen=True, tag="disk"):
    """What of a trial lies on a disk of its own, and what is left of that disk."""

    place: str
    """"root", with its state; "state"; or "bucket"."""
    room: int | None = None
    names: int | None = None
    read_only: bool = False

    def __str__(self) -> str:
        left = {"bytes": self.room, "names": self.names}
        told = " and ".join(f"{much} {what}" for what, much in left.items() if much is not None)
        return (
            f"the {self.place} on a disk {'read-only' if self.read_only else f'with {told} left'}"
        )


class Handles(msgspec.Struct, frozen=True, tag="handles"):
    more: int

    def __str__(self) -> str:
        return f"{self.more} more files may be open"


class LargeFiles(msgspec.Struct, frozen=True, tag="large"):
    size: int

    def __str__(self) -> str:
        return f"files end at {self.size} bytes"


class Clock(msgspec.Struct, frozen=True, tag="clock"):
    seed: int

    def __str__(self) -> str:
        return f"a clock that jumps, seed {self.seed}"


Trouble = Fault | Below | SmallDisk | Handles | LargeFiles | Clock


class Case(msgspec.Struct, frozen=True):
    """A scenario by its name, or one made up from a seed, and what goes wrong in its sync."""

    scenario: str
    trouble: Trouble

    def __str__(self) -> str:
        return f"{self.scenario}, {self.trouble}"

    @property
    def tried(self) -> str:
        """The sort of trouble, for a tally."""
        match self.trouble:
            case Fault() | Below() if self.trouble.lasting:
                return f"from some call on the disk answers {self.trouble.error}"
            case Fault() | Below():
                return f"one call fails: {self.trouble.kinds[0].lower()}"
            case SmallDisk():
                what = "read-only" if self.trouble.read_only else "full"
                return f"a real disk of the {self.trouble.place}, {what}"
            case Handles():
                return "too few handles"
            case LargeFiles():
                return "no large files"
            case Clock():
                return "a clock that jumps"


def scenario(name: str) -> Scenario:
    return SCENARIOS[name] if name in SCENARIOS else made_up(int(name))


def made_up(seed: int) -> Scenario:
    """Any files here, and then any edits on both sides."""
    author = Author(seed, "A")
    before = tuple(one for one in author.edits(12) if one.place != BUCKET)
    return Scenario(author.sync().rules, before, tuple(author.edits(12)), coarse=seed % 4 == 0)


def play(case: Case, folder: Path) -> Ended:
    """One trial; `Failed` says what was wrong, how to play it again, and leaves the folder."""
    again = f"python -m tests.torture.disk.again case '{msgspec.json.encode(case).decode()}'"
    try:
        ended = _ended(Trial(scenario(case.scenario), folder), case.trouble)
    except NotHere:
        raise
    except Exception as error:
        # Whatever it is, what had failed is what one wants to know.
        raise Failed(f"{case}: {type(error).__name__}: {error}\n{again}\nin {folder}") from error
    shutil.rmtree(folder)
    return ended


def _ended(trial: Trial, trouble: Trouble) -> Ended:
    folder = trial.world.folder
    match trouble:
        case Fault():
            return trial.run(Faults(str(folder), trouble))
        case Below():
            how = (trouble.kinds, trouble.lasting)
            return trial.run(ways.BelowEverything(folder, trouble.nth, trouble.error, how))
        case Handles():
            return trial.run(ways.FewHandles(trouble.more))
        case LargeFiles():
            return trial.run(ways.LargeFilesRefused(trouble.size))
        case Clock():
            return trial.run(ways.ClockJumps(Random(trouble.seed)))
        case SmallDisk():
            return _on_disk(trial, trouble)


def _on_disk(trial: Trial, how: SmallDisk) -> Ended:
    root = trial.device.root
    places = {"root": root, "state": root / STATE, "bucket": trial.world.bucket}
    with moved_to_a_disk(places[how.place]) as disk:
        if how.read_only:
            disk.forbid_writing()
        else:
            disk.leave(room=how.room, names=how.names)
        return trial.run(ways.Sound(), disk.mend)


def counted(name: str, folder: Path) -> Ended:
    """A sync in which nothing fails, with how many calls of each kind it makes."""
    ended = Trial(scenario(name), folder).run(Faults(str(folder), None))
    shutil.rmtree(folder)
    return ended


def faults(counts: dict[str, int]) -> Iterator[Trouble]:
    """Every call with every error that it may give; and every mood from every call on."""
    for kind, errors in ERRORS.items():
        for nth in range(1, counts.get(kind, 0) + 1):
            for error in errors:
                yield Fault(error, (kind,), nth)
                if kind not in {"base", "look", "list", "open", "lock"} and error == "EIO":
                    yield Fault(error, (kind,), nth, late=True)
    for error, kinds in MOODS.values():
        for nth in range(1, sum(counts.get(kind, 0) for kind in kinds) + 1):
            yield Fault(error, tuple(kinds), nth, lasting=True)


_SYSTEM = {
    "CREATE": ("ENOSPC", "EACCES", "EIO"),
    "WRITE": ("ENOSPC", "EDQUOT", "EIO"),
    "TRUNCATE": ("EIO",),
    "RENAME": ("ENOSPC", "EACCES", "EIO"),
    "LINK": ("ENOSPC", "EIO"),
    "UNLINK": ("EACCES", "EIO"),
    "MKDIR": ("ENOSPC", "EIO"),
    "RMDIR": ("EIO",),
    "SYNC": ("EIO", "ENOSPC"),
    "TIMES": ("EIO",),
    "MODE": ("EPERM", "EIO"),
}


def below(counts: dict[str, int]) -> Iterator[Trouble]:
    """The same as far as the disk is changed, seen below everything."""
    for kind, errors in _SYSTEM.items():
        for nth in range(1, counts.get(kind, 0) + 1):
            for error in errors:
                yield Below(error, (kind,), nth)
    every = tuple(kind.name for kind in Kind)
    for nth in range(1, sum(counts.values()) + 1):
        for error in ("ENOSPC", "EROFS", "EIO"):
            yield Below(error, every, nth, lasting=True)


def disks() -> Iterator[Trouble]:
    """Real disks that are small, and other bounds of a process."""
    for place in ("root", "state", "bucket"):
        yield SmallDisk(place, read_only=True)
        for pages in (*range(0, 40, 3), *range(40, 400, 20)):
            yield SmallDisk(place, room=pages * 4096)
        for names in range(20):
            yield SmallDisk(place, names=names)


def bounds() -> Iterator[Trouble]:
    yield from (Handles(more) for more in range(1, 30))
    yield from (
        LargeFiles(size) for size in (0, 5, 100, 4096, 10_000, *range(30_000, 700_000, 45_000))
    )
    yield from (Clock(seed) for seed in range(5))
