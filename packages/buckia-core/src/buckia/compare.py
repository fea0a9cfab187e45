"""From three aligned streams to the cases that need a verdict.

Nearly all keys of nearly all runs are as they were: whole blocks are compared as lists, and only
what differs is looked at key by key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from buckia import keys
from buckia.align import Block
from buckia.columns import Columns
from buckia.diff import Case, plain
from buckia.layers import layer_of
from buckia.model import Agreed, Gap, Skipped, Traits
from buckia.protocols import Entry
from buckia.scope import Judgement, Place, Scope

_FEW = 8
ROOMY = Traits()
"""Of a store that holds any key."""


class Located(msgspec.Struct, frozen=True):
    """A key of the left side with every root that has it, in the order of the configuration."""

    found: tuple[tuple[str, Entry], ...]


LeftItem = Entry | Located | Gap | Skipped


class Compared(msgspec.Struct):
    """What one slice came to."""

    unchanged: int = 0
    cases: list[Case] = []
    forgotten: list[str] = []
    """Keys of rows that are no longer in scope; a key may be a case besides, as a new one."""


class Comparison:
    """Walks the slices of one run in order; what it notices on the way is collected here."""

    def __init__(
        self,
        scope: Scope,
        *,
        root: str,
        left_traits: Traits,
        right_traits: Traits = ROOMY,
        right_prefix: str = "",
        pending: Collection[str] = (),
        layers: Collection[str] = (),
    ) -> None:
        """`right_prefix` stands before every key in the right store.

        `layers` are those that its versions name, if they do.
        """
        self._layers = frozenset(layers)
        self._right_traits = right_traits
        self._right_prefix = right_prefix
        self.scope = scope
        self._root = root
        self._left_traits = left_traits
        self._pending = frozenset(pending)
        self._held: list[str] = []
        self._gaps: list[Gap] = []
        self._near: set[str] = set()
        self._near_before: set[str] = set()
        self.skipped: list[Skipped] = []
        self.secrets: set[str] = set()

    @property
    def gaps(self) -> Sequence[Gap]:
        """What could not be seen, or of which nobody can say whether it takes part.

        Where an ignore file could not be read that is all of its folder, known or new.
        """
        seen = {gap.key for gap in self._gaps}
        barred = [
            Gap(folder or ".", why)
            for folder, why in [*self.scope.unreadable.items()]
            if folder not in seen and not self.scope.run.prunes(folder)
        ]
        return [*self._gaps, *barred]

    def slice(self, left: Block[LeftItem], base: Block[Agreed], right: Block[Entry]) -> Compared:
        if self._is_quiet(left, base, right):
            self._near_before = set(left.keys[-_FEW:])
            return Compared(unchanged=len(left.keys))
        result = Compared(cases=[], forgotten=[])
        lefts = dict(zip(left.keys, left.items, strict=True))
        bases = dict(zip(base.keys, base.items, strict=True))
        rights = dict(zip(right.keys, right.items, strict=True))
        self._near = {*self._near_before, *lefts, *rights}
        # A page may end between a database and what lies beside it.
        self._near_before = {*left.keys[-_FEW:], *right.keys[-_FEW:]}
        for key in sorted(lefts.keys() | bases.keys() | rights.keys()):
            here, row, there = lefts.get(key), bases.get(key), rights.get(key)
            if self._is_held(key, here):
                continue
            if self._is_unchanged(key, here, row, there):
                result.unchanged += 1
                continue
            assert not isinstance(here, Gap | Skipped)
            self._look(key, here, row, there, result)
        return result

    def _is_quiet(self, left: Block[LeftItem], base: Block[Agreed], right: Block[Entry]) -> bool:
        """Whether all of a slice is as the base says: the common case, at the speed of lists."""
        if left.marked or self._held or self._pending or not left.keys == base.keys == right.keys:
            return False
        rows = Columns.of(base.items)
        return (
            [item.version for item in left.items] == rows.lefts  # type: ignore[union-attr]  # an unmarked block of one root holds entries
            and [item.version for item in right.items] == rows.rights
            and rows.origins.count(self._root) == len(rows)
        )

    def _is_held(self, key: str, here: LeftItem | None) -> bool:
        """Whether the key, or a folder above it, could not be seen and must be left alone."""
        # All keys below "a" begin with "a", and so do all that sort between it and them.
        while self._held and not key.startswith(self._held[-1]):
            self._held.pop()
        if isinstance(here, Gap):
            self._gaps.append(here)
        elif isinstance(here, Skipped):
            self.skipped.append(here)
        elif not self._held:
            return False
        else:
            return any(key == one or key.startswith(one + "/") for one in self._held)
        self._held.append(key)
        return True

    def _is_unchanged(
        self, key: str, here: LeftItem | None, row: Agreed | None, there: Entry | None
    ) -> bool:
        if row is None or here is None or there is None or there.version != row.right:
            return False
        found = self._candidates(here) if not isinstance(here, Gap | Skipped) else ()
        if len(found) != 1:
            return False
        origin, entry = found[0]
        if (row.origin, row.left) != (origin, entry.version):
            return False
        return key not in self._pending and not self.scope.is_hidden(origin, key)

    def _look(
        self,
        key: str,
        here: Entry | Located | None,
        row: Agreed | None,
        there: Entry | None,
        result: Compared,
    ) -> None:
        # Names of ours and folder markers are nobody's files; a scan of folders never lists them.
        if keys.is_ours(key) or (there is not None and keys.is_marker(key, there.size)):
            return
        if here is None and there is not None and self._is_beside_database(key):
            self.skipped.append(Skipped(key, "such files belong to a database and never travel"))
            return
        if there is not None and (problem := keys.problem(key)):
            self.skipped.append(Skipped(key, problem))
            return
        judgement = self.scope.judge(key)
        if judgement is Judgement.LEAVE or self._is_unknown(key):
            return
        if judgement is not Judgement.TAKE:
            if judgement is Judgement.SECRET:
                self.secrets.add(key)
            self._note_foreign(key, here)
            if row is not None:
                result.forgotten.append(key)
            return
        self._take(key, here, row, there, result)

    def _is_beside_database(self, key: str) -> bool:
        database = keys.database_of(key)
        return database is not None and database in self._near

    def _is_unknown(self, key: str) -> bool:
        """Whether nobody can say if the key takes part, because its ignore file is unreadable."""
        unreadable = self.scope.unreadable
        if not unreadable:
            return False
        return any(folder in unreadable for folder in ("", *keys.folders_above(key)))

    def _note_foreign(self, key: str, here: Entry | Located | None) -> None:
        """Local files outside the synced folders are told of once for each root."""
        if here is None or self.scope.in_folders(key):
            return
        for origin, _ in self._candidates(here):
            self.scope.foreign.setdefault(origin, key)

    def _take(
        self,
        key: str,
        here: Entry | Located | None,
        row: Agreed | None,
        there: Entry | None,
        result: Compared,
    ) -> None:
        if row is not None and not self._counts(row, there):
            result.forgotten.append(key)
            row = None
        found = [one for one in self._candidates(here) if not self.scope.is_hidden(one[0], key)]
        place, entry, elsewhere = self._choose(key, found, row)
        if place is None:
            if there is not None and self._is_path_of_mapped(key):
                self.skipped.append(Skipped(key, "the local file of this path has another key"))
            return
        if entry is None and (why := keys.unheld(key, self._left_traits)):
            self.skipped.append(Skipped(key, why))
            return
        if there is None and (why := keys.unheld(self._right_prefix + key, self._right_traits)):
            self.skipped.append(Skipped(key, f"the bucket cannot hold it: {why}"))
            return
        if row is None and entry is None and there is None:
            return
        result.cases.append(
            Case(
                key=key,
                left=None if entry is None else plain(entry, key),
                right=None if there is None else plain(there, key),
                base=row,
                origin=place.origin,
                elsewhere=elsewhere,
            )
        )

    def _counts(self, row: Agreed, there: Entry | None) -> bool:
        """Not where its root or its layer went out of the configuration: that deletes nothing."""
        if not self.scope.covers(row.origin, row.key):
            return False
        return there is not None or not self._layers or layer_of(row.right) in self._layers

    def _is_path_of_mapped(self, key: str) -> bool:
        return any(self.scope.is_hidden(place.origin, key) for place in self.scope.roots)

    def _candidates(self, here: Entry | Located | None) -> Sequence[tuple[str, Entry]]:
        if here is None:
            return ()
        return here.found if isinstance(here, Located) else ((self._root, here),)

    def _choose(
        self, key: str, found: Sequence[tuple[str, Entry]], row: Agreed | None
    ) -> tuple[Place | None, Entry | None, str]:
        """The root that a key belongs to, its entry there, and another root that has it too."""
        if row is not None:
            own = dict(found).get(row.origin)
            others = [origin for origin, _ in found if origin != row.origin]
            self._tell_shadowed(key, row.origin, others, is_gone=own is None)
            return self.scope.place(row.origin), own, next(iter(others), "")
        if not found:
            return self.scope.home(key), None, ""
        origin, entry = found[0]
        others = [other for other, _ in found[1:]]
        self._tell_shadowed(key, origin, others, is_gone=False)
        return self.scope.place(origin), entry, next(iter(others), "")

    def _tell_shadowed(
        self, key: str, origin: str, others: Iterable[str], *, is_gone: bool
    ) -> None:
        """What has to do with one root's file first says nothing yet of another's."""
        how = "waits, for that in {} is gone" if is_gone else "is shadowed by that in {}"
        for other in others:
            self.skipped.append(Skipped(key, f"the one in {other} {how.format(origin)}"))
