"""`buckia secrets`."""

from __future__ import annotations

import click

from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import BuckiaError, ConfigError
from buckia.secrets import Secret, forget, recall, remember

NAME = click.argument("name", metavar="BUCKET.KEY")


@command(
    "set",
    examples=[
        ("buckia secrets set assets.api_key", "asks for it, and shows nothing"),
        ("pass show assets | buckia secrets set assets.api_key", "takes the first line"),
    ],
)
@NAME
@click.pass_obj
def set_secret(session: Session, name: str) -> int:
    """Keep a secret in the keyring, where a sync finds it.

    It is asked for without showing it, or read from standard input; it never stands on the
    command line, which others can see.
    """
    _check_bucket(session, name)
    secret = Secret(_asked(session, name))
    session.output.redactor.add(secret.reveal())
    remember(name, secret, session.terminal.keyring())
    session.output.say(f"{shown(name)} is in the keyring.")
    session.document.whole({"name": name, "kept": True})
    return ExitCode.DONE


@command("get", examples=[("buckia secrets get assets.api_key", "prints it")])
@NAME
@click.pass_obj
def get_secret(session: Session, name: str) -> int:
    """Print a secret that is in the keyring.

    The one command that shows a secret; everything else that Buckia writes has none.
    """
    _check_bucket(session, name)
    found = recall(name, session.terminal.keyring()).reveal()
    session.output.verbatim(found)
    session.document.verbatim({"name": name, "value": found})
    return ExitCode.DONE


@command("rm", examples=[("buckia secrets rm assets.api_key", "the keyring forgets it")])
@NAME
@click.pass_obj
def remove_secret(session: Session, name: str) -> int:
    """Remove a secret from the keyring."""
    _check_bucket(session, name)
    forget(name, session.terminal.keyring())
    session.output.say(f"{shown(name)} is no longer in the keyring.")
    session.document.whole({"name": name, "kept": False})
    return ExitCode.DONE


secrets = click.Group(
    "secrets",
    commands=[set_secret, get_secret, remove_secret],
    help="""Keep secrets in the keyring of this machine, so that they stand in no file.

    A sync looks for a secret in the .buckia file, then in the variable BUCKIA_BUCKET_KEY, then in
    the keyring under BUCKET.KEY.
    """,
)


def _asked(session: Session, name: str) -> str:
    terminal = session.terminal
    if not terminal.stdin.isatty():
        line = terminal.stdin.readline().removesuffix("\n").removesuffix("\r")
        if not line:
            raise ConfigError("standard input holds no secret", hint="Put it on the first line.")
        return line
    import getpass

    try:
        return getpass.getpass(f"Secret for {shown(name)} (nothing is shown): ", terminal.stderr)
    except EOFError:
        raise ConfigError("no secret was given") from None


def _check_bucket(session: Session, name: str) -> None:
    """A name that no bucket of the file has is a slip; where there is no file, any may be."""
    asked = session.flags.config is not None or session.flags.directory is not None
    try:
        buckets = session.file.buckets
    except BuckiaError:
        if asked:
            raise
        return
    bucket = name.rpartition(".")[0]
    if bucket and bucket not in buckets:
        from buckia.config import suggestion

        hint = suggestion(bucket, buckets) or f"The file has: {', '.join(buckets)}."
        session.output.warn(f'{session.file.path} has no bucket "{bucket}"', hint)
