"""Rows of the base column by column, since most are compared in passing and never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from buckia.model import Agreed


class Columns(Sequence[Agreed]):
    """As good as a list of rows; a row is made when it is asked for."""

    __slots__ = ("_digests", "_sizes", "_unpacked", "keys", "lefts", "origins", "rights")

    def __init__(
        self,
        keys: Sequence[str],
        versions: tuple[Sequence[str], Sequence[str]],
        sizes: Sequence[int],
        digests: tuple[Sequence[str], Callable[[str], str]],
        origins: Sequence[str],
    ) -> None:
        """`versions` are those of the left side and of the right.

        With the `digests`, in whichever form, comes what makes the usual one of each.
        """
        self.keys = keys
        self.lefts, self.rights = versions
        self._sizes = sizes
        self._digests, self._unpacked = digests
        self.origins = origins

    @classmethod
    def of(cls, rows: Sequence[Agreed]) -> Columns:
        """Those of rows that are there already."""
        if isinstance(rows, Columns):
            return rows
        return cls(
            [row.key for row in rows],
            ([row.left for row in rows], [row.right for row in rows]),
            [row.size for row in rows],
            ([row.digests for row in rows], str),
            [row.origin for row in rows],
        )

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Agreed]:
        digests = map(self._unpacked, self._digests)
        return map(Agreed, self.keys, self.lefts, self.rights, self._sizes, digests, self.origins)

    @overload
    def __getitem__(self, at: int) -> Agreed: ...
    @overload
    def __getitem__(self, at: slice) -> Columns: ...
    def __getitem__(self, at: int | slice) -> Agreed | Columns:
        if isinstance(at, slice):
            return Columns(
                self.keys[at],
                (self.lefts[at], self.rights[at]),
                self._sizes[at],
                (self._digests[at], self._unpacked),
                self.origins[at],
            )
        return Agreed(
            self.keys[at],
            self.lefts[at],
            self.rights[at],
            self._sizes[at],
            self._unpacked(self._digests[at]),
            self.origins[at],
        )
