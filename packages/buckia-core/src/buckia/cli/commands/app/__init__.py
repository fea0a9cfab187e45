"""`buckia app`: each of its commands is a module of this package."""

from __future__ import annotations

import click

from buckia.cli.commands.app.diff import diff
from buckia.cli.commands.app.reset import reset
from buckia.cli.commands.app.update_demo import update_demo

app = click.Group(
    "app",
    commands=[diff, reset, update_demo],
    help="""Work with the database of an app.

    An app may have it open all the time: whatever is written goes through SQLite.
    """,
)
