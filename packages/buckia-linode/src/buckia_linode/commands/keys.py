"""`buckia linode keys ...`: keys that may do no more than a sync needs."""

from __future__ import annotations

import click

from buckia.cli.codes import ExitCode
from buckia.cli.provider_commands import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import BuckiaError, ConfigError, StorageError
from buckia.secrets import Secret, remember, variable
from buckia_linode.api.models import Grant, Key
from buckia_linode.commands.reach import asked, table
from buckia_linode.finding import patiently
from buckia_s3.commands.asking import Asked, agreed, insist_on_answer

READ, WRITE = "read_only", "read_write"
_WORDS = {READ: "reading", WRITE: "reading and writing"}


def group() -> click.Group:
    text = "Make, list and revoke the keys by which buckets are reached."
    made = click.Group("keys", help=text, short_help=text)
    for one in (_create(), _list(), _revoke()):
        made.add_command(one)
    return made


def _create() -> click.Command:
    def create(
        session: Session, read_only: bool, label: str | None, save: bool, bucket: str | None
    ) -> int:
        with asked(session, bucket) as where:
            there = where.bucket()
            permissions = READ if read_only else WRITE
            grant = Grant(bucket_name=there.label, region=there.region, permissions=permissions)
            key = where.api.create_key(label or f"buckia-{there.label}"[:50], [grant])
            secret = _secret_of(key)
            if save:
                try:
                    _save(session, where.name, key.access_key, secret)
                except BuckiaError:
                    # Its secret would be nowhere, and the key open to nobody who knows of it.
                    where.api.revoke_key(key.id)
                    raise
        session.output.tell(
            f"The key {key.id} was made, for {_WORDS[permissions]} {shown(there.label)} "
            "and nothing else."
        )
        told = {"bucket": where.name, "label": key.label, "access_key": key.access_key}
        if not save:
            for name, value in (("access_key", key.access_key), ("secret_key", secret.reveal())):
                session.output.verbatim(f"{variable(where.name, name)}={value}")
            session.output.tell("Its secret is told this once.")
            told["secret_key"] = secret.reveal()
        session.document.verbatim({**told, "id": str(key.id)})
        return ExitCode.DONE

    return command(
        create,
        "Make a key for the bucket, and for nothing else in the account.\n\n"
        "It is printed as the variables in which a sync finds it, or kept in the keyring.",
        [
            ("buckia linode keys create --save", "into the keyring, where a sync finds it"),
            ("buckia linode keys create --read-only", "for a device that only pulls"),
        ],
        click.option("--read-only", is_flag=True, help="It may list and read, no more."),
        click.option("--label", metavar="TEXT", help="Its name in the list of keys."),
        click.option("--save", is_flag=True, help="Keep it in the keyring; print no secret."),
    )


def _list() -> click.Command:
    def list_keys(session: Session, bucket: str | None) -> int:
        with asked(session, bucket) as where:
            found = patiently(where.api.keys)
        rows = [(str(key.id), key.label, key.access_key, _may(key)) for key in found]
        table(session, rows, "The account has no keys.")
        items = [
            {"id": key.id, "label": key.label, "access_key": key.access_key, "may": _may(key)}
            for key in found
        ]
        session.document.whole({"keys": items})
        return ExitCode.DONE

    examples = [("buckia linode keys list", "with what each of them may do")]
    return command(list_keys, "List the keys of the account.", examples, name="list")


def _revoke() -> click.Command:
    def revoke(session: Session, number: int, yes: bool, bucket: str | None) -> int:
        insist_on_answer(session, Asked(bucket=bucket, yes=yes, dry_run=False))
        with asked(session, bucket) as where:
            key = next((one for one in patiently(where.api.keys) if one.id == number), None)
            if key is None:
                raise ConfigError(
                    f"the account has no key {number}",
                    hint="see those that it has: buckia linode keys list",
                )
            words = f"The key {number} ({shown(key.label)}), which may do: {_may(key)}"
            if not yes:
                session.terminal.stderr.write(f"{words}, would work no more.\n")
            done = yes or agreed(session)
            if done:
                where.api.revoke_key(number)
        session.output.say(f"{words}: revoked" if done else "Nothing was changed.")
        session.document.whole({"id": number, "revoked": done})
        return ExitCode.DONE if done else ExitCode.FAILED

    return command(
        revoke,
        "Revoke the key with this NUMBER: whoever has it can do nothing with it any more.",
        [("buckia linode keys revoke 4711", "shows what it may do, asks, and does it")],
        click.argument("number", type=int),
        click.option("-y", "--yes", is_flag=True, help="Do it without asking."),
    )


def _secret_of(key: Key) -> Secret:
    if key.secret_key is None or not key.secret_key.reveal():
        raise StorageError(
            f"the key {key.id} was made, but its secret was not told",
            hint=f"revoke it and make another: buckia linode keys revoke {key.id}",
        )
    return key.secret_key


def _save(session: Session, bucket: str, access_key: str, secret: Secret) -> None:
    keyring = session.terminal.keyring()
    session.output.redactor.add(secret.reveal())
    for name, value in (("access_key", Secret(access_key)), ("secret_key", secret)):
        remember(f"{bucket}.{name}", value, keyring)
    session.output.say(f"{shown(bucket)}: access_key and secret_key are in the keyring.")


def _may(key: Key) -> str:
    if not key.limited:
        return "everything"
    grants = key.bucket_access or ()
    return ", ".join(f"{one.permissions} {one.bucket_name}" for one in grants) or "nothing"
