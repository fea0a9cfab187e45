"""What the commands that change something have in common: plan, show, ask, do, and tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
import msgspec

from buckia.cli.codes import ExitCode
from buckia.cli.provider_commands import reached
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.client.reaching import Reached
from buckia.errors import ConfigError
from buckia_s3.admin import Administration, Change
from buckia_s3.options import Options

_STYLES = {"-": "red", "+": "green"}
Reaching = Callable[[Session, str, str | None], Reached[Options]]
"""From the provider's name and the bucket's, as it was typed, to the bucket."""
C = TypeVar("C", bound=Change)

changing = (
    click.option("-y", "--yes", is_flag=True, help="Do it without asking."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing."),
)


def usually(session: Session, provider: str, bucket: str | None) -> Reached[Options]:
    """The bucket as the configuration says."""
    return reached(session, provider, Options, bucket)


class Way(msgspec.Struct, frozen=True):
    """How the commands of one provider come to a bucket."""

    provider: str
    reaching: Reaching

    @contextmanager
    def opened(self, session: Session, bucket: str | None) -> Iterator[tuple[str, Administration]]:
        """The bucket's name in the file, and its settings."""
        found = self.reaching(session, self.provider, bucket)
        with Administration.on(found) as admin:
            yield found.config.name, admin


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command that changes something was asked for besides the change."""

    bucket: str | None
    yes: bool
    dry_run: bool


def insist_on_answer(session: Session, asked: Asked, *, taken: bool = False) -> None:
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


def carried_out(
    session: Session, asked: Asked, name: str, change: C, apply: Callable[[C], None]
) -> int:
    """Show, ask and do; the document says what became of it."""
    done, code = False, ExitCode.DONE
    what = f"{shown(name)}: {shown(change.subject)}"
    _show(session, asked, what, change)
    if not change.is_needed:
        session.output.say(f"{what}: there is nothing to do")
    elif asked.dry_run:
        session.output.say("Nothing was changed: this only shows what would be.")
    elif asked.yes or agreed(session):
        apply(change)
        done = True
        session.output.say(f"{what}: done")
    else:
        code = ExitCode.FAILED
        session.output.tell("Nothing was changed.")
    item = {"bucket": name, "dry_run": asked.dry_run, "changed": done}
    session.document.whole({**item, **msgspec.structs.asdict(change)})
    return code


def _show(session: Session, asked: Asked, what: str, change: Change) -> None:
    """The plan: an answer where it is all that was asked for, else on the way to a question."""
    if not change.is_needed:
        return
    output = session.output
    styled = output.styled if asked.dry_run else output.styled_error
    # A question shows what it is about, also with -q.
    line: Callable[[str], None] = _to_person(session)
    if asked.dry_run or asked.yes:
        line = output.answer if asked.dry_run else output.tell
    line(f"{what}: {_heading(change)}")
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


def agreed(session: Session) -> bool:
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
