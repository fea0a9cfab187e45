"""`buckia app reset`."""

from __future__ import annotations

import click

from buckia.cli.amounts import several
from buckia.cli.command import command
from buckia.cli.output import Output
from buckia.cli.parameters import bucket_option
from buckia.cli.runs import result_item
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.cli.signals import stoppable
from buckia.cli.summaries import show_failures, show_summary
from buckia.model import SideName
from buckia.results import AppReset

_NAMED = 10
"""Versions of others that are named."""


@command(
    "reset",
    examples=[("buckia app reset", "the user's content becomes that of the demo")],
)
@bucket_option
@click.pass_obj
def reset(session: Session, bucket: str | None) -> int:
    """Begin anew with the demo's content, here and in the bucket.

    What the user had goes to the trash, also what other devices have written meanwhile. An app may
    have the database open. What was cut off is finished by the next reset or sync.
    """
    config = session.one(bucket)
    session.load_hooks(strict=True)
    with (
        session.opened(config) as opened,
        stoppable(session, opened.client.interrupt),
    ):
        result = opened.client.app_reset()
    _show(session.output, result, named=len(session.file.buckets) > 1)
    session.document.whole(
        {
            "bucket": result.name,
            "folder": result.folder,
            "began": result.began,
            "kept": [
                {"path": one.path, "side": _SIDES[one.side], "file": one.file}
                for one in result.kept
            ],
            "sent": {**result_item(result.sent), "actions": result.sent.actions},
        }
    )
    return result.exit_code


_SIDES = {SideName.LEFT: "local", SideName.RIGHT: "remote"}


def _show(output: Output, result: AppReset, *, named: bool) -> None:
    show_summary(output, result.sent)
    show_failures(output, result.sent)
    if result.exit_code:
        output.say("Here all is the demo's now; the bucket follows with the next `buckia sync`.")
    else:
        output.say(f"{shown(result.name)} has the demo's content now.")
    ours = [one for one in result.kept if one.side is SideName.LEFT]
    theirs = [one for one in result.kept if one.side is SideName.RIGHT]
    if theirs:
        output.say(f"Written by others meanwhile, and in the trash ({len(theirs)}):")
        for one in theirs[:_NAMED]:
            output.say(f"    {shown(one.path)}: {shown(output.terminal.near(one.file))}")
        if len(theirs) > _NAMED:
            output.say(f"    and {len(theirs) - _NAMED} more: buckia restore --list")
    if ours:
        which = f" --bucket {shown(result.name)}" if named else ""
        folder = shown(result.folder or "/")
        output.say(f"{several(len(ours), 'file')} went to the trash. To bring all of them back:")
        output.say(f"    buckia restore {folder} --before {result.began.isoformat()}{which}")
