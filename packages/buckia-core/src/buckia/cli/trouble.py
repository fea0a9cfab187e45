"""Whatever went wrong, as a sentence, a hint and an exit code."""

from __future__ import annotations

import click
import msgspec

from buckia.cli.codes import ExitCode, known
from buckia.cli.output import Output
from buckia.errors import BuckiaError, Interrupted


class Trouble(msgspec.Struct, frozen=True):
    kind: str
    message: str
    hint: str
    code: ExitCode


def explained(error: BaseException) -> Trouble:
    """Any exception in the words of a person who did not write the program."""
    match error:
        case BuckiaError():
            return Trouble(error.kind, error.message, error.hint, known(error.exit_code))
        case click.UsageError():
            return Trouble("UsageError", *_usage(error), ExitCode.USAGE)
        case click.ClickException():
            return Trouble("UsageError", error.format_message(), "", known(error.exit_code))
        case KeyboardInterrupt() | click.Abort():
            return Trouble("Interrupted", "interrupted", "", ExitCode.INTERRUPTED)
        case OSError():
            return Trouble(type(error).__name__, _of_system(error), "", ExitCode.FAILED)
    said = " ".join(str(error).split())
    name = type(error).__name__
    return Trouble(
        name,
        "this should not have happened: " + (f"{name}: {said}" if said else name),
        "--debug shows where; please report it with that",
        ExitCode.FAILED,
    )


def report(output: Output, error: BaseException, *, bucket: str = "") -> ExitCode:
    """Show an error of the whole command, or of one bucket, and say what it exits with."""
    found = explained(error)
    if output.flags.debug:
        import traceback

        output.trace("".join(traceback.format_exception(error)))
    if isinstance(error, KeyboardInterrupt | click.Abort):
        output.tell("Interrupted.")
    elif isinstance(error, Interrupted):
        said = _placed(bucket, found.message)
        output.tell(said[:1].upper() + said[1:] + "." if not bucket else said + ".")
    else:
        output.fail(_placed(bucket, found.message), found.hint)
    return found.code


def _placed(bucket: str, message: str) -> str:
    """With the bucket's name in front, unless the message names it already."""
    return f"{bucket}: {message}" if bucket and f'"{bucket}"' not in message else message


def _usage(error: click.UsageError) -> tuple[str, str]:
    """The message without its closing dot, as ours are, and where to read more."""
    message = error.format_message().removesuffix(".")
    message = message[:1].lower() + message[1:] if not message.startswith("--") else message
    path = error.ctx.command_path if error.ctx else "buckia"
    return message, f"{path} --help shows what there is"


def _of_system(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
