"""`buckia users`."""

from __future__ import annotations

import click

from buckia.cli.people.move import move
from buckia.cli.people.new import new

users = click.Group(
    "users",
    commands=[new, move],
    help="""Folders of users, each with the name of an ID that nobody can guess.""",
)
