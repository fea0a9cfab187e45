"""Plans that look like a disaster: too many deletions, or a side that is suddenly empty."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

FEW = 10
"""A percentage does not stop a plan that deletes no more keys than this."""
_SHOWN = 3


class Allowance(msgspec.Struct, frozen=True):
    """How much one run may delete on a side: a number of keys, or a share of all."""

    count: int | None = None
    percent: float | None = None

    def refuses(self, deletions: int, known: int) -> bool:
        if self.count is not None:
            return deletions > self.count
        share = self.percent if self.percent is not None else 100.0
        return deletions > FEW and deletions * 100 > share * known

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


class Deletions(msgspec.Struct):
    """What a plan deletes on one side."""

    side: str
    count: int = 0
    known: int = 0
    examples: list[str] = msgspec.field(default_factory=list)

    def add(self, key: str) -> None:
        self.count += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(key)


def too_many(found: Sequence[Deletions], allowed: Allowance) -> list[str]:
    """A sentence for each side on which the plan deletes more than is allowed."""
    return [
        f"{one.count} of {one.known} files would be deleted {one.side}"
        f" ({_listed(one.examples, one.count)}), and max_delete is {allowed}"
        for one in found
        if allowed.refuses(one.count, one.known)
    ]


class Emptied(msgspec.Struct, frozen=True):
    """A root or a folder that holds nothing, though it did when both sides agreed."""

    place: str
    known: int

    def __str__(self) -> str:
        files = "file was" if self.known == 1 else "files were"
        return f"{self.place} is empty, and {self.known} {files} known there"


def _listed(examples: Sequence[str], count: int) -> str:
    more = f" and {count - len(examples)} more" if count > len(examples) else ""
    return ", ".join(examples) + more
