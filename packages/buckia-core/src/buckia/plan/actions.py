"""What a plan consists of, and how its lines are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from buckia.diff import Case
from buckia.model import BasicEntry, SideName
from buckia.reconcile import Deed, Verdict
from buckia.results import Step


class Action(msgspec.Struct, frozen=True):
    """One thing to do: what was seen of the key, and what is to become of it."""

    case: Case
    verdict: Verdict
    source: Case | None = None
    """For a rename, the old key, whose bytes get this action's key."""
    twin: BasicEntry | None = None
    """An object on the receiving side with the same bytes, to be copied instead of transferred."""
    copy: str = ""
    """The key of the conflict copy, where one is made."""
    first: bool = False
    """A deletion or a rename that frees a name which another action needs."""
    carried: bool = False
    """A rename whose bytes travel, because the side cannot do it by itself."""

    @property
    def key(self) -> str:
        return self.case.key

    @property
    def deed(self) -> Deed:
        return self.verdict.deed


WORDS: Mapping[Deed, str] = {
    Deed.TO_RIGHT: "upload",
    Deed.TO_LEFT: "download",
    Deed.DELETE_RIGHT: "delete_remote",
    Deed.DELETE_LEFT: "delete_local",
    Deed.RENAME_RIGHT: "rename_remote",
    Deed.RENAME_LEFT: "rename_local",
    Deed.ADOPT: "adopt",
    Deed.KEEP_BOTH: "conflict",
    Deed.MERGE: "conflict",
    Deed.MAKE_WAY: "conflict",
    Deed.ASK: "conflict",
    Deed.FORGET: "conflict",
}
"""The words of the command line and of JSON; other deeds are no lines of a plan, and a row that
is forgotten is one only where a person must hear of it."""

DELETIONS: Mapping[Deed, SideName] = {
    Deed.DELETE_LEFT: SideName.LEFT,
    Deed.DELETE_RIGHT: SideName.RIGHT,
}
WRITES_RIGHT = frozenset(
    {
        *(Deed.TO_RIGHT, Deed.DELETE_RIGHT, Deed.RENAME_RIGHT),
        *(Deed.KEEP_BOTH, Deed.MERGE, Deed.MAKE_WAY, Deed.ASK),
    }
)
"""Deeds by which the right side may be changed."""
TRANSFERS: Mapping[Deed, SideName] = {
    Deed.TO_LEFT: SideName.LEFT,
    Deed.TO_RIGHT: SideName.RIGHT,
}
"""Deeds that bring bytes to a side."""
COUNTS = ("uploaded", "downloaded", "deleted_local", "deleted_remote", "renamed")
"""The counts of a result that actions add to."""
_COUNTED: Mapping[Deed, Sequence[str]] = {
    Deed.TO_RIGHT: ("uploaded",),
    Deed.TO_LEFT: ("downloaded",),
    Deed.DELETE_RIGHT: ("deleted_remote",),
    Deed.DELETE_LEFT: ("deleted_local",),
    Deed.RENAME_RIGHT: ("renamed",),
    Deed.RENAME_LEFT: ("renamed",),
    Deed.KEEP_BOTH: ("uploaded", "downloaded"),
    Deed.MERGE: ("uploaded", "downloaded"),
}
RENAMES: Mapping[SideName, Deed] = {
    SideName.LEFT: Deed.RENAME_LEFT,
    SideName.RIGHT: Deed.RENAME_RIGHT,
}


def word(action: Action) -> str:
    return "conflict" if action.verdict.conflict else WORDS[action.deed]


def step(action: Action) -> Step:
    return Step(path=action.key, action=word(action), reason=_reason(action))


def _reason(action: Action) -> str:
    reason = action.verdict.reason
    if action.source is not None:
        return f"was {action.source.key}"
    if action.copy:
        return f"{reason}, as {action.copy}"
    if action.twin is not None:
        return f"{reason}, copied from {action.twin.key}"
    return reason


def foretold(actions: Iterable[Action]) -> dict[str, int]:
    """How a result will count these actions if all goes well."""
    counts = dict.fromkeys(COUNTS, 0)
    for action in actions:
        for field in _COUNTED.get(action.deed, ()):
            counts[field] += 1
    return counts


def keeper(action: Action) -> SideName | None:
    """The side whose object gets another name; None where the action is no rename."""
    return next((side for side, deed in RENAMES.items() if deed is action.deed), None)


def moved(action: Action) -> tuple[int, int]:
    """The bytes that an action will send up and bring down, as far as the plan can say."""
    case = action.case
    left = case.left.size if case.left is not None else 0
    right = case.right.size if case.right is not None else 0
    if action.twin is not None:
        return 0, 0
    if action.deed is Deed.TO_RIGHT or (action.carried and action.deed is Deed.RENAME_RIGHT):
        return left, 0
    if action.deed is Deed.TO_LEFT or (action.carried and action.deed is Deed.RENAME_LEFT):
        return 0, right
    if action.deed in {Deed.KEEP_BOTH, Deed.MERGE}:
        return left, right
    return 0, 0
