"""`buckia status`."""

from __future__ import annotations

from typing import Any

import click

from buckia.cli.codes import ExitCode, worst
from buckia.cli.command import command
from buckia.cli.commands.sync import show
from buckia.cli.parameters import buckets_argument
from buckia.cli.runs import Outcome, blank_result, each, result_item
from buckia.cli.session import Opened, Session
from buckia.cli.signals import Interrupts
from buckia.cli.wishes import given, planning
from buckia.results import SyncResult


@command(
    "status",
    many=True,
    examples=[
        ("buckia status", "all buckets of the file"),
        ("buckia status --exit-code -q", "for scripts: 1 when something differs"),
        ("buckia status assets --direction push", "what a sync of that kind would do"),
        ("buckia status --json", "the plan for other programs"),
    ],
)
@buckets_argument
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something differs.")
@planning
@click.pass_obj
def status(session: Session, /, buckets: tuple[str, ...], exit_code: bool, **options: Any) -> int:
    """Show what a sync would do, and do nothing, not even to the state.

    Without BUCKET, all buckets of the file.
    """
    configs = session.chosen(buckets)
    wishes = given(session, options)
    session.load_hooks()

    def work(bucket: Opened, _interrupts: Interrupts) -> Outcome:
        if wishes is None:
            session.output.tell("No keys are named, so there is nothing to compare.")
            result = SyncResult(name=bucket.config.name, dry_run=True)
        else:
            result = bucket.client.status(**wishes)
        show(session, result)
        codes = [result.exit_code]
        if exit_code and differs(result):
            codes.append(ExitCode.FAILED)
        return Outcome(worst(codes), result_item(result))

    return each(session, configs, work, blank=blank_result(dry_run=True))


def differs(result: SyncResult) -> bool:
    """Whether there is more to do than to write down what both sides agree on."""
    return bool(result.conflicts) or any(step.action != "adopt" for step in result.actions)
