"""How a command is made: its own options, the common ones, examples, and what runs around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from buckia.cli.flags import COMMON, flags_of
from buckia.cli.output import Output
from buckia.cli.session import Session
from buckia.cli.terminal import Terminal
from buckia.secrets import Redactor

MANY = "buckets"
WIDTH = 100
NAMES_WIDTH = 30
EXAMPLES_WIDTH = 60
Examples = Sequence[tuple[str, str]]
Function = Callable[..., int | None]


class Command(click.Command):
    """A command whose help ends with examples, and keeps the common options apart."""

    examples: Examples = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            # Arguments are explained in the text; which versions of click list them differs.
            if record is not None and isinstance(param, click.Option):
                (common if param in COMMON else own).append(record)
        for title, records in (("Options", own), ("Options of every command", common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=NAMES_WIDTH)

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl(list(self.examples), col_max=EXAMPLES_WIDTH)


def command(name: str, *, examples: Examples, many: bool = False) -> Callable[[Function], Command]:
    """Make a function a command; `many` where its document is a list of buckets."""

    def made(function: Function) -> Command:
        context = {"max_content_width": WIDTH}
        built = click.command(name, cls=Command, context_settings=context)(function)
        built.examples = examples
        equip(built, many=MANY if many else None)
        return built

    return made


def equip(target: click.Command, *, many: str | None = None) -> None:
    """Give a command, or all of a group, the common options and a session of its own.

    A provider's commands are made by others, so an option of theirs that has the name of a
    common one stays theirs.
    """
    if isinstance(target, click.Group):
        for one in target.commands.values():
            equip(one, many=many)
        return
    taken = {name for param in target.params for name in param.opts}
    target.params.extend(option for option in COMMON if not taken.intersection(option.opts))
    if target.callback is not None:
        target.callback = _in_session(target.callback, many)


def _in_session(function: Callable[..., Any], many: str | None) -> Callable[..., Any]:
    @wraps(function)
    def run(*given: Any, **named: Any) -> Any:
        ctx = click.get_current_context()
        terminal = ctx.find_object(Terminal)
        assert terminal is not None
        flags = flags_of(ctx)
        output = Output(terminal, flags, ctx.find_root().meta.setdefault("redactor", Redactor()))
        session = Session(terminal, flags, output, many=many)
        ctx.obj = ctx.find_root().meta["session"] = session
        _start_log(session, ctx)
        return function(*given, **named)

    return run


def _start_log(session: Session, ctx: click.Context) -> None:
    if session.flags.log_file is None:
        return
    from buckia.cli.log import Log

    file = session.terminal.path(session.flags.log_file)
    session.log = Log(file, session.flags.log_level or "info", session.output.redactor)
    session.log.begun(ctx.command_path.split())
