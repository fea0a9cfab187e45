"""`buckia s3 metadata get|put|rm`: what is told of single objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from buckia.cli.codes import ExitCode
from buckia.cli.parameters import KEY
from buckia.cli.provider_commands import command
from buckia.cli.session import Session
from buckia.errors import ConfigError
from buckia_s3.admin import ObjectChange, ObjectMetadata, readable
from buckia_s3.commands.asking import (
    Asked,
    Way,
    carried_out,
    changing,
    insist_on_answer,
)

_ABOUT = "What is told of a single file in the bucket: its type, headers and metadata."
_key = click.argument("key", type=KEY)
_HEADERS = (
    click.option("--content-type", metavar="TYPE", help="The media type, such as text/html."),
    click.option("--cache-control", metavar="TEXT", help="How long others may keep a copy."),
    click.option(
        "--content-disposition", metavar="TEXT", help="Whether browsers show it or save it."
    ),
)


def group(way: Way) -> click.Group:
    """The commands about the metadata of objects."""
    found = click.Group(ObjectMetadata.name, help=_ABOUT, short_help=_ABOUT)
    for made in (_get, _put, _rm):
        found.add_command(made(way))
    return found


def _get(way: Way) -> click.Command:
    def get(session: Session, key: str, bucket: str | None) -> int:
        with way.opened(session, bucket) as (name, admin):
            metadata = admin.metadata(key)
            look = metadata.look()
            notes = list(look.notes)
            if not metadata.is_kept():
                notes.append("This endpoint keeps no metadata of objects.")
        session.output.answer(readable(look.value))
        for note in notes:
            session.output.tell(f"Note: {note}")
        item = {"bucket": name, "setting": ObjectMetadata.name, "key": look.key}
        more = {"version": look.version, "value": look.value, "notes": notes}
        session.document.whole({**item, **more})
        return ExitCode.DONE

    text = (
        "Show the type, headers, metadata, storage class and tags of a file in the bucket.\n\n"
        "What Buckia keeps there for itself, such as the file's time, stands under Buckia."
    )
    examples = [(f"buckia {way.provider} metadata get index.html", "as JSON")]
    return command(get, text, examples, _key)


def _put(way: Way) -> click.Command:
    def put(
        session: Session,
        key: str,
        named: tuple[str, ...],
        *,
        bucket: str | None,
        yes: bool,
        dry_run: bool,
        **headers: str | None,
    ) -> int:
        asked = Asked(bucket=bucket, yes=yes, dry_run=dry_run)
        insist_on_answer(session, asked)
        given = _pairs(named)
        if not given and all(one is None for one in headers.values()):
            raise ConfigError(
                "there is nothing to set", hint="Give NAME=VALUE, or one of the options."
            )
        return _changed(session, way, key, asked, lambda one: one.plan(given, **headers))

    text = (
        "Set metadata and headers of a file in the bucket, after showing what would change.\n\n"
        "All that is not named stays as it is, and so do the bytes. An empty --cache-control or "
        "--content-disposition takes that header away."
    )
    words = f"buckia {way.provider} metadata put"
    examples = [
        (f"{words} song.mp3 artist=Ann", "metadata of your own"),
        (f"{words} index.html --cache-control no-cache", "a header"),
    ]
    pairs = click.argument("named", metavar="[NAME=VALUE]...", nargs=-1)
    return command(put, text, examples, _key, pairs, *_HEADERS, *changing)


def _rm(way: Way) -> click.Command:
    def rm(
        session: Session,
        key: str,
        names: tuple[str, ...],
        *,
        bucket: str | None,
        yes: bool,
        dry_run: bool,
    ) -> int:
        asked = Asked(bucket=bucket, yes=yes, dry_run=dry_run)
        insist_on_answer(session, asked)
        return _changed(session, way, key, asked, lambda one: one.plan_removal(names))

    text = "Take metadata away from a file in the bucket, after showing what would change."
    examples = [(f"buckia {way.provider} metadata rm song.mp3 artist", "shows it, asks, does it")]
    argument = click.argument("names", metavar="NAME...", nargs=-1, required=True)
    return command(rm, text, examples, _key, argument, *changing)


def _changed(
    session: Session,
    way: Way,
    key: str,
    asked: Asked,
    plan: Callable[[ObjectMetadata], ObjectChange],
) -> int:
    with way.opened(session, asked.bucket) as (name, admin):
        metadata = admin.metadata(key)
        return carried_out(session, asked, name, plan(metadata), metadata.apply)


def _pairs(words: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(f'"{word}" is no NAME=VALUE')
        if name in found:
            raise ConfigError(f'"{name}" is given twice')
        found[name] = value
    return found
