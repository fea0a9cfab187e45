"""`buckia app update-demo`."""

from __future__ import annotations

import click

from buckia.cli.amounts import several
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.output import Output
from buckia.cli.parameters import bucket_option
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.cli.signals import stoppable
from buckia.results import DemoUpdate


@command(
    "update-demo",
    examples=[("buckia app update-demo", "what the demo team changed comes in")],
)
@bucket_option
@click.pass_obj
def update_demo(session: Session, bucket: str | None) -> int:
    """Bring what the demo team changed into the user's database and folder.

    Rows of the user are never touched, and neither are files of the user; which rows are the
    demo's says `demo.rows`. The next sync takes what came in to the bucket.
    """
    config = session.one(bucket)
    session.load_hooks()
    with (
        session.opened(config) as opened,
        stoppable(session, opened.client.interrupt),
    ):
        result = opened.client.app_update_demo()
    _show(session.output, result)
    session.document.whole(
        {
            "bucket": result.name,
            "inserted": result.inserted,
            "updated": result.updated,
            "deleted": result.deleted,
            "left_rows": result.left_rows,
            "cloned": result.cloned,
            "left_files": result.left_files,
            "kept": result.kept,
        }
    )
    return ExitCode.DONE


def _show(output: Output, result: DemoUpdate) -> None:
    rows = (result.inserted, result.updated, result.deleted)
    if not (any(rows) or result.cloned):
        output.say(f"{shown(result.name)} has all that the demo has.")
    else:
        new, changed, gone = rows
        files = several(len(result.cloned), "file")
        output.say(f"Rows of the demo: {new} new, {changed} changed, {gone} removed; {files}.")
        output.say("The next `buckia sync` takes it to the bucket.")
    if result.kept is not None:
        output.say(f"The database as it was: {shown(output.terminal.near(result.kept))}")
    for row in result.left_rows:
        output.say(f"    {shown(row)}: gone from the demo, and needed by a row of the user's")
    for key in result.left_files:
        output.say(f"    {shown(key)}: the user has a file of this name, which stays")
