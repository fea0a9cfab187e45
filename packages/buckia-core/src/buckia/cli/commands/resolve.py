"""`buckia resolve`."""

from __future__ import annotations

import click

from buckia.cli.command import command
from buckia.cli.commands.sync import show
from buckia.cli.parameters import KEY, bucket_option
from buckia.cli.runs import Outcome, blank_result, each, result_item
from buckia.cli.session import Opened, Session
from buckia.cli.signals import Interrupts


@command(
    "resolve",
    many=True,
    examples=[
        ("buckia resolve a.txt --keep local", "the version here goes to the bucket"),
        ("buckia resolve a.txt --keep both", "the local one is kept beside the bucket's"),
    ],
)
@click.argument("path", type=KEY)
@click.option(
    "--keep",
    required=True,
    type=click.Choice(["local", "remote", "both"]),
    help="Which version stays; the other one goes to the trash.",
)
@bucket_option
@click.pass_obj
def resolve(session: Session, path: str, keep: str, bucket: str | None) -> int:
    """Decide what becomes of a file that both sides changed.

    PATH is its key, as `buckia conflicts` shows it.
    """
    config = session.one(bucket)
    session.load_hooks(strict=True)

    def work(opened: Opened, _interrupts: Interrupts) -> Outcome:
        result = opened.client.resolve(path, keep)
        show(session, result)
        return Outcome(result.exit_code, result_item(result))

    return each(session, [config], work, blank=blank_result(dry_run=False))
