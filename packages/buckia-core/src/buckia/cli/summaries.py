"""What a run came to, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from buckia.cli.amounts import duration, number, several, size
from buckia.cli.output import Output
from buckia.cli.shown import shown
from buckia.model import Skipped
from buckia.results import LEFT_ALONE, Conflict, Received, SyncResult

LISTED = 10
"""Skipped files that are named without -v."""

DECISIONS = {
    LEFT_ALONE: "waits for a decision",
    "local_wins": "the version here wins",
    "remote_wins": "the bucket's version wins",
    "newest_wins": "the newer version wins",
    "keep_both": "both are kept",
    "merge": "the rows of both are merged",
    "edit_wins": "deleted on one side and changed on the other: the change wins",
    "other_root": "deleted, though another folder has a file of that name",
}


_KEPT = {
    "keep_both": "the copy is",
    "merge": "rows that both changed are in",
    LEFT_ALONE: "rows that both changed are in",
}


def decision(resolution: str) -> str:
    """What becomes of a conflict, in words."""
    return DECISIONS.get(resolution, resolution)


def show_summary(output: Output, result: SyncResult) -> None:
    """What was done, and all that did not go its usual way."""
    name = output.styled(shown(result.name), "bold")
    output.say(f"{name}: {headline(result)} ({duration(result.seconds)})")
    for conflict in result.conflicts:
        label = output.styled("conflict", "yellow bold")
        output.say(f"    {label}  {shown(conflict.path)}: {_outcome(output, conflict)}")
    for line in skipped_lines(output, result):
        output.say(line)
    if result.inbound is not None:
        _show_received(output, result.inbound)


def _show_received(output: Output, received: Received) -> None:
    if received.applied:
        files = several(len(received.applied), "change file")
        output.say(f"    {files} applied to the database")
    if received.ignored:
        output.say(f"No change files ({number(len(received.ignored))}):")
        for line in _named(output, received.ignored):
            output.say(line)


def show_failures(output: Output, result: SyncResult) -> None:
    """What a person has to see also with -q."""
    for failure in result.failed:
        output.fail(f"{result.name}: {shown(failure.path)}: {shown(failure.message)}")
    if result.failed and not result.interrupted:
        files = several(len(result.failed), "file")
        done = "all others were done" if not result.dry_run else "all others could be seen"
        output.tell(f"{files} failed, {done}. Run it again when the cause is gone.")
    if result.inbound is not None:
        _show_unapplied(output, result.name, result.inbound)
    if result.waiting and not result.dry_run:
        waiting = several(len(result.waiting), "conflict waits", "conflicts wait")
        output.fail(
            f"{result.name}: {waiting} for a decision",
            "See: buckia conflicts. Decide: buckia resolve PATH --keep local|remote|both",
        )


def _show_unapplied(output: Output, name: str, received: Received) -> None:
    for one in received.quarantined:
        kept = shown(output.terminal.near(one.kept))
        output.fail(f"{name}: {shown(one.path)} was refused: {shown(one.reason)}", f"Kept: {kept}")
    if received.stopped is not None:
        stopped = received.stopped
        output.fail(f"{name}: {shown(stopped.message)}", shown(stopped.hint))


def headline(result: SyncResult) -> str:
    """`3 uploaded (1.2 MiB), 120 unchanged`."""
    moved = [
        (result.uploaded, "uploaded", result.bytes_up),
        (result.downloaded, "downloaded", result.bytes_down),
    ]
    parts = [
        # Of files that failed the bytes do not count; of a run that was stopped they say how far.
        *(_moved(*one) for one in moved if one[0] or result.interrupted),
        _count(result.deleted_local, "deleted here"),
        _count(result.deleted_remote, "deleted in the bucket"),
        _count(result.renamed, "renamed"),
        _count(result.adopted, "found equal"),
        several(len(result.conflicts), "conflict") if result.conflicts else "",
        _count(len(result.failed), "failed"),
    ]
    said = [part for part in parts if part]
    if not said:
        said = ["interrupted before anything was done" if result.interrupted else "nothing to do"]
    elif result.interrupted:
        said.append("interrupted")
    return ", ".join([*said, f"{number(result.unchanged)} unchanged"])


def skipped_lines(output: Output, result: SyncResult) -> list[str]:
    """What took no part, and why."""
    lines = []
    if result.skipped:
        lines.append(f"Skipped ({number(len(result.skipped))}):")
        lines += _named(output, result.skipped)
    if result.excluded_secrets > 1:
        # A single one is among the skipped by its name.
        files = several(result.excluded_secrets, "file")
        lines.append(f"{files} left out, because their names are those of secrets")
    return lines


def _named(output: Output, skipped: Sequence[Skipped]) -> list[str]:
    listed = skipped if output.flags.verbose else skipped[:LISTED]
    lines = [f"    {output.styled(shown(one.path), 'dim')}: {shown(one.reason)}" for one in listed]
    if len(skipped) > len(listed):
        lines.append(f"    ... and {number(len(skipped) - len(listed))} more; -v shows all")
    return lines


def _outcome(output: Output, conflict: Conflict) -> str:
    said = decision(conflict.resolution)
    if conflict.kept is None:
        return said
    other = _KEPT.get(conflict.resolution, "the other one is kept in")
    return f"{said}; {other} {shown(output.terminal.near(conflict.kept))}"


def _count(count: int, what: str) -> str:
    return f"{number(count)} {what}" if count else ""


def _moved(count: int, what: str, amount: int) -> str:
    return f"{number(count)} {what} ({size(amount)})" if count or amount else ""
