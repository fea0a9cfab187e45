"""`buckia users move`."""

from __future__ import annotations

from contextlib import ExitStack

import click

from buckia import keys
from buckia.cli.amounts import several, size
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.parameters import bucket_names
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.cli.signals import stoppable
from buckia.config import BucketConfig
from buckia.errors import ConfigError
from buckia.results import Relocated


@command(
    "move",
    examples=[
        ("buckia users move ID --to premium", "from whichever bucket of the file holds it"),
        ("buckia users move ID --from common --to premium", "where several do"),
    ],
)
@click.argument("name", metavar="ID")
@click.option(
    "--to",
    "target",
    metavar="BUCKET",
    required=True,
    shell_complete=bucket_names,
    help="The bucket of the file that the folder goes to.",
)
@click.option(
    "--from",
    "source",
    metavar="BUCKET",
    shell_complete=bucket_names,
    help="The bucket that has it; needed when that cannot be found out.",
)
@click.pass_obj
def move(session: Session, name: str, target: str, source: str | None) -> int:
    """Move the folder of a user to another bucket, also while devices write to it.

    All is copied and proven; then the old folder gets a note that stops every sync of it; then
    what was copied is deleted there. A move that was cut off goes on when it is run again.
    """
    if "/" in name.rstrip("/") or keys.problem(name.rstrip("/")):
        raise ConfigError(f'"{name}" is no folder of a user', hint="it is one name, such as an ID")
    name = name.rstrip("/")
    new = _limited(session.file.bucket(target), name)
    session.load_hooks()
    old = _limited(session.file.bucket(source), name) if source else _found(session, name, new)
    with ExitStack() as stack:
        begin, end = (stack.enter_context(session.opened(one)).client for one in (old, new))

        def interrupt() -> None:
            begin.interrupt()
            end.interrupt()

        stack.enter_context(stoppable(session, interrupt))
        result = begin.move_user(name, end)
    _show(session, result)
    session.document.whole(
        {
            "id": name,
            "from": result.source,
            "to": result.target,
            "copied": result.copied,
            "bytes": result.bytes,
            "deleted": result.deleted,
            "left": result.left,
        }
    )
    return ExitCode.FAILED if result.left_count else ExitCode.DONE


def _limited(config: BucketConfig, name: str) -> BucketConfig:
    """The bucket as far as this folder goes: nothing else of it is listed or tried in."""
    if config.folders and name not in config.folders:
        raise ConfigError(
            f"{name} is none of the folders of {config.name}, and nothing else of it is touched",
            hint="use a .buckia file whose `folders` name it, or none",
        )
    return config.replace(folders=[name])


def _found(session: Session, name: str, target: BucketConfig) -> BucketConfig:
    """The bucket from which the folder goes to the other one, or is on its way already."""
    holding: list[BucketConfig] = []
    for config in session.file.buckets.values():
        if config.name == target.name or (config.folders and name not in config.folders):
            continue
        limited = _limited(config, name)
        with session.opened(limited) as opened:
            found = opened.client.find_user(name)
        if found.moved_to == target.name:
            return limited
        if found.has_files and not found.moved_to:
            holding.append(limited)
    if len(holding) == 1:
        return holding[0]
    names = ", ".join(config.name for config in holding)
    said = f"{names} have such a folder" if holding else "no other bucket of the file has it"
    raise ConfigError(
        f"it cannot be found out where {name} is moved from: {said}",
        hint="name the bucket with --from",
    )


def _show(session: Session, result: Relocated) -> None:
    output = session.output
    copied = f"{several(result.copied, 'file')} ({size(result.bytes)})"
    output.say(
        f"{copied} copied from {result.source} to {result.target},"
        f" {result.deleted} deleted in {result.source}"
    )
    if result.left_count:
        output.answer(f"Left in {result.source}, because it changed or differs:")
        for path in result.left:
            output.answer(f"    {shown(path)}")
        if result.left_count > len(result.left):
            output.answer(f"    and {result.left_count - len(result.left)} more")
        output.answer("Run it again to bring over what only came late.")
