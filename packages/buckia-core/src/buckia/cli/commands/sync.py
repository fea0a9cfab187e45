"""`buckia sync`."""

from __future__ import annotations

from typing import Any

import click

from buckia.cli.asking import Asking
from buckia.cli.command import command
from buckia.cli.parameters import buckets_argument
from buckia.cli.plans import show_plan
from buckia.cli.runs import Outcome, blank_result, each, result_item
from buckia.cli.session import Opened, Session
from buckia.cli.signals import Interrupts
from buckia.cli.summaries import show_failures, show_summary
from buckia.cli.wishes import doing, given, planning
from buckia.results import SyncResult


@command(
    "sync",
    many=True,
    examples=[
        ("buckia sync", "all buckets of the file"),
        ("buckia sync assets --dry-run", "only show what it would do"),
        ("buckia sync --paths images/ a.txt", "only a folder and a file"),
        ("buckia sync --direction push", "only to the bucket"),
    ],
)
@buckets_argument
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@planning
@doing
@click.pass_obj
def sync(session: Session, /, buckets: tuple[str, ...], dry_run: bool, **options: Any) -> int:
    """Bring folders and buckets in step, as the .buckia file says.

    What changed on one side since the last time goes to the other. What changed on both is a
    conflict, and the version that gives way is kept. Without BUCKET, all buckets of the file.
    """
    configs = session.chosen(buckets)
    wishes = given(session, options)
    session.load_hooks(strict=True)

    def work(bucket: Opened, interrupts: Interrupts) -> Outcome:
        if wishes is None:
            session.output.tell("No keys are named, so there is nothing to do.")
            result = SyncResult(name=bucket.config.name, dry_run=dry_run)
        else:
            asking = Asking(session, bucket, interrupts) if session.terminal.interactive else None
            result = bucket.client.sync(dry_run=dry_run, on_conflict=asking, **wishes)
        show(session, result)
        return Outcome(result.exit_code, result_item(result))

    return each(session, configs, work, blank=blank_result(dry_run))


def show(session: Session, result: SyncResult) -> None:
    """What was done, or would be."""
    if session.flags.json or session.flags.quiet:
        pass
    elif result.dry_run:
        show_plan(session.output, result)
    else:
        show_summary(session.output, result)
    show_failures(session.output, result)
