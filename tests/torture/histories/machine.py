"""A history that Hypothesis makes up as it goes, and makes short where something is wrong."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.histories.edits import EVERY_RULES, Edit
from tests.histories.oracle import ASK, BOTH, Rules
from tests.torture.histories.buckets import QUICK
from tests.torture.histories.play import Play, played
from tests.torture.histories.scopes import SCOPES
from tests.torture.histories.shorter import Found
from tests.torture.histories.weather import FAULTS
from tests.torture.histories.words import (
    PLAN,
    Clock,
    Disaster,
    Kill,
    Meanwhile,
    Resolve,
    Restore,
    Setting,
    Settle,
    Step,
    Stranger,
    Sync,
    Trouble,
    User,
)

T = TypeVar("T")
NAMES = ("a", "b.txt", "d/x", "d/e/z", "d", "c.tar.gz")
"""Few, so that the same is met again; one is the folder of others."""
AGREED = ("a", "b.txt", "d/x", "d/e/z", "e.txt")
ACTS = (
    *("write", "write", "write", "overwrite", "append", "touch", "sneak", "delete", "delete"),
    *("rename", "rename", "move_folder", "copy", "file_to_folder", "folder_to_file"),
)
DEVICES = st.integers(0, 3)
NTH = st.integers(0, 7)
KEYS = st.sampled_from(NAMES)
DAY = 24 * 3600
STRANGE = ("put", "put", "drop", "copy", "rewrite")
EDITS = st.builds(
    Edit,
    place=st.just(""),
    act=st.sampled_from(ACTS),
    key=KEYS,
    nth=NTH,
    times=st.sampled_from((1, 1, 1, 3, 0)),
    at=st.sampled_from((7, 1000, 5000, 20_000_000_000)),
    anew=st.booleans(),
)
USERS = st.builds(User, device=DEVICES, edit=EDITS, second=st.sampled_from((False, False, True)))
STRANGERS = st.builds(
    Stranger,
    act=st.sampled_from(STRANGE),
    key=KEYS,
    nth=NTH,
    times=st.sampled_from((1, 1, 3, 0)),
)
RULES = st.sampled_from(
    [*EVERY_RULES, *(one for one in EVERY_RULES if one.direction == BOTH and one.delete_orphaned)]
)
RESTING = st.sampled_from(
    [one for one in EVERY_RULES if one.direction == BOTH and one.policy != ASK]
)
MOMENTS = st.integers(PLAN, 12)


def syncs(*days: int, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Sync]:
    return st.builds(
        Sync,
        device=DEVICES,
        rules=RULES,
        narrow=st.sampled_from(("", "", "", *SCOPES)),
        trash_days=st.sampled_from((30, 30, 30, 1, *days)),
        force=st.sampled_from((False, False, False, True)),
        **more,
    )


CALM = syncs(0, workers=st.sampled_from((1, 1, 4)))


def meanwhile(deeds: st.SearchStrategy[Step]) -> st.SearchStrategy[tuple[Meanwhile, ...]]:
    one = st.builds(Meanwhile, at=MOMENTS, steps=st.lists(deeds, min_size=1, max_size=3).map(tuple))
    return st.lists(one, min_size=1, max_size=2).map(tuple)


PEOPLE = st.one_of(USERS, STRANGERS)
VISITED = syncs(meanwhile=meanwhile(PEOPLE))
OVERTAKEN = syncs(meanwhile=meanwhile(st.one_of(PEOPLE, syncs(), syncs(), VISITED)))
TROUBLES = st.lists(
    st.builds(
        Trouble,
        kind=st.sampled_from(sorted(FAULTS)),
        nth=st.integers(1, 12),
        times=st.sampled_from((1, 1, 2, 5)),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
TROUBLED = syncs(troubles=TROUBLES, workers=st.sampled_from((1, 4)))
BOTHERED = syncs(troubles=TROUBLES, meanwhile=meanwhile(st.one_of(PEOPLE, syncs())))
KILLS = st.one_of(
    st.builds(Kill, how=st.sampled_from(("request", "unwind")), nth=st.integers(1, 9)),
    st.builds(Kill, how=st.just("disk"), nth=st.integers(1, 60)),
)
KILLED = syncs(kill=KILLS, workers=st.sampled_from((1, 4)))
SETTINGS = st.builds(
    Setting,
    ground=st.sampled_from(QUICK),
    devices=st.sampled_from((2, 2, 3, 4)),
    prefix=st.sampled_from(("", "p/q/")),
    overlaid=st.booleans(),
    coarse=st.booleans(),
    agreed=st.sampled_from(((), AGREED, AGREED)),
)
WHATS = ("replaced", "state lost", "base lost", "base damaged", "backup", "base of old")


class Numbers:
    """Gives each text that is written somewhere a number that no other has."""

    def __init__(self) -> None:
        self._next = count(1)

    def put(self, step: T) -> T:
        match step:
            case User():
                edit = msgspec.structs.replace(step.edit, text=self._text())
                return msgspec.structs.replace(step, edit=edit)
            case Stranger():
                return msgspec.structs.replace(step, text=self._text())
            case Sync():
                return msgspec.structs.replace(step, meanwhile=self._within(step.meanwhile))
            case _:
                return step

    def _within(self, all_of_it: Sequence[Meanwhile]) -> tuple[Meanwhile, ...]:
        return tuple(Meanwhile(one.at, tuple(map(self.put, one.steps))) for one in all_of_it)

    def _text(self) -> str:
        return f"v{next(self._next):05d} "


class History(RuleBasedStateMachine):
    """Every rule is a step of `words`, done by `play`; what must hold is asked there."""

    grounds: ClassVar[Sequence[str]] = QUICK
    folder: ClassVar[Path | None] = None
    """Where to work; the system's temporary folder if not given."""
    seen: ClassVar[Counter[tuple[str, str]]] = Counter()
    steps: ClassVar[int] = 0
    failed: ClassVar[list[tuple[Found, str]]] = []
    """The histories that went wrong, in the order in which they did, and what was wrong."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._numbers = Numbers()
        self._wrong = False
        self._play: Play

    @initialize(setting=SETTINGS, ground=st.integers(0, 99))
    def begin(self, setting: Setting, ground: int) -> None:
        setting = msgspec.structs.replace(setting, ground=self.grounds[ground % len(self.grounds)])
        work = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="history-", dir=self.folder)
        )
        self._play = self._stack.enter_context(played(setting, Path(work) / "world"))

    @staticmethod
    def is_over() -> bool:
        """Whether there is no time left for further steps."""
        return False

    def _do(self, step: Step) -> None:
        if self.is_over():
            return
        step = fitted(self._numbers.put(step), self._play.setting.devices)
        type(self).steps += 1
        try:
            self._play.do(step)
        except BaseException as error:
            self._wrong = True
            found = Found(self._play.setting, tuple(self._play.told))
            self.failed.append((found, f"{type(error).__name__}: {error}"))
            error.add_note(str(found))
            raise

    @rule(steps=st.lists(USERS, min_size=1, max_size=4))
    def users_edit(self, steps: list[User]) -> None:
        for step in steps:
            self._do(step)

    @rule(step=STRANGERS)
    def a_stranger_comes(self, step: Stranger) -> None:
        self._do(step)

    @rule(step=CALM)
    def a_device_syncs(self, step: Sync) -> None:
        self._do(step)

    @rule(step=VISITED)
    def a_device_syncs_while_people_edit(self, step: Sync) -> None:
        self._do(step)

    @rule(step=OVERTAKEN)
    def devices_overtake_each_other(self, step: Sync) -> None:
        self._do(step)

    @rule(step=st.one_of(TROUBLED, BOTHERED))
    def a_device_syncs_through_trouble(self, step: Sync) -> None:
        self._do(step)

    @rule(step=KILLED)
    def a_sync_is_killed(self, step: Sync) -> None:
        self._do(step)

    @rule(step=st.builds(Restore, device=DEVICES, nth=NTH))
    def a_user_restores(self, step: Restore) -> None:
        self._do(step)

    @rule(
        step=st.builds(
            Resolve, device=DEVICES, keep=st.sampled_from(("local", "remote", "both")), nth=NTH
        )
    )
    def a_user_resolves(self, step: Resolve) -> None:
        self._do(step)

    @rule(step=st.builds(Disaster, device=DEVICES, what=st.sampled_from(WHATS)))
    def disaster_strikes(self, step: Disaster) -> None:
        self._do(step)

    @rule(
        step=st.builds(
            Clock, device=DEVICES, ahead=st.sampled_from((0, 60, -3600, 2 * DAY, 40 * DAY, -DAY))
        )
    )
    def a_clock_is_set(self, step: Clock) -> None:
        self._do(step)

    @rule(step=st.builds(Settle, rules=RESTING))
    def all_come_to_rest(self, step: Settle) -> None:
        self._do(step)

    def teardown(self) -> None:
        try:
            if hasattr(self, "_play"):
                if not self._wrong:
                    self._do(Settle(Rules(delete_orphaned=True)))
                type(self).seen.update(self._play.seen)
        finally:
            self._stack.close()


def fitted(step: T, devices: int) -> T:
    """The step for as many devices as there are."""
    match step:
        case Sync():
            within = tuple(
                Meanwhile(one.at, tuple(fitted(inner, devices) for inner in one.steps))
                for one in step.meanwhile
            )
            return msgspec.structs.replace(step, device=step.device % devices, meanwhile=within)
        case User() | Restore() | Resolve() | Disaster() | Clock():
            return msgspec.structs.replace(step, device=step.device % devices)
        case _:
            return step
