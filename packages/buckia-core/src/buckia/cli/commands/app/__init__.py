"""`buckia app`: each of its commands is a module of this package."""

from __future__ import annotations

import click

from buckia.cli.commands.app.diff import diff

app = click.Group(
    "app",
    commands=[diff],
    help="""Work with the database of an app.

    Nothing here writes to a database that an app may have open.
    """,
)
