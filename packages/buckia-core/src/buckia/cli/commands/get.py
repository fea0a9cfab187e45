"""`buckia get`."""

from __future__ import annotations

import click

from buckia.cli.amounts import size
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.entries import entry_item
from buckia.cli.parameters import KEY, bucket_option
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError


@command(
    "get",
    examples=[
        ("buckia get images/a.png", "to a.png in this folder"),
        ("buckia get images/a.png b.png --force", "over a file that is there already"),
    ],
)
@click.argument("key", type=KEY)
@click.argument("file", required=False, type=click.Path())
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@bucket_option
@click.pass_obj
def get(session: Session, key: str, file: str | None, force: bool, bucket: str | None) -> int:
    """Fetch one file from a bucket, and check that it came whole.

    FILE is where it goes, a folder or a file's name; without it, the last part of KEY here.
    """
    if key.endswith("/"):
        raise ConfigError(f'"{key}" is a folder', hint="get fetches one file; sync fetches many")
    name = key.rpartition("/")[2]
    target = session.terminal.path(file or name)
    if target.is_dir():
        target /= name
    config = session.one(bucket)
    session.load_hooks()
    with session.opened(config) as opened:
        entry = opened.client.download_file(key, target, force=force)
    session.output.say(
        f"{shown(key)} -> {shown(session.terminal.near(target))} ({size(entry.size)})"
    )
    session.document.whole({"bucket": config.name, "path": target, "file": entry_item(entry)})
    return ExitCode.DONE
