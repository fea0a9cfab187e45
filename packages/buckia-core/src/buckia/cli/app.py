"""`buckia` itself: which commands there are, and what happens around any of them.

The modules of the commands are imported one at a time, when somebody runs one or asks its help.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

import buckia
from buckia.cli.codes import ExitCode, known
from buckia.cli.completing import matching, provider_names
from buckia.cli.flags import NAMES, unparsed
from buckia.cli.output import Output
from buckia.cli.session import Session
from buckia.cli.terminal import Terminal
from buckia.cli.trouble import report
from buckia.cli.words import spread
from buckia.errors import ConfigError
from buckia.secrets import Redactor

PROGRAM = "buckia"
COMPLETE = "_BUCKIA_COMPLETE"
SHELLS = ("bash", "zsh", "fish")

COMMANDS = {
    "demo": "A guided tour on throw-away folders.",
    "init": "Write a .buckia file.",
    "sync": "Bring folders and buckets in step.",
    "status": "Show what a sync would do.",
    "conflicts": "List what both sides changed.",
    "resolve": "Decide a conflict.",
    "restore": "Bring back a version from the trash.",
    "verify": "Compare the bytes of both sides.",
    "ls": "List what is in a bucket.",
    "get": "Fetch one file from a bucket.",
    "put": "Send one file to a bucket.",
    "rm": "Delete files in a bucket.",
    "url": "Print the address of a file in a bucket.",
    "app": "Work with the database of an app.",
    "providers": "List the kinds of storage that are installed.",
    "doctor": "Find out why something does not work.",
    "secrets": "Keep secrets in the keyring of this machine.",
}
"""The built-in commands, each a module below `commands`, and their first help lines."""


class Program(click.Group):
    """Finds commands by name: ours first, then those of the provider of that name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            found: click.Command = getattr(
                import_module(f"buckia.cli.commands.{cmd_name}"), cmd_name
            )
            return found
        terminal = ctx.find_object(Terminal)
        if terminal is None or cmd_name not in provider_names(terminal):
            return None
        return _commands_of(terminal, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in NAMES:
                message = f"options come after the command: buckia sync {error.option_name}"
                raise click.UsageError(message, ctx) from None
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise _unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        terminal = ctx.find_object(Terminal)
        names = provider_names(terminal) if terminal else ()
        with formatter.section("Commands of providers"):
            said = f"Those of one provider; installed: {', '.join(names) or 'none'}."
            formatter.write_dl([("PROVIDER ...", said)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names only: nothing is loaded while somebody types."""
        terminal = ctx.find_object(Terminal)
        ours = [CompletionItem(n, help=h) for n, h in COMMANDS.items() if n.startswith(incomplete)]
        theirs = matching(provider_names(terminal), incomplete) if terminal else []
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*ours, *theirs, *options]


def _commands_of(terminal: Terminal, name: str) -> click.Group:
    from buckia.cli.command import equip
    from buckia.plugins import Plugins

    group = Plugins((), terminal.entry_points).commands_of(name)
    equip(group)
    return group


def _unknown(ctx: click.Context, word: str) -> Exception:
    from buckia.config.where import suggestion

    terminal = ctx.find_object(Terminal)
    names = [*COMMANDS, *(provider_names(terminal) if terminal else ())]
    hint = suggestion(word, names) or "See: buckia --help. Providers: pip install buckia-NAME"
    return ConfigError(f'there is no command "{word}"', hint=hint)


def _print_completion(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.command, {}, PROGRAM, COMPLETE).source())
    ctx.exit()


EPILOG = """\
\b
New here?  buckia demo        shows how it works, on throw-away folders
           buckia init        writes a .buckia file in this folder
           buckia sync        does what the file says
Help for one command:  buckia COMMAND --help
"""


@click.group(
    PROGRAM,
    cls=Program,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(buckia.__version__, message="buckia %(version)s")
@click.option(
    "--completion",
    type=click.Choice(SHELLS),
    is_eager=True,
    expose_value=False,
    callback=_print_completion,
    help='Print what the shell needs: eval "$(buckia --completion bash)"',
)
@click.pass_context
def program(ctx: click.Context) -> None:
    """Keep folders in step with storage buckets, both ways, and never lose a byte."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(words: Sequence[str], terminal: Terminal) -> int:
    """Run one command line to its end; its exit code."""
    if instruction := terminal.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(program, {"obj": terminal}, PROGRAM, COMPLETE, instruction)
    from buckia.cli.signals import terminable

    meta: dict[str, Any] = {}
    try:
        with terminable():
            code = _invoked(words, terminal, meta)
    except click.exceptions.Exit as error:
        code = known(error.exit_code)
    except BrokenPipeError:
        # What click itself prints, such as help, has lost its reader; nobody is there to be told.
        code = ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to explain it
        code = _failed(words, terminal, meta, error)
    _ended(meta.get("session"), code)
    return code


def _invoked(words: Sequence[str], terminal: Terminal, meta: dict[str, Any]) -> ExitCode:
    with program.make_context(PROGRAM, spread(words), obj=terminal) as ctx:
        try:
            return known(program.invoke(ctx) or 0)
        finally:
            meta.update(ctx.meta)


def _failed(
    words: Sequence[str], terminal: Terminal, meta: dict[str, Any], error: BaseException
) -> ExitCode:
    """Show what stopped a command as a whole, also where it never began."""
    from buckia.cli.command import MANY
    from buckia.cli.document import Document, error_object

    session: Session | None = meta.get("session")
    if session is not None:
        output, document = session.output, session.document
        if session.log is not None:
            session.log.error(error)
    else:
        output = Output(terminal, unparsed(words), Redactor())
        listed = bool(words) and words[0] in {"sync", "status", "conflicts", "verify", "doctor"}
        document = Document(output, MANY if listed else None)
    if isinstance(error, click.UsageError) and error.ctx is None and words[0] in COMMANDS:
        # Click does not always say which command it was about.
        error.ctx = click.Context(program, info_name=f"{PROGRAM} {words[0]}")
    code = report(output, error)
    document.end(error_object(error))
    return code


def _ended(session: Session | None, code: ExitCode) -> None:
    if session is None:
        return
    if session.log is not None:
        session.log.ended(code)
        session.log.close()
    session.output.close()
