"""What the shell may complete: names of buckets and of plugins, without loading anything."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from buckia.cli.flags import flags_of
from buckia.cli.terminal import Terminal
from buckia.errors import BuckiaError


def matching(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def provider_names(terminal: Terminal) -> tuple[str, ...]:
    """Names of the installed providers; imports none of them."""
    from buckia.plugins.installed import PROVIDERS, by_name

    return tuple(by_name(terminal.entry_points(PROVIDERS)))


def providers(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    terminal = ctx.find_object(Terminal)
    return matching(provider_names(terminal), incomplete) if terminal else []


def plugin_names(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Names of all plugins, for --disable-plugin."""
    from buckia.plugins.installed import HOOKS, PROVIDERS, by_name

    terminal = ctx.find_object(Terminal)
    if terminal is None:
        return []
    names = (*by_name(terminal.entry_points(PROVIDERS)), *by_name(terminal.entry_points(HOOKS)))
    return matching(names, incomplete)


def buckets(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the buckets in the file that the command would use."""
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
