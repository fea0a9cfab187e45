"""`buckia ls`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from buckia.cli.amounts import several, size
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.document import Stream
from buckia.cli.entries import entry_item, entry_time
from buckia.cli.parameters import bucket_option
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.model import BasicEntry


@command(
    "ls",
    examples=[
        ("buckia ls", "all keys of the bucket"),
        ("buckia ls -l images/", "those below images, with size and time"),
        ("buckia ls --bucket assets a", "those that begin with a, of one bucket of several"),
    ],
)
@click.argument("prefix", default="")
@click.option("-l", "--long", is_flag=True, help="Size and time of each, and a total at the end.")
@bucket_option
@click.pass_obj
def ls(session: Session, prefix: str, long: bool, bucket: str | None) -> int:
    """List the files in a bucket whose keys begin with PREFIX.

    Names are shown without control characters; --json has them exactly.
    """
    config = session.one(bucket)
    session.load_hooks()
    with session.opened(config) as opened:
        entries = opened.client.list_files(prefix)
        if session.flags.json:
            files = Stream(entry_item(entry) for entry in entries)
            session.document.whole({"bucket": config.name, "files": files})
        else:
            _show(session, entries, long=long)
    return ExitCode.DONE


def _show(session: Session, entries: Iterator[BasicEntry], *, long: bool) -> None:
    count = total = 0
    for entry in entries:
        if session.output.gone:
            return
        count += 1
        total += entry.size
        if long:
            details = f"{size(entry.size):>10}  {entry_time(entry):<19}  "
            session.output.answer(f"{session.output.styled(details, 'dim')}{shown(entry.key)}")
        else:
            session.output.answer(shown(entry.key))
    if long:
        session.output.tell(f"{several(count, 'file')}, {size(total)}")
