"""`buckia linode buckets ...`, `access` and `url`."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from buckia.cli.amounts import several, size
from buckia.cli.codes import ExitCode
from buckia.cli.parameters import DURATION, KEY
from buckia.cli.provider_commands import command
from buckia.cli.session import Session
from buckia.cli.shown import shown
from buckia.errors import ConfigError
from buckia_linode.api.models import Bucket
from buckia_linode.commands.reach import asked, table
from buckia_linode.finding import patiently
from buckia_linode.places import KINDS, facts
from buckia_s3.commands.asking import Asked, agreed, insist_on_answer

LISTS = ("private", "public-read", "authenticated-read", "public-read-write")
_SHORTEST, _LONGEST = 360, 86_400


def group() -> click.Group:
    text = "Make, list and remove buckets."
    made = click.Group("buckets", help=text, short_help=text)
    for one in (_create(), _list(), _remove()):
        made.add_command(one)
    return made


def _create() -> click.Command:
    def create(
        session: Session,
        acl: str | None,
        endpoint_type: str | None,
        cors: bool | None,
        bucket: str | None,
    ) -> int:
        _insist_on_cors(endpoint_type, cors)
        with asked(session, bucket) as where:
            made = where.api.create_bucket(
                where.region,
                where.label,
                acl=acl,
                endpoint_type=endpoint_type,
                cors_enabled=cors,
            )
        session.output.say(f"{shown(made.label)} is in {shown(made.region)}: {_place(made)}")
        session.document.whole({"bucket": where.name, **_item(made)})
        return ExitCode.DONE

    return command(
        create,
        "Make the bucket that the configuration names, in its region.\n\n"
        "One that the account has already stays as it is.",
        [
            ("buckia linode buckets create", ""),
            ("buckia linode buckets create --endpoint-type E1", "where a region has several"),
        ],
        click.option("--acl", type=click.Choice(LISTS), help="Who may read or write it at all."),
        click.option("--endpoint-type", type=click.Choice(list(KINDS)), help="Which kind."),
        click.option("--cors/--no-cors", default=None, help="Let pages of other sites read it."),
    )


def _list() -> click.Command:
    def list_buckets(session: Session, bucket: str | None) -> int:
        with asked(session, bucket) as where:
            found = patiently(where.api.buckets)
        rows = [
            (
                one.label,
                one.region,
                one.endpoint_type or "",
                several(one.objects or 0, "object"),
                size(one.size or 0),
            )
            for one in found
        ]
        table(session, rows, "The account has no buckets.")
        session.document.whole({"buckets": [_item(one) for one in found]})
        return ExitCode.DONE

    examples = [("buckia linode buckets list", "with region, type of the endpoint and size")]
    return command(list_buckets, "List the buckets of the account.", examples, name="list")


def _remove() -> click.Command:
    def rm(session: Session, yes: bool, bucket: str | None) -> int:
        insist_on_answer(session, Asked(bucket=bucket, yes=yes, dry_run=False))
        with asked(session, bucket) as where:
            there = where.bucket()
            if there.objects:
                raise ConfigError(
                    f"{there.label} is not empty: {several(there.objects, 'object')}",
                    hint="a bucket is removed when nothing is in it",
                )
            words = f"the bucket {shown(there.label)} in {shown(there.region)}"
            if not yes:
                session.terminal.stderr.write(f"This would remove {words}.\n")
            done = yes or agreed(session)
            if done:
                where.api.delete_bucket(there.region, there.label)
        session.output.say(f"Removed {words}." if done else "Nothing was changed.")
        session.document.whole({"bucket": where.name, "removed": done})
        return ExitCode.DONE if done else ExitCode.FAILED

    return command(
        rm,
        "Remove the bucket, which has to be empty.",
        [("buckia linode buckets rm", "shows which, asks, and does it")],
        click.option("-y", "--yes", is_flag=True, help="Do it without asking."),
    )


def access() -> click.Command:
    def access(session: Session, acl: str | None, cors: bool | None, bucket: str | None) -> int:
        with asked(session, bucket) as where:
            there = where.bucket()
            _insist_on_cors(there.endpoint_type, cors)
            if acl is not None or cors is not None:
                where.api.set_access(there.region, there.label, acl=acl, cors_enabled=cors)
            found = patiently(lambda: where.api.access(there.region, there.label))
        told = {True: "on", False: "off", None: "not on this kind of endpoint"}
        session.output.answer(f"acl   {found.acl or 'not told'}")
        session.output.answer(f"cors  {told[found.cors_enabled]}")
        session.document.whole({"bucket": where.name, **msgspec.structs.asdict(found)})
        return ExitCode.DONE

    return command(
        access,
        "Show, or change, who reaches the bucket without a key.",
        [
            ("buckia linode access", "shows it"),
            ("buckia linode access --acl public-read", "everybody may read"),
        ],
        click.option("--acl", type=click.Choice(LISTS), help="Who may read or write it at all."),
        click.option("--cors/--no-cors", default=None, help="Let pages of other sites read it."),
    )


def url() -> click.Command:
    def url(session: Session, key: str, expires: float, method: str, bucket: str | None) -> int:
        if not _SHORTEST <= expires <= _LONGEST:
            raise click.UsageError("Linode signs addresses for 6 minutes to 24 hours.")
        with asked(session, bucket) as where:
            there = where.bucket()
            signed = where.api.object_url(
                there.region,
                there.label,
                f"{where.prefix}{key}",
                method=method,
                seconds=int(expires),
            )
        if signed.exists is False and method == "GET":
            session.output.warn(f"{shown(key)} is not there yet")
        session.output.verbatim(signed.url)
        session.document.verbatim({"bucket": where.name, "key": key, "url": signed.url})
        return ExitCode.DONE

    return command(
        url,
        "Print an address of KEY that Linode signs; the token is enough for that.",
        [
            ("buckia linode url a.png", "for an hour"),
            ("buckia linode url a.png --method PUT --expires 10m", "to upload it"),
        ],
        click.argument("key", type=KEY),
        click.option("--expires", type=DURATION, default="1h", metavar="TIME", help="How long."),
        click.option(
            "--method", type=click.Choice(["GET", "PUT", "DELETE"]), default="GET", help="For what."
        ),
    )


def _insist_on_cors(kind: str | None, cors: bool | None) -> None:
    """Refuse what this kind of endpoint does not have, before anything is asked for."""
    known = facts(kind)
    if cors is not None and known is not None and not known.has_cors:
        raise ConfigError(
            f"endpoints of the type {kind} have no switch for CORS",
            hint="leave --cors out; the types E0 and E1 have one",
        )


def _item(bucket: Bucket) -> dict[str, Any]:
    told = msgspec.structs.asdict(bucket)
    told["host"] = told.pop("hostname")
    return told


def _place(bucket: Bucket) -> str:
    return " ".join(filter(None, (bucket.hostname, bucket.endpoint_type)))
