"""`buckia url`."""

from __future__ import annotations

from datetime import timedelta

import click

from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.parameters import DURATION, KEY, bucket_option
from buckia.cli.session import Session


@command(
    "url",
    examples=[
        ("buckia url images/a.png", "the address that everybody may use"),
        ("buckia url images/a.png --expires 1h", "one that works for an hour"),
    ],
)
@click.argument("key", type=KEY)
@click.option(
    "--expires", type=DURATION, metavar="TIME", help="A signed address that works for so long."
)
@bucket_option
@click.pass_obj
def url(session: Session, key: str, expires: float | None, bucket: str | None) -> int:
    """Print the address of a file in a bucket, for a browser or another program."""
    config = session.one(bucket)
    session.load_hooks()
    wish = timedelta(seconds=expires) if expires is not None else None
    with session.opened(config) as opened:
        found = opened.client.get_public_url(key, expires=wish)
    if session.flags.json:
        # A signed address may hold the name of a key, without which it would not work.
        session.document.verbatim({"bucket": config.name, "key": key, "url": found})
    else:
        session.output.verbatim(found)
    return ExitCode.DONE
