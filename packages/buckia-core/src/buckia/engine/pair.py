"""The two sides of one run, opened, and the settings by which they are brought in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from buckia.engine.limits import Limits
from buckia.engine.side import Side
from buckia.events import Tell
from buckia.merging.rules import RowRules
from buckia.model import Direction
from buckia.plan.guards import Allowance
from buckia.protocols import Probes, ability
from buckia.reconcile import Rules
from buckia.scope import Scope, narrowed
from buckia.state.folder import PairFolder, PairId, StateFolder


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What one run works on."""

    name: str
    id: PairId
    left: Side
    right: Side
    scope: Scope
    limits: Limits
    tell: Tell
    state: StateFolder
    folder: PairFolder
    missing: Sequence[str] = ()
    """Roots that do not exist."""
    make: Callable[[str], None]
    """Creates the folder of a root."""
    is_empty: Callable[[str], bool]
    """Whether a root's folder holds nothing at all but what is ours."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one run goes about it."""

    rules: Rules = Rules()
    algorithm: str = "sha256"
    workers: int = 8
    """Threads, each with a transfer, a deletion or a proof of its own."""
    at_once: int = 8
    """Small transfers under way, which share one thread."""
    allowance: Allowance = Allowance(percent=25.0)
    row_rules: RowRules = RowRules()
    """Who wins where both sides changed a row of a database."""
    trash_days: int = 30
    dry_run: bool = False
    force: bool = False
    max_transfer: int | None = None
    """Bytes after which no further transfer is begun."""
    max_duration: float | None = None
    """Seconds after which no further transfer is begun."""
    tidies: bool = True
    """Whether versions that are too old go in the end; a run that goes on another's leaves them."""


def probe(pair: Pair) -> None:
    """Before the bucket is written to: let it find out what its endpoint honours."""
    probing = ability(pair.right.mount("").storage, Probes)
    if probing is not None:
        folder = pair.right.mount("").inside(writable(pair.scope.folders))
        pair.limits.call(lambda: probing.probe(folder))


def writable(folders: Sequence[str]) -> str:
    """Where objects of our own may lie for a moment: in the first of the synced folders."""
    return folders[0] if folders else ""


def rules_by_origin(scope: Scope, rules: Rules) -> Mapping[str, Rules | None]:
    """The rules of each root and mapping; None where its direction leaves nothing to do."""
    found: dict[str, Rules | None] = {}
    for place in (*scope.roots, *scope.mapped.values()):
        direction = narrowed(rules.direction, place.direction)
        found[place.origin] = _directed(rules, direction)
    return found


def _directed(rules: Rules, direction: Direction | None) -> Rules | None:
    return None if direction is None else msgspec.structs.replace(rules, direction=direction)
