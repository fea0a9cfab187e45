"""`buckia restore`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from buckia.cli.amounts import moment, size
from buckia.cli.codes import ExitCode, worst
from buckia.cli.command import command
from buckia.cli.document import Stream, error_object
from buckia.cli.entries import time_of_ns
from buckia.cli.moments import past
from buckia.cli.parameters import KEY_OR_ALL, bucket_option
from buckia.cli.session import Opened, Session
from buckia.cli.shown import shown
from buckia.cli.trouble import report
from buckia.errors import BuckiaError, ConfigError
from buckia.model import SideName
from buckia.results import Restored
from buckia.state.sidecar import Item

SIDES = {SideName.LEFT: "local", SideName.RIGHT: "remote"}


@command(
    "restore",
    examples=[
        ("buckia restore --list", "all that is in the trash"),
        ("buckia restore --list images/", "what is there of a folder"),
        ("buckia restore a.txt", "the version that was replaced or deleted last"),
        ("buckia restore a.txt --before 2h", "the one that was current two hours ago"),
        ("buckia restore images/ --before 2h", "all of a folder, as it was two hours ago"),
        ("buckia restore / --before 2h", "all of all folders"),
    ],
)
@click.argument("path", required=False, type=KEY_OR_ALL)
@click.option("--list", "listing", is_flag=True, help="Only show which versions there are.")
@click.option(
    "--before",
    metavar="TIME",
    help='The version current at that time: 2026-01-31, "2026-01-31 18:30", 2h, "3 days ago".',
)
@bucket_option
@click.pass_obj
def restore(
    session: Session, path: str | None, listing: bool, before: str | None, bucket: str | None
) -> int:
    """Bring a version of a file back from the trash into the local folder.

    PATH is its key; one that ends with a slash is a folder (a slash alone stands for all of them),
    of which all that was replaced or deleted since --before comes back. What stands there now goes
    to the trash itself, and the next sync takes the restored versions to the bucket.
    """
    since = _moment(session, before)
    if path is None and not listing:
        raise ConfigError("name what to restore", hint="See what there is: buckia restore --list")
    if path is not None and path.endswith("/") and since is None and not listing:
        hint = f"Add a time, such as: buckia restore {path} --before 2h"
        raise ConfigError("a folder is restored as it was at a time", hint=hint)
    config = session.one(bucket)
    session.load_hooks()
    with session.opened(config) as opened:
        if listing or path is None:
            _list(session, opened, path, since)
            return ExitCode.DONE
        keys = [path]
        if path.endswith("/"):
            keys = _keys(opened.client.versions(path), since)
        return _restore(session, opened, keys, since)


def _list(session: Session, opened: Opened, path: str | None, since: datetime | None) -> None:
    versions = _until(opened.client.versions(path), since)
    if session.flags.json:
        found = Stream(map(_item, versions))
        session.document.whole({"bucket": opened.config.name, "versions": found})
    else:
        _show(session, versions)


def _restore(session: Session, opened: Opened, keys: Sequence[str], before: datetime | None) -> int:
    """Bring each key back; one that fails stops no other."""
    restored: list[Restored] = []
    failed: list[dict[str, Any]] = []
    codes = [int(ExitCode.DONE)]
    for key in keys:
        try:
            found = opened.client.restore(key, before=before)
        except BuckiaError as error:
            codes.append(report(session.output, error))
            failed.append({"path": key, "error": error_object(error)})
            continue
        restored.append(found)
        _tell(session, found)
    if not keys:
        session.output.tell("The trash holds no such version.")
    session.document.whole({"bucket": opened.config.name, "restored": restored, "failed": failed})
    return worst(codes)


def _tell(session: Session, restored: Restored) -> None:
    near = session.terminal.near
    file = near(restored.file)
    place = f": {shown(file)}" if file != restored.path else ""
    until = moment(restored.replaced)
    session.output.say(f"{shown(restored.path)} is back as it was until {until}{place}")
    if restored.kept is not None:
        session.output.say(f"    what stood there is kept in {shown(near(restored.kept))}")


def _keys(versions: Iterator[Item], since: datetime | None) -> list[str]:
    """The keys whose files here were replaced or deleted since then."""
    found = (item.key for item in _until(versions, since) if item.side is SideName.LEFT)
    return sorted(set(found))


def _moment(session: Session, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return past(text, session.terminal.now())
    except ValueError as error:
        raise ConfigError(f"--before: {error}") from None


def _until(versions: Iterator[Item], since: datetime | None) -> Iterator[Item]:
    """The versions that were replaced or deleted since then."""
    return (item for item in versions if since is None or item.when >= since)


def _show(session: Session, versions: Iterator[Item]) -> None:
    empty = True
    for item in versions:
        if session.output.gone:
            return
        empty = False
        details = f"{moment(item.when)}  {size(item.size):>10}  {SIDES[item.side]:<6}"
        line = f"{session.output.styled(details, 'dim')}  {shown(item.key)}  ({shown(item.reason)})"
        session.output.answer(line)
    if empty:
        session.output.tell("The trash holds no such version.")


def _item(item: Item) -> dict[str, Any]:
    return {
        "path": item.key,
        "side": SIDES[item.side],
        "reason": item.reason,
        "size": item.size,
        "mtime": time_of_ns(item.mtime_ns),
        "replaced": item.when,
        "file": item.path,
    }
