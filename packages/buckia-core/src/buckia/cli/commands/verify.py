"""`buckia verify`."""

from __future__ import annotations

import click

from buckia.cli.amounts import duration, several, size
from buckia.cli.command import command
from buckia.cli.output import Output
from buckia.cli.parameters import buckets_argument
from buckia.cli.plans import columns
from buckia.cli.runs import Outcome, each
from buckia.cli.session import Opened, Session
from buckia.cli.shown import shown
from buckia.cli.signals import Interrupts
from buckia.results import Verified


@command(
    "verify",
    many=True,
    examples=[
        ("buckia verify", "read and compare every byte"),
        ("buckia verify --fast assets", "compare checksums only, without reading the bucket"),
    ],
)
@buckets_argument
@click.option("--fast", is_flag=True, help="Trust the checksums that are stored in the bucket.")
@click.pass_obj
def verify(session: Session, buckets: tuple[str, ...], fast: bool) -> int:
    """Compare the bytes of both sides, and change nothing.

    Exits with 1 when they differ. Without BUCKET, all buckets of the file.
    """
    configs = session.chosen(buckets)
    session.load_hooks()

    def work(bucket: Opened, _interrupts: Interrupts) -> Outcome:
        verified = bucket.client.verify(fast=fast)
        _show(session.output, verified)
        item = {name: getattr(verified, name) for name in verified.__struct_fields__}
        return Outcome(verified.exit_code, item)

    return each(session, configs, work)


def _show(output: Output, verified: Verified) -> None:
    equal = several(verified.equal, "file is", "files are") + " equal"
    read = f"{size(verified.bytes_read)} read in {duration(verified.seconds)}"
    differing = ""
    if verified.differing:
        count = several(len(verified.differing), "is not", "are not")
        differing = ", " + output.styled(count, "red bold")
    name = output.styled(shown(verified.name), "bold")
    output.say(f"{name}: {equal}{differing} ({read})")
    lines = [(one.path, one.reason) for one in verified.differing]
    for line in columns(lines, output, "red"):
        output.answer(line)
    if verified.skipped:
        output.say(f"Skipped ({len(verified.skipped)}):")
        for line in columns([(one.path, one.reason) for one in verified.skipped], output, "dim"):
            output.say(line)
