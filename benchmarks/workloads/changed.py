"""A few of many files changed, some here and some there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from benchmarks.attempts import Attempt, Attempts, Sync, same
from benchmarks.contenders.contender import Contender
from benchmarks.desk import Desk
from benchmarks.measured import run
from benchmarks.trees import Tree, digests

_EVERY = 100


class Changed(Sync):
    """One of a hundred on each side, never the same."""

    def __init__(self, letter: str, title: str, tree: Tree) -> None:
        self.letter, self.title = letter, title
        self._tree = tree

    def begin(self, desk: Desk) -> None:
        self._desk = desk
        self._rounds = count(1)

    def enter(self, contender: Contender) -> Attempts | None:
        desk = self._desk
        folder, bucket, home = desk.tree(self._tree), desk.bucket(), desk.folder()
        desk.rest()
        begun = contender.both(folder, bucket, home)
        if begun is None:
            return None
        run(begun)

        def attempt() -> Attempt:
            number = next(self._rounds)
            names = sorted(desk.scaled(self._tree).names())
            here, there = names[::_EVERY], names[_EVERY // 2 :: _EVERY]
            desk.rest()
            bucket.put(_edits(there, number))
            desk.rest()
            for name, data in _edits(here, number):
                (folder / name).write_bytes(data)
            wanted = {**digests(folder), **_of(bucket.digests(), there)}
            command = contender.both(folder, bucket, home)
            assert command is not None

            def check() -> None:
                same(bucket.digests(), wanted)
                same(digests(folder), wanted)

            return Attempt(command, check)

        return attempt


def _of(digests: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: digests[name] for name in names}


def _edits(names: Iterable[str], number: int) -> Iterator[tuple[str, bytes]]:
    """What each of them holds now; no longer and no shorter than others of the same round."""
    for name in names:
        yield name, f"{name} as it is in round {number}".encode()
