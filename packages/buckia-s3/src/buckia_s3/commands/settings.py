"""`buckia s3 SETTING get|put|rm`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from buckia.cli.codes import ExitCode
from buckia.cli.provider_commands import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError
from buckia_s3.admin import Change, Setting, Unfit, readable
from buckia_s3.commands.asking import (
    Asked,
    Way,
    carried_out,
    changing,
    insist_on_answer,
)

_STDIN = "-"


def group(way: Way, kind: type[Setting[Any]]) -> click.Group:
    """The commands of one setting."""
    found = click.Group(kind.name, help=kind.about, short_help=kind.about)
    for made in (_get, _put, _rm):
        found.add_command(made(way, kind))
    return found


def _get(way: Way, kind: type[Setting[Any]]) -> click.Command:
    def get(session: Session, bucket: str | None) -> int:
        with way.opened(session, bucket) as (name, admin):
            value = admin.setting(kind.name).get()
        if value is None:
            session.output.tell(f"{shown(name)} has no {kind.noun}.")
        else:
            session.output.answer(readable(value))
        session.document.whole({"bucket": name, "setting": kind.name, "value": value})
        return ExitCode.DONE

    words = f"{way.provider} {kind.name} get"
    examples = [(f"buckia {words}", "as JSON"), (f"buckia {words} > {kind.name}.json", "to keep")]
    text = f"Show the {kind.noun}."
    return command(get, text, examples)


def _put(way: Way, kind: type[Setting[Any]]) -> click.Command:
    def put(session: Session, wanted: str, bucket: str | None, yes: bool, dry_run: bool) -> int:
        asked = Asked(bucket=bucket, yes=yes, dry_run=dry_run)
        insist_on_answer(session, asked, taken=not kind.words and wanted == _STDIN)
        source = _source(kind, wanted)
        given = wanted if kind.words else _document(session, wanted, source)

        def plan(setting: Setting[Any]) -> Change:
            return setting.plan(given)

        with _naming(source):
            return _changed(session, way, kind, asked, plan)

    text = f"Replace the {kind.noun}, after showing what would change."
    words = f"buckia {way.provider} {kind.name} put"
    if kind.words:
        argument = click.argument("wanted", metavar="WORD", type=click.Choice(kind.words))
        text += f"\n\nWORD is {' or '.join(kind.words)}."
        examples = [(f"{words} {word}", "") for word in kind.words]
    else:
        argument = click.argument("wanted", metavar="FILE", type=click.Path())
        text += "\n\nFILE holds JSON in the form that `get` shows; - is standard input."
        examples = [
            (f"{words} {kind.name}.json --dry-run", "only shows what would change"),
            (f"{words} {kind.name}.json", "shows it, asks, and does it"),
        ]
    return command(put, text, examples, argument, *changing)


def _rm(way: Way, kind: type[Setting[Any]]) -> click.Command:
    def rm(session: Session, bucket: str | None, yes: bool, dry_run: bool) -> int:
        asked = Asked(bucket=bucket, yes=yes, dry_run=dry_run)
        insist_on_answer(session, asked)

        def plan(setting: Setting[Any]) -> Change:
            return setting.plan_removal()

        return _changed(session, way, kind, asked, plan)

    examples = [(f"buckia {way.provider} {kind.name} rm", "shows it, asks, and does it")]
    return command(rm, kind.removal, examples, *changing)


def _changed(
    session: Session,
    way: Way,
    kind: type[Setting[Any]],
    asked: Asked,
    plan: Callable[[Setting[Any]], Change],
) -> int:
    with way.opened(session, asked.bucket) as (name, admin):
        setting = admin.setting(kind.name)
        return carried_out(session, asked, name, plan(setting), setting.apply)


def _source(kind: type[Setting[Any]], wanted: str) -> str:
    """What a message names as the place of a mistake; empty for a word."""
    if kind.words:
        return ""
    return "standard input" if wanted == _STDIN else wanted


@contextmanager
def _naming(source: str) -> Iterator[None]:
    try:
        yield
    except Unfit as error:
        if not source:
            raise
        raise ConfigError(f"{source}: {error.message}", hint=error.hint) from error


def _document(session: Session, wanted: str, source: str) -> Any:
    from buckia.config.formats import parse
    from buckia.config.unreadable import Unreadable

    text = _text(session, wanted, source)
    try:
        return parse(text, ".json").root
    except Unreadable as error:
        place = f"{source}:{error.line}" if error.line else source
        raise ConfigError(f"{place}: {error}") from None


def _text(session: Session, wanted: str, source: str) -> str:
    if wanted == _STDIN:
        return session.terminal.stdin.read()
    try:
        return session.terminal.path(wanted).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{source} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from None
