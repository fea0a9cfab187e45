"""Sorted streams cut into slices of the same key range, to be compared block by block.

A generator step per key would cost more than all the rest of an unchanged sync; a step per block
costs nothing, and equal blocks are compared as whole lists.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import lt
from typing import Any, Generic, TypeVar

import msgspec

from buckia.errors import Corrupted

T = TypeVar("T")


class Block(msgspec.Struct, Generic[T]):
    """A run of a sorted stream. Keys are apart from items: a side may know an item otherwise."""

    keys: Sequence[str]
    items: Sequence[T]
    marked: bool = False
    """Some items are no plain entries: they say why there is none, or name several."""

    def part(self, start: int, end: int) -> Block[T]:
        if start == 0 and end == len(self.keys):
            return self
        return Block(self.keys[start:end], self.items[start:end], self.marked)


class _Stream(Generic[T]):
    """One input: its current block, how far it is used up, and whether more will come."""

    def __init__(self, blocks: Iterator[Block[T]], name: str) -> None:
        self._blocks = blocks
        self._name = name
        self._last = ""
        self._started = False
        self.block: Block[T] = Block([], [])
        self.at = 0
        self.ended = False

    def fill(self) -> None:
        while not self.ended and self.at >= len(self.block.keys):
            following = next(self._blocks, None)
            if following is None:
                self.ended = True
                self.block, self.at = Block([], []), 0
                return
            if following.keys:
                self._check(following.keys)
                self.block, self.at = following, 0

    def _check(self, keys: Sequence[str]) -> None:
        """An unsorted listing would be read as deletions, so it is an error, whoever sent it."""
        ordered = all(map(lt, keys, keys[1:])) and (not self._started or self._last < keys[0])
        if not ordered:
            raise Corrupted(
                f"the listing of {self._name} is out of order or names a key twice",
                hint="nothing was changed; try again, and report it if it stays",
            )
        self._last, self._started = keys[-1], True

    def take(self, horizon: str | None) -> Block[T]:
        keys = self.block.keys
        end = len(keys) if horizon is None else bisect_right(keys, horizon, self.at)
        part = self.block.part(self.at, end)
        self.at = end
        return part


def align(*streams: tuple[str, Iterator[Block[Any]]]) -> Iterator[list[Block[Any]]]:
    """Slices of all streams, each over one range of keys, in order; each stream has a name.

    A slice never splits what belongs together: an item's key is in exactly one slice, and every
    stream's item of that key is in the same one.
    """
    inputs = [_Stream(blocks, name) for name, blocks in streams]
    while True:
        for each in inputs:
            each.fill()
        ends = [each.block.keys[-1] for each in inputs if not each.ended]
        if not ends:
            return
        horizon = min(ends)
        yield [each.take(horizon) for each in inputs]
