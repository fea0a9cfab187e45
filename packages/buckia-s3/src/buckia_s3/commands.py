"""`buckia s3 ...`: the settings of a bucket, each looked at, planned and then set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from buckia.cli.codes import ExitCode
from buckia.cli.command import Command, Examples
from buckia.cli.parameters import bucket_option
from buckia.cli.provider_commands import reached
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError
from buckia_s3.admin import KINDS, Administration, Change, Setting, Unfit, readable
from buckia_s3.options import Options

STDIN = "-"
_STYLES = {"-": "red", "+": "green"}

_changing = (
    click.option("-y", "--yes", is_flag=True, help="Do it without asking."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing."),
    bucket_option,
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command that changes something was asked for besides the change."""

    provider: str
    setting: str
    bucket: str | None
    yes: bool
    dry_run: bool


def add(cli: click.Group) -> None:
    """Add a group for each setting to the commands of a provider."""
    provider = cli.name or ""
    for kind in KINDS:
        group = click.Group(kind.name, help=kind.about, short_help=kind.about)
        for made in (_get, _put, _rm):
            group.add_command(made(provider, kind))
        cli.add_command(group)


def _get(provider: str, kind: type[Setting[Any]]) -> click.Command:
    def get(session: Session, bucket: str | None) -> int:
        with _setting(session, provider, kind.name, bucket) as (name, setting):
            value = setting.get()
        if value is None:
            session.output.tell(f"{shown(name)} has no {kind.noun}.")
        else:
            session.output.answer(readable(value))
        session.document.whole({"bucket": name, "setting": kind.name, "value": value})
        return ExitCode.DONE

    words = f"{provider} {kind.name} get"
    examples = [(f"buckia {words}", "as JSON"), (f"buckia {words} > {kind.name}.json", "to keep")]
    text = f"Show the {kind.noun}."
    return _command(get, text, examples, bucket_option)


def _put(provider: str, kind: type[Setting[Any]]) -> click.Command:
    def put(session: Session, wanted: str, bucket: str | None, yes: bool, dry_run: bool) -> int:
        asked = Asked(provider=provider, setting=kind.name, bucket=bucket, yes=yes, dry_run=dry_run)
        _insist_on_answer(session, asked, taken=not kind.words and wanted == STDIN)
        source = _source(kind, wanted)
        given = wanted if kind.words else _document(session, wanted, source)

        def plan(setting: Setting[Any]) -> Change:
            return setting.plan(given)

        with _naming(source):
            return _changed(session, asked, plan)

    text = f"Replace the {kind.noun}, after showing what would change."
    words = f"buckia {provider} {kind.name} put"
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
    return _command(put, text, examples, argument, *_changing)


def _rm(provider: str, kind: type[Setting[Any]]) -> click.Command:
    def rm(session: Session, bucket: str | None, yes: bool, dry_run: bool) -> int:
        asked = Asked(provider=provider, setting=kind.name, bucket=bucket, yes=yes, dry_run=dry_run)
        _insist_on_answer(session, asked)

        def plan(setting: Setting[Any]) -> Change:
            return setting.plan_removal()

        return _changed(session, asked, plan)

    examples = [(f"buckia {provider} {kind.name} rm", "shows it, asks, and does it")]
    return _command(rm, kind.removal, examples, *_changing)


def _command(
    function: Callable[..., int],
    text: str,
    examples: Examples,
    *parameters: Callable[[Callable[..., int]], Callable[..., int]],
) -> Command:
    decorated: Callable[..., Any] = click.pass_obj(function)
    for parameter in reversed(parameters):
        decorated = parameter(decorated)
    made = click.command(function.__name__, cls=Command, help=text)(decorated)
    made.examples = examples
    return made


@contextmanager
def _setting(
    session: Session, provider: str, setting: str, bucket: str | None
) -> Iterator[tuple[str, Setting[Any]]]:
    """The setting of the bucket, and the bucket's name in the file."""
    found = reached(session, provider, Options, bucket)
    with Administration.on(found) as admin:
        yield found.config.name, admin.setting(setting)


def _insist_on_answer(session: Session, asked: Asked, *, taken: bool = False) -> None:
    """Refuse where a question would come and nobody could answer it."""
    if asked.yes and asked.dry_run:
        raise ConfigError("--dry-run changes nothing, so there is nothing to say --yes to")
    if asked.yes or asked.dry_run:
        return
    if taken or not session.terminal.interactive:
        why = "standard input is the document" if taken else "this is no terminal"
        raise ConfigError(
            f"nobody can be asked, because {why}",
            hint="See what would change with --dry-run, and do it with --yes.",
        )


def _source(kind: type[Setting[Any]], wanted: str) -> str:
    """What a message names as the place of a mistake; empty for a word."""
    if kind.words:
        return ""
    return "standard input" if wanted == STDIN else wanted


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
    if wanted == STDIN:
        return session.terminal.stdin.read()
    try:
        return session.terminal.path(wanted).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{source} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from None


def _changed(session: Session, asked: Asked, plan: Callable[[Setting[Any]], Change]) -> int:
    """Plan, show, ask and do; the document says what became of it."""
    with _setting(session, asked.provider, asked.setting, asked.bucket) as (name, setting):
        change = plan(setting)
        _show(session, asked, name, change)
        done, code = False, ExitCode.DONE
        if not change.is_needed:
            session.output.say(f"{shown(name)}: {asked.setting}: there is nothing to do")
        elif asked.dry_run:
            session.output.say("Nothing was changed: this only shows what would be.")
        elif asked.yes or _agreed(session):
            setting.apply(change)
            done = True
            session.output.say(f"{shown(name)}: {asked.setting}: done")
        else:
            code = ExitCode.FAILED
            session.output.tell("Nothing was changed.")
    item = {"bucket": name, "dry_run": asked.dry_run, "changed": done}
    session.document.whole({**item, **msgspec.structs.asdict(change)})
    return code


def _show(session: Session, asked: Asked, name: str, change: Change) -> None:
    """The plan: an answer where it is all that was asked for, else on the way to a question."""
    if not change.is_needed:
        return
    output = session.output
    styled = output.styled if asked.dry_run else output.styled_error
    # A question shows what it is about, also with -q.
    line: Callable[[str], None] = _to_person(session)
    if asked.dry_run or asked.yes:
        line = output.answer if asked.dry_run else output.tell
    line(f"{shown(name)}: {change.setting}: {_heading(change)}")
    for text in change.diff():
        line("    " + (styled(text, _STYLES[text[0]]) if text[0] in _STYLES else text))
    for note in change.notes:
        line(f"Note: {note}")


def _heading(change: Change) -> str:
    if change.before is None:
        return "nothing is set now, and this would be:"
    return "this would be removed:" if change.after is None else "this would change:"


def _to_person(session: Session) -> Callable[[str], None]:
    def line(text: str) -> None:
        session.terminal.stderr.write(session.output.redactor.redact(text) + "\n")

    return line


def _agreed(session: Session) -> bool:
    terminal = session.terminal
    while True:
        terminal.stderr.write("Do this? [y/N]: ")
        terminal.stderr.flush()
        line = terminal.stdin.readline()
        answer = line.strip().lower()
        if not line:
            # The input has ended, and nobody said yes.
            terminal.stderr.write("\n")
        if not answer or answer in {"n", "no"}:
            return False
        if answer in {"y", "yes"}:
            return True
