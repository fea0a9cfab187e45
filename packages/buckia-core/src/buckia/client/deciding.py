"""Which conflicts a person can decide, and for which version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from buckia.engine.pair import Pair
from buckia.engine.run import question
from buckia.errors import ConfigError
from buckia.model import Direction, Policy
from buckia.plan.actions import Action
from buckia.reconcile import EDIT_WINS, ELSEWHERE
from buckia.results import Question
from buckia.scope import narrowed

KEEP = {"local": Policy.LOCAL_WINS, "remote": Policy.REMOTE_WINS, "both": Policy.KEEP_BOTH}


def questions(actions: Iterable[Action]) -> Iterator[Question]:
    """The conflicts of a plan; through which root a key comes nobody can choose."""
    for action in actions:
        if action.verdict.conflict not in {"", ELSEWHERE}:
            yield question(action)


def policy(keep: str) -> Policy:
    if keep not in KEEP:
        raise ConfigError(f"keep is one of {', '.join(KEEP)}, not {keep!r}")
    return KEEP[keep]


def insist_on_version(found: Iterable[Question], path: str, keep: str) -> None:
    """There has to be a conflict about the key, and the version to be kept."""
    one = next((one for one in found if one.path == path), None)
    if one is None:
        raise ConfigError(
            f"{path} is not in conflict", hint="see `buckia conflicts` for those that are"
        )
    gone = {"local": one.left is None, "remote": one.right is None}
    if one.resolution == EDIT_WINS and gone.get(keep):
        side, other = ("here", "remote") if keep == "local" else ("in the bucket", "local")
        raise ConfigError(
            f"{path} was deleted {side}: there is only the other version to keep",
            hint=f"--keep {other}; delete it afterwards if nobody needs it",
        )


def insist_on_both_ways(pair: Pair, direction: Direction, path: str, keep: str) -> None:
    """Where keys go one way only there is nothing to decide."""
    place = pair.scope.home(path)
    flows = narrowed(direction, place.direction) if place is not None else direction
    wins = {Direction.PUSH: "local", Direction.PULL: "remote"}.get(flows or direction, keep)
    if wins != keep:
        side = "here" if wins == "local" else "in the bucket"
        raise ConfigError(
            f"{path} goes one way only ({flows}): the version {side} always wins",
            hint=f"--keep {wins}, or set `direction: both`",
        )
