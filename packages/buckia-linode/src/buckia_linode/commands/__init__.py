"""`buckia linode ...`: what the API does for an account, and the settings of buckets as in S3."""

from __future__ import annotations

import click

from buckia_linode.commands import buckets, figures, keys, settings


def add(cli: click.Group) -> None:
    """Add our commands to those of the provider."""
    for group in (keys.group(), buckets.group()):
        cli.add_command(group)
    for made in (buckets.access(), buckets.url(), figures.transfer(), figures.quotas()):
        cli.add_command(made)
    settings.add(cli)
