"""`buckia users new`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.parameters import bucket_option
from buckia.cli.recipe import scalar
from buckia.cli.session import Session
from buckia.config import BucketConfig

_PLACE = ("provider", "bucket_name", "domain", "region", "endpoint_url", "prefix")


@command(
    "new",
    examples=[
        ("buckia users new", "makes a folder, and shows its name and how to sync it"),
        ("buckia users new -q --bucket common", "prints the name alone, for scripts"),
    ],
)
@bucket_option
@click.pass_obj
def new(session: Session, bucket: str | None) -> int:
    """Make a folder for a new user, whose name nobody can guess.

    Who knows the name may be let in to the folder, so keep it like a password. It is shown this
    once; logs and messages have only its beginning.
    """
    config = session.one(bucket)
    session.load_hooks()
    with session.opened(config) as opened:
        name = opened.client.new_user()
    session.output.answer(name)
    session.output.say(
        f"\nThe folder is in {config.name}. To sync it alone, a .buckia file says:\n"
    )
    for line in snippet(config, name):
        session.output.say(line)
    session.document.whole({"bucket": config.name, "id": name, "folder": f"{name}/"})
    return ExitCode.DONE


def snippet(config: BucketConfig, name: str) -> Iterator[str]:
    """The bucket with that folder alone; the keys of its provider have to be added."""
    yield f"{scalar(config.name)}:"
    for key in _PLACE:
        if value := getattr(config, key):
            yield f"  {key}: {scalar(value)}"
    yield f"  folders: {scalar([name])}"
