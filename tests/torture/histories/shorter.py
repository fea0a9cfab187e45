"""A history that went wrong, without all that does not matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.torture.histories.play import played
from tests.torture.histories.words import USUAL_DAYS, Meanwhile, Setting, Step, Sync

PATIENCE = 400
"""How many histories are tried."""
LONGEST = 300.0
"""Seconds for all of them; on a real server each may take minutes."""


class Found(NamedTuple):
    """A setting and what happened, step after step."""

    setting: Setting
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        lines = [f"    {self.setting!r},", "    (", *(f"        {one!r}," for one in self.steps)]
        return "\n".join(["Found(", *lines, "    ),", ")"])


def play(found: Found, folder: Path) -> None:
    """Do every step in a fresh world; raises what is wrong."""
    with played(found.setting, folder) as world:
        for step in found.steps:
            world.do(step)


def wrong(found: Found, folder: Path) -> str:
    """What is wrong with it, in words that are the same for the same reason; none: nothing is."""
    try:
        play(found, folder)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__} {' '.join(str(error).split()[:2])}"
    return ""


def shortest(found: Found, folder: Path) -> Found:
    """The shortest one that is wrong in the same way, as far as patience goes."""
    reason = wrong(found, folder)
    if not reason:
        return found
    return _Shortening(found, lambda candidate: wrong(candidate, folder) == reason).done()


class _Shortening:
    def __init__(self, found: Found, fails: Callable[[Found], bool]) -> None:
        self._found = found
        self._fails = fails
        self._tries = 0
        self._end = time.monotonic() + LONGEST

    def done(self) -> Found:
        before = None
        while before != self._found and not self._is_over():
            before = self._found
            for change in _PLAIN:
                self._try(self._found._replace(setting=_with(self._found.setting, change)))
            self._without_steps()
            self._with_simpler_steps()
        return self._found

    def _is_over(self) -> bool:
        return self._tries >= PATIENCE or time.monotonic() > self._end

    def _try(self, candidate: Found) -> bool:
        if candidate == self._found or self._is_over():
            return False
        self._tries += 1
        fails = self._fails(candidate)
        if fails:
            self._found = candidate
        return fails

    def _without_steps(self) -> None:
        size = max(1, len(self._found.steps) // 2)
        while size:
            at = 0
            while at < len(self._found.steps):
                steps = self._found.steps
                if not self._try(self._found._replace(steps=steps[:at] + steps[at + size :])):
                    at += size
            size //= 2

    def _with_simpler_steps(self) -> None:
        for number in range(len(self._found.steps)):
            while any(self._try(one) for one in self._simpler(number)):
                pass

    def _simpler(self, number: int) -> Iterator[Found]:
        steps = self._found.steps
        for step in _simpler(steps[number]):
            yield self._found._replace(steps=(*steps[:number], step, *steps[number + 1 :]))


def _with(setting: Setting, change: Mapping[str, Any]) -> Setting:
    return msgspec.structs.replace(setting, **change)


_PLAIN: Sequence[Mapping[str, Any]] = (
    {"ground": "memory"},
    {"coarse": False},
    {"overlaid": False},
    {"prefix": ""},
    {"agreed": ()},
)
_CALM: Sequence[Mapping[str, Any]] = (
    {"troubles": ()},
    {"narrow": ""},
    {"trash_days": USUAL_DAYS},
    {"force": False},
    {"workers": 1},
)


def _simpler(step: Step) -> Iterator[Step]:
    if not isinstance(step, Sync):
        return
    for change in _CALM:
        simple = msgspec.structs.replace(step, **change)
        if simple != step:
            yield simple
    for number in range(len(step.troubles)):
        others = step.troubles[:number] + step.troubles[number + 1 :]
        yield msgspec.structs.replace(step, troubles=others)
    for number, one in enumerate(step.meanwhile):
        before, behind = step.meanwhile[:number], step.meanwhile[number + 1 :]
        yield msgspec.structs.replace(step, meanwhile=before + behind)
        for less in _fewer(one):
            yield msgspec.structs.replace(step, meanwhile=(*before, less, *behind))


def _fewer(meanwhile: Meanwhile) -> Iterator[Meanwhile]:
    steps = meanwhile.steps
    for number, step in enumerate(steps):
        if len(steps) > 1:
            yield Meanwhile(meanwhile.at, steps[:number] + steps[number + 1 :])
        for simpler in _simpler(step):
            yield Meanwhile(meanwhile.at, (*steps[:number], simpler, *steps[number + 1 :]))
