"""What one sync is asked for beyond its file: the options of `sync` and `status`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from buckia.cli.parameters import BANDWIDTH, DELETE_LIMIT, DURATION, KEY, SIZE, sound_key
from buckia.cli.session import Session
from buckia.errors import ConfigError
from buckia.model import Direction, Policy

F = TypeVar("F", bound=Callable[..., Any])

_PLANNING = (
    click.option(
        "--paths",
        multiple=True,
        type=KEY,
        metavar="PATH...",
        help="Only these keys, all words up to the next option; a/ is all below a.",
    ),
    click.option(
        "--files-from",
        metavar="FILE",
        type=click.Path(),
        help="Only the keys in this file, one a line; - is standard input.",
    ),
    click.option(
        "--from0", is_flag=True, help="Keys in --files-from end with NUL, not a line end."
    ),
    click.option(
        "--direction",
        type=click.Choice([str(one) for one in Direction]),
        help="Both ways, or only to the bucket (push), or only from it (pull).",
    ),
    click.option(
        "--delete-orphaned/--no-delete-orphaned",
        default=None,
        help="Whether a deletion on one side is done on the other.",
    ),
    click.option(
        "--conflict",
        "conflict_resolution",
        type=click.Choice([str(one) for one in Policy]),
        help="What becomes of a file that both sides changed.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="GLOB",
        help="Only what fits such a pattern, as in .gitignore; may be repeated.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        help="Nothing that fits such a pattern; may be repeated.",
    ),
    click.option(
        "--max-delete",
        type=DELETE_LIMIT,
        metavar="N",
        help='More deletions on one side, such as 100 or "25%", stop the run.',
    ),
)
_DOING = (
    click.option(
        "--max-workers",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="How many transfers at once.",
    ),
    click.option(
        "--max-transfer",
        type=SIZE,
        metavar="SIZE",
        help="Begin no more transfers after so many bytes of one bucket, such as 10GiB.",
    ),
    click.option(
        "--max-duration",
        type=DURATION,
        metavar="TIME",
        help="Begin nothing new in a bucket after so long, such as 1h30m.",
    ),
    click.option(
        "--bandwidth",
        type=BANDWIDTH,
        metavar="RATE",
        help='Bytes a second: 10MiB/s, "08:00 1MiB/s, 19:00 off", or off.',
    ),
    click.option("--force", is_flag=True, help="Go on where a guard would stop the run."),
)


def planning(function: F) -> F:
    """The options that decide what a sync would do."""
    return _all(_PLANNING, function)


def doing(function: F) -> F:
    """The options that decide how it is done."""
    return _all(_DOING, function)


def _all(options: Sequence[Callable[[F], F]], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def given(session: Session, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was asked for, in the words of the client; None where a list of keys named none.

    An empty list is not the same as no list: the one means nothing, the other everything.
    """
    wishes = {name: value for name, value in options.items() if _is_given(name, value)}
    paths = list(wishes.pop("paths", ()))
    source = wishes.pop("files_from", None)
    zero = wishes.pop("from0", False)
    if zero and source is None:
        raise ConfigError("--from0 says how keys end in --files-from, which is not given")
    if source is not None:
        paths += _listed(session, source, "\0" if zero else "\n")
        if not paths:
            return None
    if paths:
        wishes["sync_paths"] = tuple(dict.fromkeys(paths))
    return wishes


def _is_given(name: str, value: object) -> bool:
    """Whether an option stood on the command line; a size of 0 did, a flag that is false not."""
    if value is False:
        return name == "delete_orphaned"
    return value is not None and value != ()


def _listed(session: Session, source: str, end: str) -> list[str]:
    """The keys of --files-from; one that cannot be a key is an error, never passed over."""
    keys = []
    for number, line in enumerate(_text(session, source).split(end), start=1):
        key = line.removesuffix("\r") if end == "\n" else line
        if not key:
            continue
        try:
            keys.append(sound_key(key))
        except ValueError as error:
            raise ConfigError(f"{source}, entry {number}: {error}") from None
    return keys


def _text(session: Session, source: str) -> str:
    if source == "-":
        return session.terminal.stdin.read()
    file = session.terminal.path(source)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{source} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from None
