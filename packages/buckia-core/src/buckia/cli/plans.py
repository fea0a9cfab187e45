"""A plan as a person reads it: grouped by what would happen, each line with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from buckia.cli.amounts import duration, number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import padded, shown, width
from buckia.cli.summaries import skipped_lines
from buckia.cli.telling import STYLES
from buckia.results import Step, SyncResult

LISTED = 100
"""Lines of one group; -v shows all, and JSON too."""
WIDEST = 48
"""Columns of the names, beyond which the reasons are no longer in one line."""

TITLES = {
    "upload": "To upload",
    "download": "To download",
    "delete_local": "To delete here",
    "delete_remote": "To delete in the bucket",
    "rename_local": "To rename here",
    "rename_remote": "To rename in the bucket",
    "conflict": "Conflicts",
    "adopt": "Equal on both sides, to be recorded",
}
"""The groups, in their order; an unknown kind of action gets a group of its own behind them."""


class Group(msgspec.Struct):
    """What is shown of one kind of action."""

    steps: list[Step] = msgspec.field(default_factory=list)
    count: int = 0


def show_plan(output: Output, result: SyncResult) -> None:
    """Show what a sync would do."""
    if output.flags.verbose:
        _show_all(output, result)
        return
    groups = grouped(result.actions)
    differences = sum(group.count for action, group in groups.items() if action != "adopt")
    _headline(output, result, differences)
    for action in sorted(groups, key=_rank):
        _show_group(output, action, groups[action], result)
    _show_rest(output, result)


def grouped(actions: Iterable[Step]) -> dict[str, Group]:
    """The actions by kind; of each as many as are shown, and how many there are."""
    groups: dict[str, Group] = {}
    for step in actions:
        group = groups.setdefault(step.action, Group())
        group.count += 1
        if len(group.steps) < LISTED:
            group.steps.append(step)
    return groups


def _rank(action: str) -> int:
    order = list(TITLES)
    return order.index(action) if action in order else len(order)


def _headline(output: Output, result: SyncResult, differences: int) -> None:
    name = output.styled(shown(result.name), "bold")
    if differences:
        doing = several(differences, "action")
        output.say(f"{name}: a sync would do {doing}, {_same(result)}")
    else:
        output.say(f"{name}: nothing to do, {_same(result)}")


def _same(result: SyncResult) -> str:
    return f"{several(result.unchanged, 'file')} unchanged ({duration(result.seconds)})"


def _show_group(
    output: Output,
    action: str,
    group: Group,
    result: SyncResult,
) -> None:
    title = TITLES.get(action, action)
    amount = {"upload": result.bytes_up, "download": result.bytes_down}.get(action)
    counted = number(group.count) + (f", {size(amount)}" if amount else "")
    output.say()
    if action == "adopt":
        # Nothing is transferred for them, and at a first sync they are thousands.
        output.say(f"{title} ({counted})")
        return
    output.say(f"{title} ({counted}):")
    lines = [(step.path, step.reason) for step in group.steps]
    for line in columns(lines, output, STYLES.get(action, "dim")):
        output.say(line)
    if group.count > len(group.steps):
        output.say(f"    ... and {number(group.count - len(group.steps))} more; -v shows all")


def columns(lines: Sequence[tuple[str, str]], output: Output, style: str) -> list[str]:
    """Names and reasons below each other."""
    names = [shown(name) for name, _ in lines]
    column = min(max(map(width, names), default=0), WIDEST)
    return [
        f"    {output.styled(padded(name, column), style)}  {shown(reason)}".rstrip()
        for name, (_, reason) in zip(names, lines, strict=True)
    ]


def _show_all(output: Output, result: SyncResult) -> None:
    """A line for every action as it comes, however many there are."""
    differences = 0
    for step in result.actions:
        differences += step.action != "adopt"
        action = output.styled(f"{step.action:<13}", STYLES.get(step.action, "dim"))
        output.say(f"{action}  {shown(step.path)}  ({shown(step.reason)})")
    _headline(output, result, differences)
    _show_rest(output, result)


def _show_rest(output: Output, result: SyncResult) -> None:
    lines = skipped_lines(output, result)
    if lines:
        output.say()
    for line in lines:
        output.say(line)
