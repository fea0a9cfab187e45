"""One way in which there is no connection: a sync meanwhile, calm runs behind it, a judgement."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tests.s3.servers.certificate import issue
from tests.torture.session import Failed
from tests.torture.wire.doors import CLOSED, Door, Scheme, door
from tests.torture.wire.judge import calm, judged
from tests.torture.wire.line import Line
from tests.torture.wire.place import Place, Stand, Trust
from tests.torture.wire.scenes import busy, prepare, settled
from tests.torture.wire.yard import GONE

UNKNOWN = "a name that nobody knows"
SCHEMES: tuple[Scheme, ...] = ("http", "https")


class Knock(msgspec.Struct, frozen=True, order=True):
    ground: str
    how: str
    scheme: Scheme
    often: bool

    @property
    def command(self) -> str:
        how = " --often" if self.often else ""
        words = f"--ground '{self.ground}' --door '{self.how}' --scheme {self.scheme}{how}"
        return f"{sys.executable} -m tests.torture.wire.one {words}"


def knocks(ground: str) -> list[Knock]:
    """All that there is, for one ground."""
    found = [Knock(ground, UNKNOWN, "https", often) for often in (False, True)]
    for how, closed in CLOSED.items():
        for scheme in closed.schemes:
            found += [
                Knock(ground, how, scheme, often)
                for often in (False, True)
                if often or not closed.only_often
            ]
    return found


def knock(stand: Stand, one: Knock, seed: int) -> str:
    """Play it; how the sync ended."""
    # A fresh place at the same server may sweep away what others have there.
    stand.leave()
    try:
        if one.how == UNKNOWN:
            return _unknown(stand, one, seed)
        return _shut(stand, one, seed)
    except (AssertionError, ExceptionGroup) as error:
        told = f"{one.how} | {one.scheme} | {'often' if one.often else 'once'} | {one.ground}"
        raise Failed(f"{told}: {error}\nplay it again: {one.command} --seed {seed}") from error


def _unknown(stand: Stand, one: Knock, seed: int) -> str:
    """The first question for the name goes unanswered, or each."""
    certificate = issue(stand.folder)
    wired = stand.wired
    with Line(wired.upstream, wired.judging, certificate, seed=seed) as line:
        trust = Trust(certificate, f"https://{GONE}:{line.port}")
        place = Place(stand.folder, wired, line, stand.yard, trust)
        settled(place)
        busy(place)
        ended = place.run(hurries=True, knows_host_after=-1 if one.often else 1)
        judged(place, ended)
        assert ended.code == (4 if one.often else 0), ended.said
        prepare(place)
        calm(place)
    return f"exit code {ended.code}"


def _shut(stand: Stand, one: Knock, seed: int) -> str:
    with _place(stand, one.scheme, seed) as (place, entrance):
        settled(place)
        busy(place)
        with CLOSED[one.how].shut(entrance, one.often):
            ended = place.run(hurries=True)
        judged(place, ended)
        if one.often:
            assert ended.code == 4, f"there was no connection, and it ended {ended.code}"
        prepare(place)
        calm(place)
    return f"exit code {ended.code}"


@contextmanager
def _place(stand: Stand, scheme: Scheme, seed: int) -> Iterator[tuple[Place, Door]]:
    stand.folder.mkdir(exist_ok=True)
    certificate = issue(stand.folder) if scheme == "https" else None
    wired = stand.wired
    with (
        Line(wired.upstream, wired.judging, certificate, seed=seed) as line,
        door(line, stand.folder) as entrance,
    ):
        trust = Trust(certificate, f"{scheme}://127.0.0.1:{entrance.gate.port}")
        yield Place(stand.folder, wired, line, stand.yard, trust), entrance
