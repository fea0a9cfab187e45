"""`buckia s3 ...`: settings of a bucket and of its objects, each looked at, planned and then set.

A provider that is built on this one calls `add` for a group of its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from buckia_s3.admin import KINDS, Setting
from buckia_s3.commands import objects, settings
from buckia_s3.commands.asking import Reaching, Way, usually


def add(
    cli: click.Group,
    kinds: Sequence[type[Setting[Any]]] = KINDS,
    *,
    reaching: Reaching = usually,
) -> None:
    """Add commands for these settings, and for the metadata of objects, to those of a provider.

    The group has the provider's name. `reaching` finds the bucket, its options and where it is.
    """
    way = Way(cli.name or "", reaching)
    for kind in kinds:
        cli.add_command(settings.group(way, kind))
    cli.add_command(objects.group(way))


__all__ = ["Reaching", "add"]
