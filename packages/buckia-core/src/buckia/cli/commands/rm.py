"""`buckia rm`."""

from __future__ import annotations

from typing import Any

import click

from buckia.cli.codes import ExitCode, worst
from buckia.cli.command import command
from buckia.cli.document import error_object
from buckia.cli.parameters import KEY, bucket_option
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.cli.trouble import report
from buckia.errors import BuckiaError, ConfigError


@command(
    "rm",
    examples=[
        ("buckia rm images/a.png", "a copy is kept in the trash"),
        ("buckia restore images/a.png", "and comes back from there"),
    ],
)
@click.argument("keys", nargs=-1, required=True, type=KEY, metavar="KEY...")
@bucket_option
@click.pass_obj
def rm(session: Session, keys: tuple[str, ...], bucket: str | None) -> int:
    """Delete files in a bucket, each after a copy of it came into the trash here.

    The local folder is not touched: what the next sync makes of it depends on the settings.
    """
    for key in keys:
        if key.endswith("/"):
            raise ConfigError(f'"{key}" is a folder', hint="rm deletes single files, by their keys")
    config = session.one(bucket)
    session.load_hooks()
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    codes = [int(ExitCode.DONE)]
    with session.opened(config) as opened:
        for key in dict.fromkeys(keys):
            try:
                kept = opened.client.delete_file(key)
            except BuckiaError as error:
                codes.append(report(session.output, error))
                failed.append({"path": key, "error": error_object(error)})
                continue
            deleted.append({"path": key, "kept": kept})
            where = f", kept in {shown(session.terminal.near(kept))}" if kept is not None else ""
            session.output.say(f"deleted {shown(key)}{where}")
    session.document.whole({"bucket": config.name, "deleted": deleted, "failed": failed})
    return worst(codes)
