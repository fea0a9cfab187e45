"""The options that every command has, and how they are given to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec

LOG_LEVELS = ("debug", "info", "warning", "error")
_KEPT = "buckia.flags"


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    json: bool = False
    no_color: bool = False
    config: str | None = None
    directory: str | None = None
    disable_plugin: tuple[str, ...] = ()
    log_file: str | None = None
    log_level: str | None = None


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    ctx.meta.setdefault(_KEPT, {})[param.name] = value
    return value


def _provider_names(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    from buckia.cli.completing import plugin_names

    return plugin_names(ctx, incomplete)


def _option(*names: str, **settings: Any) -> click.Option:
    return click.Option(names, callback=_keep, expose_value=False, **settings)


def _flag(*names: str, help: str) -> click.Option:  # noqa: A002 - as click calls it
    return _option(*names, is_flag=True, help=help)


COMMON: tuple[click.Option, ...] = (
    _option(
        "--config",
        metavar="FILE",
        type=click.Path(),
        help="The .buckia file to use, instead of looking for one.",
    ),
    _option(
        "--directory",
        metavar="DIR",
        type=click.Path(),
        help="Where the search for the .buckia file starts.",
    ),
    _flag("-q", "--quiet", help="Show errors only, and what was asked for."),
    _flag("-v", "--verbose", help="Show a line for every action."),
    _flag("--json", help="Print one JSON document on standard output."),
    _flag("--no-color", help="No colours; the variable NO_COLOR does the same."),
    _option("--log-file", metavar="FILE", type=click.Path(), help="Add a log to this file."),
    _option(
        "--log-level",
        type=click.Choice(LOG_LEVELS),
        help="How much goes into the log; usually info.",
    ),
    _option(
        "--disable-plugin",
        metavar="NAME",
        multiple=True,
        shell_complete=_provider_names,
        help="Do as if this plugin were not installed; may be repeated.",
    ),
    _flag("--debug", help="Show where in the program an error came from."),
)
"""Made once: an option has no state."""

NAMES = frozenset(name for option in COMMON for name in option.opts)


def flags_of(ctx: click.Context) -> Flags:
    """The common options of the command that is running; a contradiction is a usage error."""
    given: dict[str, Any] = ctx.meta.get(_KEPT, {})
    flags = Flags(**{name: value for name, value in given.items() if value is not None})
    if flags.quiet and flags.verbose:
        raise click.UsageError("--quiet and --verbose exclude each other", ctx)
    if flags.config is not None and flags.directory is not None:
        raise click.UsageError("--config names the file, so there is no search: leave --directory")
    if flags.log_level is not None and flags.log_file is None:
        raise click.UsageError("--log-level needs --log-file FILE", ctx)
    return flags


def unparsed(words: Sequence[str]) -> Flags:
    """As much as an error needs to know where the words were never understood."""
    before = words[: words.index("--")] if "--" in words else words
    return Flags(
        json="--json" in before,
        debug="--debug" in before,
        no_color="--no-color" in before,
    )
