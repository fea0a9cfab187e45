"""Syncs of random trees while one request in five meets some harm or other."""

from __future__ import annotations

import sys
from random import Random

import msgspec

from tests.torture.session import Failed
from tests.torture.wire.asked import Kind
from tests.torture.wire.faults import FAULTS
from tests.torture.wire.judge import calm, judged
from tests.torture.wire.line import Due, Talk
from tests.torture.wire.place import Place, Stand
from tests.torture.wire.scenes import large, settled, text

SHARE = 0.2
PATIENCE = 240.0
"""Seconds for a run in a storm; each fault that has to be waited for takes its part of them."""
_WAITING = 0.1
"""How often a fault is one of those that take a client's patience."""
_NAMES = ("a", "b", "c/d", "c/e", "f", "g/h/i", "g/h/j")
_LIES_EVERY = 4


class Weather(msgspec.Struct, frozen=True):
    """Any fault for any request, as chance has it."""

    ground: str
    kinds: tuple[Kind, ...]
    chance: Random
    lies: bool

    def __call__(self, talk: Talk) -> None:
        kind = next((one for one in self.kinds if one.name == talk.asked.kind), Kind("other"))
        is_slow = self.chance.random() < _WAITING
        fitting = [
            fault
            for fault in FAULTS.values()
            if not fault.hindrance(self.ground, kind)
            and fault.waits is is_slow
            and (self.lies or not fault.lies_to(self.ground, kind.name))
            and not fault.heavy
        ]
        self.chance.choice(fitting).harm(talk)


def storm(stand: Stand, seed: int, *, rounds: int = 3) -> list[str]:
    """Play some rounds of edits and stormy syncs, and settle; how each of the syncs ended."""
    chance = Random(seed)
    lies = seed % _LIES_EVERY == 0
    weather = Weather(stand.wired.name, stand.wired.kinds, chance, lies)
    ended: list[str] = []
    try:
        with stand.place(seed=seed) as place:
            settled(place)
            for number in range(rounds):
                _edited(place, chance, number)
                place.line.harm([Due(weather, often=True, chance=SHARE)])
                run = place.run(patience=PATIENCE)
                judged(place, run, lies=lies)
                ended.append(f"exit code {run.code}")
            place.line.harm([])
            calm(place, lies=lies)
    except (AssertionError, ExceptionGroup) as error:
        command = (
            f"{sys.executable} -m tests.torture.wire.one --ground '{stand.wired.name}' --storm"
        )
        raise Failed(
            f"storm | {stand.wired.name}: {error}\nplay it again: {command} --seed {seed}"
        ) from error
    return ended


def _edited(place: Place, chance: Random, number: int) -> None:
    """Some edits here and some there, each of a file that the other side leaves alone."""
    names = list(_NAMES)
    chance.shuffle(names)
    for at, name in enumerate(names[:5]):
        content = text(f"{name} {number} {chance.random()}")
        there = place.ground.objects()
        if at % 2 == 0:
            _here(place, chance, name, content)
        elif name in there and chance.random() < 0.3:
            _given_up(place, name)
            place.remove(name)
        else:
            _given_up(place, name)
            place.put(name, content)
    if chance.random() < 0.3:
        place.write("large.bin", large(f"large {number} {chance.random()}"))


def _here(place: Place, chance: Random, name: str, content: bytes) -> None:
    path = place.root / name
    if path.exists() and chance.random() < 0.3:
        place.delete(name)
    elif path.exists() and chance.random() < 0.3:
        place.rename(name, f"{name}.{len(place.files())}")
    else:
        place.write(name, content)


def _given_up(place: Place, name: str) -> None:
    """Whoever writes over what is there has seen it."""
    found = place.ground.objects().get(name)
    if found is not None:
        place.give_up(found)
