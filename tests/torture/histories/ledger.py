"""Who wrote what and is owed it: every version that nobody knowingly gave up must be found.

A version is owed from the moment at which somebody wrote it. It is given up by whoever writes
over it, deletes it or renames it away in a place where it stood before his eyes. Versions that a
sync moves about stay owed, wherever they are. The ledger knows no sync: it only hears what users
and strangers do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Held = Mapping[str, bytes]
Debt = tuple[str, bytes]
COPY = ".conflict-"


class Ledger:
    """Versions by the key under which they were written."""

    def __init__(self) -> None:
        self.owed: set[Debt] = set()
        self._known: set[Debt] = set()

    def user(self, before: Held, after: Held) -> None:
        """Somebody turned what one folder showed into something else."""
        self._give_up(_lost(before, after))
        self._owe(_lost(after, before))

    def stranger(self, before: Held, after: Held) -> None:
        """The same in the bucket; what stood under this key once is no new version there.

        It may be what some device agreed on with the bucket, which needs not be kept for anybody.
        """
        self._give_up(_lost(before, after))
        self._owe(one for one in _lost(after, before) if one not in self._known)

    def hear(self, held: Held) -> None:
        """That these stood under these keys somewhere."""
        self._known.update(held.items())

    def missing(self, found: Collection[bytes]) -> set[Debt]:
        return {debt for debt in self.owed if debt[1] not in found}

    def write_off(self, debts: Iterable[Debt]) -> None:
        """No sync took these: a disaster did, or their time in the trash was over."""
        self.owed.difference_update(list(debts))

    def _give_up(self, lost: Iterable[Debt]) -> None:
        for key, data in lost:
            if COPY in key:
                # Whoever does away with a conflict copy does away with what it is a copy of.
                self.owed = {debt for debt in self.owed if debt[1] != data}
            self.owed.discard((key, data))

    def _owe(self, written: Iterable[Debt]) -> None:
        found = list(written)
        self.owed.update(found)
        self._known.update(found)


def _lost(before: Held, after: Held) -> list[Debt]:
    return [(key, data) for key, data in before.items() if after.get(key) != data]
