"""`buckia providers`."""

from __future__ import annotations

import click

from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.portraits import Portrait, portrait
from buckia.cli.session import Session
from buckia.cli.shown import padded, shown, width
from buckia.errors import ConfigError
from buckia.plugins import HOOKS, State

STYLES = {State.OK: "green", State.BROKEN: "red bold", State.DISABLED: "dim"}


@command(
    "providers",
    examples=[
        ("buckia providers", "what is installed, and what is wrong with it"),
        ("buckia providers -v", "with all options and traits"),
    ],
)
@click.pass_obj
def providers(session: Session) -> int:
    """List the kinds of storage that are installed, and the other plugins.

    A plugin that cannot be used is a line with the reason. Exits with 2 when there is one.
    """
    users = _users(session)
    found = (*session.plugins.survey(), *session.plugins.survey(HOOKS))
    portraits = [portrait(one, users.get(one.name, ())) for one in found]
    _show(session, portraits)
    session.document.whole({"plugins": portraits})
    broken = any(one.state == State.BROKEN for one in found)
    return ExitCode.USAGE if broken else ExitCode.DONE


def _users(session: Session) -> dict[str, tuple[str, ...]]:
    """Which buckets of the file use a provider, where there is a file."""
    asked = session.flags.config is not None or session.flags.directory is not None
    try:
        buckets = session.file.buckets
    except ConfigError:
        if asked:
            raise
        # Somebody who only wants to know what is installed need not have a file.
        return {}
    users: dict[str, tuple[str, ...]] = {}
    for name, config in buckets.items():
        users[config.provider] = (*users.get(config.provider, ()), name)
    return users


def _show(session: Session, portraits: list[Portrait]) -> None:
    column = max((width(one.name) for one in portraits), default=0)
    for one in portraits:
        session.output.answer(_line(session, one, column))
        for text in _details(session, one):
            session.output.answer(f"    {text}")
    if not portraits:
        session.output.answer("none")


def _line(session: Session, one: Portrait, column: int) -> str:
    name = session.output.styled(padded(shown(one.name), column), STYLES[one.state])
    kind = "hooks, " if one.group == HOOKS else ""
    return f"{name}  {kind}{shown(one.distribution)} {shown(one.version)}, {one.state}"


def _details(session: Session, one: Portrait) -> list[str]:
    lines = []
    if one.reason:
        lines.append(shown(one.reason))
    if one.used_by:
        lines.append("used by: " + ", ".join(map(shown, one.used_by)))
    if one.traits is not None:
        lines.append("traits: " + ", ".join(one.traits))
    if session.flags.verbose and one.abilities is not None:
        lines.append("abilities: " + (", ".join(one.abilities) or "none"))
    if session.flags.verbose and one.options is not None:
        lines.append("options: " + (", ".join(one.options) or "none"))
    return lines
