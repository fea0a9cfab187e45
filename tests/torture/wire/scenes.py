"""What has to be changed where, so that the next sync makes a request of a certain kind.

Scenes follow one another at the same place, each under names of its own. Before each of them both
sides agree on its files of before, which `prepare` has written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from tests.torture.wire.breaking import CutsAnswer
from tests.torture.wire.line import Due
from tests.torture.wire.place import Place
from tests.torture.wire.saying import Says
from tests.torture.wire.yard import TINY

Scene = Callable[[Place], None]
STAYS = tuple(f"stay/{number}.txt" for number in range(4))
"""Keys that nobody ever touches."""


def text(name: str) -> bytes:
    """Long enough to be cut, and unlike all others."""
    return f"{name}, and a few more words so that there is something to be lost. ".encode() * 5


def large(name: str) -> bytes:
    return text(name) + bytes(2 * TINY + 1000)


def settled(place: Place) -> None:
    """Both sides agree on what is never touched, and on what the first scene needs."""
    for key in STAYS:
        place.write(key, text(key))
    prepare(place)
    ended = place.run()
    assert ended.code == 0, ended.said


def prepare(place: Place) -> None:
    """What the next scene finds when it begins; it has to be synced before."""
    place.round += 1
    for name in ("both.txt", "d/delete.txt", "gone.txt", "old.txt"):
        place.write(place.name(name), text(place.name(name)))


def busy(place: Place) -> None:
    """Files are new, changed, renamed and deleted on both sides."""
    for name in ("put.txt", "d/more.txt"):
        place.write(place.name(name), text(place.name(name)))
    for name in ("get.txt", "e/get.txt"):
        place.put(place.name(name), text(place.name(name)))
    place.delete(place.name("d/delete.txt"))
    place.remove(place.name("gone.txt"))
    place.rename(place.name("old.txt"), place.name("new.txt"))
    both = place.name("both.txt")
    place.write(both, text(f"{both}, here"))
    # What both sides had was given up already.
    place.ground.put(both, text(f"{both}, there"))
    place.at_stake.add(text(f"{both}, there"))


def with_large(place: Place) -> None:
    """The same, and a new file that is large enough to go in parts."""
    busy(place)
    _write_large(place)


def _write_large(place: Place, more: str = "") -> None:
    place.write(place.name("large.bin"), large(place.name("large.bin") + more))


def with_large_renamed(place: Place) -> None:
    """A large file gets another name; a copy of it is made in parts."""
    _write_large(place)
    _known_anew(place)
    place.rename(place.name("large.bin"), place.name("larger.bin"))


def cut_off(place: Place) -> None:
    """A large file is half-way there, and still wanted."""
    _write_large(place)
    _failing(place, Due(Says(503), "complete", often=True))


def changed_mind(place: Place) -> None:
    """A large file is half-way there, and is another one by now."""
    cut_off(place)
    _write_large(place, ", changed")


def unanswered(place: Place) -> None:
    """A large file was begun, and nobody has heard the name of the upload."""
    _write_large(place)
    _failing(place, Due(CutsAnswer(), "create", often=True))


def _failing(place: Place, due: Due) -> None:
    place.line.harm([due])
    ended = place.run()
    assert ended.code in (1, 4), ended.said


def unknown(place: Place) -> None:
    """It was forgotten what the endpoint honours."""
    _forget(place)
    busy(place)


def known(place: Place) -> None:
    """All is as it was, and it is known what the endpoint honours."""
    place.write(place.name("small"), text(place.name("small")))
    _known_anew(place)


def _known_anew(place: Place) -> None:
    """In peace: an endpoint that was asked amid other harm may pass for one that has nothing."""
    _forget(place)
    ended = place.run()
    assert ended.code == 0, ended.said


def _forget(place: Place) -> None:
    shutil.rmtree(place.root / ".buckia.state/notes", ignore_errors=True)


SCENES: Mapping[str, Scene] = {
    "create": with_large,
    "part": with_large,
    "complete": with_large,
    "part copy": with_large_renamed,
    "parts": cut_off,
    "abort": changed_mind,
    "uploads": unanswered,
    "probe": unknown,
    "delete many": known,
}
"""By the kinds of requests for which `busy` is not the scene."""


def scene(kind: str) -> Scene:
    return SCENES.get(kind, busy)
