"""Values on the command line, checked before anything begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from buckia import keys
from buckia.cli.completing import matching
from buckia.cli.flags import flags_of
from buckia.cli.terminal import Terminal
from buckia.config import quantities
from buckia.errors import BuckiaError


def parsed(name: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A type of values that a function understands, or refuses with a ValueError."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    convert.__name__ = name
    return convert


def checked(parse: Callable[[str], Any]) -> Callable[[str], str]:
    """The text itself, once it is known to be understood."""

    def check(text: str) -> str:
        parse(text)
        return text

    return check


def sound_key(text: str) -> str:
    """A key, or with a trailing slash all keys below it."""
    if not text:
        raise ValueError("expected at least one key")
    if reason := keys.problem(text.removesuffix("/")):
        raise ValueError(f'"{text}" is no key: {reason}; keys are names in the bucket: a/b.txt, a/')
    return text


def sound_key_or_all(text: str) -> str:
    """The same, or a single slash: all keys that there are."""
    return text if text == "/" else sound_key(text)


SIZE = parsed("size", quantities.size)
DURATION = parsed("duration", quantities.duration)
BANDWIDTH = parsed("rate", checked(quantities.bandwidth))
DELETE_LIMIT = parsed("number", checked(quantities.delete_limit))
KEY = parsed("key", sound_key)
KEY_OR_ALL = parsed("key", sound_key_or_all)


def bucket_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the buckets in the file that the command would use, for the shell to complete."""
    from buckia.cli.files import found_file
    from buckia.config import load

    terminal = ctx.find_object(Terminal)
    if terminal is None:
        return []
    try:
        return matching(load(found_file(terminal, flags_of(ctx))).buckets, incomplete)
    except (BuckiaError, click.UsageError):
        # While somebody types is no time for complaints; the command itself will say it.
        return []


buckets_argument = click.argument(
    "buckets", nargs=-1, metavar="[BUCKET]...", shell_complete=bucket_names
)
bucket_option = click.option(
    "--bucket",
    metavar="BUCKET",
    shell_complete=bucket_names,
    help="Which bucket of the file; needed when there are several.",
)
