"""What the shell may complete of plugins: their names, without loading any."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from buckia.cli.terminal import Terminal


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
