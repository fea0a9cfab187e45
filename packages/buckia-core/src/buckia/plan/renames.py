"""Finding renames: a key that is gone on a side, and a new one there with the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from buckia import digests
from buckia.model import SideName
from buckia.plan.actions import DELETIONS, RENAMES, TRANSFERS, Action
from buckia.reconcile import Deed, Verdict

_RESTORES = {Deed.TO_LEFT: SideName.LEFT, Deed.TO_RIGHT: SideName.RIGHT}


class Gone(msgspec.Struct, frozen=True):
    """A key that one side lost while the other kept it."""

    action: Action
    loser: SideName
    """The side that lost it; the other still has the bytes."""


class Match(msgspec.Struct, frozen=True):
    """A new key and the lost one whose bytes it has."""

    new: Action
    gone: Gone

    @property
    def is_rename(self) -> bool:
        """False where deletions do not travel: then the old key comes back beside the new one."""
        return self.gone.action.deed in DELETIONS


def gone(action: Action) -> Gone | None:
    """Whether an action speaks of a key that one side lost and the other kept."""
    case, deed = action.case, action.deed
    if case.base is None or action.verdict.conflict:
        return None
    if deed in DELETIONS:
        return Gone(action, DELETIONS[deed].other) if not action.verdict.keep else None
    loser = _RESTORES.get(deed)
    if loser is not None and case.side(loser) is None:
        return Gone(action, loser)
    return None


def is_new(action: Action) -> SideName | None:
    """The side on which an action's key is new, while the other never had it."""
    case = action.case
    if case.base is not None or action.deed not in TRANSFERS or action.verdict.conflict:
        return None
    source = TRANSFERS[action.deed].other
    return source if case.side(source.other) is None else None


class Losses:
    """The lost keys of a plan, by side and size."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._by_size: dict[tuple[SideName, int], list[Gone]] = {}
        for action in actions:
            found = gone(action)
            if found is not None:
                assert action.case.base is not None
                place = (found.loser, action.case.base.size)
                self._by_size.setdefault(place, []).append(found)

    def __bool__(self) -> bool:
        return bool(self._by_size)

    def could_match(self, new: Action, side: SideName) -> bool:
        """Whether it is worth knowing the digest of a new key."""
        entry = new.case.side(side)
        return entry is not None and (side, entry.size) in self._by_size

    def match(self, new: Action, side: SideName) -> Match | None:
        """The lost key with the bytes of the new one; it is matched only once.

        Among several with these bytes it is one of the same name in another folder, if there is
        one, or else the first.
        """
        entry = new.case.side(side)
        assert entry is not None
        candidates = self._by_size.get((side, entry.size), [])
        equal = [
            one
            for one in candidates
            if _holds(one, entry.digests) and not _nested(one.action.key, new.key)
        ]
        if not equal:
            return None
        name = new.key.rpartition("/")[2]
        chosen = next((one for one in equal if one.action.key.rpartition("/")[2] == name), equal[0])
        candidates.remove(chosen)
        return Match(new, chosen)


def _holds(lost: Gone, known: Mapping[str, str]) -> bool:
    assert lost.action.case.base is not None
    return digests.agree(digests.unpack(lost.action.case.base.digests), known) is True


def rewritten(match: Match) -> Iterator[Action]:
    """What takes the place of the two actions of a match."""
    lost, new = match.gone.action, match.new
    keeper = match.gone.loser.other
    if match.is_rename:
        verdict = Verdict(RENAMES[keeper], f"was {lost.key}")
        yield Action(new.case, verdict, source=lost.case, first=lost.first)
        return
    # The old key stays on both sides, so each side copies within itself what it already has.
    if keeper is SideName.RIGHT or lost.case.origin == new.case.origin:
        new = msgspec.structs.replace(new, twin=lost.case.side(keeper))
    yield new
    if match.gone.loser is SideName.RIGHT or lost.case.origin == new.case.origin:
        lost = msgspec.structs.replace(lost, twin=new.case.side(match.gone.loser))
    yield lost


def _nested(one: str, other: str) -> bool:
    """Whether one key is a folder of the other: no store of folders can rename a file into that."""
    return one.startswith(other + "/") or other.startswith(one + "/")
