"""`buckia put`."""

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
    "put",
    examples=[
        ("buckia put a.png", "to the key a.png"),
        ("buckia put a.png images/", "to the key images/a.png"),
        ("buckia put a.png images/b.png --force", "over one that is there already"),
    ],
)
@click.argument("file", type=click.Path())
@click.argument("key", required=False, type=KEY)
@click.option("--force", is_flag=True, help="Replace what has this key already.")
@bucket_option
@click.pass_obj
def put(session: Session, file: str, key: str | None, force: bool, bucket: str | None) -> int:
    """Send one file to a bucket, and check that it arrived whole.

    KEY is its name there; one that ends with a slash gets the file's name behind it.
    """
    source = session.terminal.path(file)
    if not source.is_file():
        raise ConfigError(f"{file}: there is no such file", hint="put sends one file, no folder")
    target = source.name if key is None else key + source.name if key.endswith("/") else key
    config = session.one(bucket)
    session.load_hooks()
    with session.opened(config) as opened:
        entry = opened.client.upload_file(source, target, force=force)
    session.output.say(f"{shown(file)} -> {shown(target)} ({size(entry.size)})")
    session.document.whole({"bucket": config.name, "path": source, "file": entry_item(entry)})
    return ExitCode.DONE
