"""`buckia app diff`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from buckia.cli.amounts import several
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError

if TYPE_CHECKING:
    from buckia.inbound.changes import Change


@command(
    "diff",
    examples=[
        ("buckia app diff App.sqlite Edited.sqlite", "shows the change file"),
        ("buckia app diff App.sqlite Edited.sqlite --out inbound/", "puts it into a folder"),
    ],
)
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@click.option(
    "--out",
    metavar="FOLDER",
    help="Write the file into this folder, under the name that it has to have.",
)
@click.option(
    "--database",
    metavar="NAME",
    help="The name of the database that the changes are for, if it is not that of OLD.",
)
@click.pass_obj
def diff(session: Session, old: str, new: str, out: str | None, database: str | None) -> int:
    """Make the change file that turns the database OLD into NEW.

    Whoever receives it through `inbound` gets those rows of NEW that are not as in OLD. Both files
    are only read, and the changes are tried on a copy before they are given out.
    """
    from buckia.inbound.changes import DEFAULT_LIMITS
    from buckia.inbound.differing import differences

    before, after = (_database(session, path) for path in (old, new))
    found = differences(before, after, DEFAULT_LIMITS)
    name = database or before.name
    if not found:
        session.output.say(f"{shown(old)} and {shown(new)} hold the same rows.")
        session.document.whole({"changes": 0, "path": None, "file": None})
    elif out is not None:
        _write(session, session.terminal.path(out), found, name)
    else:
        _show(session, found, name)
    return ExitCode.DONE


def _database(session: Session, given: str) -> Path:
    path = session.terminal.path(given)
    if not path.is_file():
        raise ConfigError(f"{given}: there is no such file", hint="diff compares two databases")
    return path


def _write(session: Session, folder: Path, found: tuple[Change, ...], database: str) -> None:
    from buckia.inbound.writing import write_changes

    path = write_changes(folder, found, database, datetime.now(UTC))
    near = shown(session.terminal.near(path))
    session.output.say(f"{several(len(found), 'change')} in {near}")
    session.document.whole({"changes": len(found), "path": path, "file": None})


def _show(session: Session, found: tuple[Change, ...], database: str) -> None:
    from buckia.inbound.writing import written

    _, content = written(found, database, datetime.now(UTC))
    session.output.verbatim(content.decode().rstrip("\n"))
    file: Any = msgspec.json.decode(content)
    session.document.whole({"changes": len(found), "path": None, "file": file})
