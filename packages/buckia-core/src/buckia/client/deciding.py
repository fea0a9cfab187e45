"""Which conflicts a person can decide, and for which version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from buckia.errors import ConfigError
from buckia.model import Direction, Policy
from buckia.plan.actions import Action
from buckia.reconcile import EDIT_WINS, ELSEWHERE
from buckia.scope import Scope, narrowed

KEEP = {"local": Policy.LOCAL_WINS, "remote": Policy.REMOTE_WINS, "both": Policy.KEEP_BOTH}


def disputed(actions: Iterable[Action]) -> Iterator[Action]:
    """The conflicts of a plan; through which root a key comes nobody can choose."""
    return (action for action in actions if action.verdict.conflict not in {"", ELSEWHERE})


def policy(keep: str) -> Policy:
    if keep not in KEEP:
        raise ConfigError(f"keep is one of {', '.join(KEEP)}, not {keep!r}")
    return KEEP[keep]


def chosen(found: Iterable[Action], path: str, keep: str) -> Action:
    """The conflict about the key, of which that version is there to be kept."""
    one = next((one for one in found if one.key == path), None)
    if one is None:
        raise ConfigError(
            f"{path} is not in conflict", hint="see `buckia conflicts` for those that are"
        )
    gone = {"local": one.case.left is None, "remote": one.case.right is None}
    if one.verdict.conflict == EDIT_WINS and gone.get(keep):
        side, other = ("here", "remote") if keep == "local" else ("in the bucket", "local")
        raise ConfigError(
            f"{path} was deleted {side}: there is only the other version to keep",
            hint=f"--keep {other}; delete it afterwards if nobody needs it",
        )
    return one


def insist_on_both_ways(scope: Scope, direction: Direction, action: Action, keep: str) -> None:
    """Where keys go one way only there is nothing to decide."""
    place = scope.place(action.case.origin)
    flows = narrowed(direction, place.direction) if place is not None else direction
    wins = {Direction.PUSH: "local", Direction.PULL: "remote"}.get(flows or direction, keep)
    if wins != keep:
        side = "here" if wins == "local" else "in the bucket"
        raise ConfigError(
            f"{action.key} goes one way only ({flows}): the version {side} always wins",
            hint=f"--keep {wins}, or set `direction: both`",
        )
