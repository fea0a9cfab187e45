"""`buckia bunny ...`: the account's zones, what they delivered, and what the edge has kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import click

from buckia.cli.codes import ExitCode
from buckia.cli.parameters import DURATION, KEY
from buckia.cli.provider_commands import command, reached
from buckia.cli.session import Session
from buckia.client.reaching import Reached
from buckia.errors import ConfigError
from buckia.results import Failure
from buckia_bunny import paths, reports
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.front import Front
from buckia_bunny.cdn.models import Statistics, StorageZone
from buckia_bunny.cdn.publishing import Pause, failures, patiently, purger
from buckia_bunny.cdn.purging import Purge, plan
from buckia_bunny.cdn.signing import Options as Bounds
from buckia_bunny.opening import account, front, zone_name
from buckia_bunny.options import Options

_STEP = 0.2
"""Seconds after which a wait looks whether somebody wants to stop."""
_DAY = click.DateTime(["%Y-%m-%d"])


class Asked(NamedTuple):
    """The bucket that a command is about."""

    name: str
    prefix: str
    zone: str
    front: Front | None
    account: CoreApi | None

    @property
    def api(self) -> CoreApi:
        if self.account is None:
            raise ConfigError(
                f"{self.name} has no key of the account, without which nothing is told",
                hint="set api_key, which the panel shows under Account, API key",
            )
        return self.account

    @property
    def edge(self) -> Front:
        if self.front is None:
            raise ConfigError(
                f"{self.name} has no pull zone",
                hint="set pull_zone to the one that delivers what the storage zone holds",
            )
        return self.front


class Time(NamedTuple):
    since: date | None
    until: date | None
    hourly: bool


def add(cli: click.Group) -> None:
    """Add our commands to those of the provider."""
    for made in (_purge(), _sign(), _zones(), _pull_zones(), _stats()):
        cli.add_command(made)


def _purge() -> click.Command:
    def purge(session: Session, paths: Sequence[str], everything: bool, bucket: str | None) -> int:
        if everything == bool(paths):
            raise click.UsageError("Say which PATHs, or --all.")
        with _bucket(session, bucket) as asked:
            done, failed = _purged(session, asked, paths)
            for url in done:
                session.output.say(f"purged {url}")
            for one in failed:
                session.output.fail(f"{one.path}: {one.message}")
            session.document.whole({"bucket": asked.name, "purged": done, "failed": failed})
        return ExitCode.FAILED if failed else ExitCode.DONE

    return command(
        purge,
        "Clear what the edge has kept of PATHs, so that it fetches them anew.\n\n"
        "PATH is a key of the bucket, or a folder with a slash at its end. A sync does this by "
        "itself for what it changes (see `purge` in the configuration).",
        [
            ("buckia bunny purge images/a.png", "one file"),
            ("buckia bunny purge images/", "all below images"),
            ("buckia bunny purge --all", "the whole pull zone"),
        ],
        click.argument("paths", nargs=-1, type=KEY, metavar="[PATH]..."),
        click.option("--all", "everything", is_flag=True, help="The whole pull zone."),
    )


def _sign() -> click.Command:
    def sign(session: Session, key: str, expires: float, bucket: str | None, **bound: Any) -> int:
        given = {name: value for name, value in bound.items() if value is not None}
        try:
            bounds = Bounds(**given)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        with _bucket(session, bucket) as asked:
            path = paths.written(asked.prefix + key)
            lasting = timedelta(seconds=expires)
            found = asked.edge.signed_url(path, lasting, bounds, key)
            session.output.verbatim(found)
            session.document.verbatim({"bucket": asked.name, "key": key, "url": found})
        return ExitCode.DONE

    return command(
        sign,
        "Print an address of KEY that the edge accepts for a while, bound to more than its time.",
        [
            ("buckia bunny sign a.mp4 --expires 1h --country DE --country AT", ""),
            ("buckia bunny sign v/list.m3u8 --expires 1d --token-path /v/ --as-directory", ""),
        ],
        click.argument("key", type=KEY),
        click.option(
            "--expires", type=DURATION, metavar="TIME", required=True, help="How long it works."
        ),
        click.option("--ip", metavar="ADDRESS", help="The one visitor whom it serves."),
        click.option("--country", "countries", multiple=True, metavar="CODE", help="Only there."),
        click.option(
            "--blocked", "countries_blocked", multiple=True, metavar="CODE", help="Not there."
        ),
        click.option("--limit", type=int, metavar="N", help="kB/s for one visitor."),
        click.option(
            "--token-path", metavar="PATH", help="The token holds for all paths that begin so."
        ),
        click.option(
            "--ignore-params", is_flag=True, help="Visitors may add and change parameters."
        ),
        click.option(
            "--as-directory", is_flag=True, help="The token stands before the path, as for HLS."
        ),
    )


def _zones() -> click.Command:
    def zones(session: Session, bucket: str | None) -> int:
        with _bucket(session, bucket) as asked:
            found = patiently(asked.api.storage_zones, _pause(session))
        _table(session, reports.storage_zones(found))
        session.document.whole({"zones": [reports.storage_zone(one) for one in found]})
        return ExitCode.DONE

    examples = [("buckia bunny zones", "their regions, sizes and pull zones")]
    return command(zones, "List the storage zones of the account.", examples)


def _pull_zones() -> click.Command:
    def pullzones(session: Session, bucket: str | None) -> int:
        with _bucket(session, bucket) as asked:
            found = patiently(asked.api.pull_zones, _pause(session))
        _table(session, reports.pull_zones(found))
        session.document.whole({"pull_zones": [reports.pull_zone(one) for one in found]})
        return ExitCode.DONE

    examples = [("buckia bunny pullzones", "their numbers, host names and origins")]
    return command(pullzones, "List the pull zones of the account.", examples)


def _stats() -> click.Command:
    def stats(
        session: Session,
        since: datetime | None,
        until: datetime | None,
        hourly: bool,
        bucket: str | None,
    ) -> int:
        if since is not None and until is not None and since > until:
            raise click.UsageError("--from is later than --to")
        time_asked = Time(since and since.date(), until and until.date(), hourly)
        with _bucket(session, bucket) as asked:
            zone = _zone(asked, _pause(session))
            delivered = _delivered(asked, time_asked, _pause(session))
        for line in reports.statistics(zone, delivered):
            session.output.answer(line)
        found = {"storage_zone": reports.storage_zone(zone), "delivered": delivered}
        session.document.whole({"bucket": asked.name, **found})
        return ExitCode.DONE

    return command(
        stats,
        "Show what the storage zone of a bucket holds, and what its pull zone delivered.",
        [
            ("buckia bunny stats", "in the time that Bunny chooses"),
            ("buckia bunny stats --from 2026-11-01 --json", "with the figures of each day"),
        ],
        click.option("--from", "since", type=_DAY, metavar="DATE", help="The first day."),
        click.option("--to", "until", type=_DAY, metavar="DATE", help="The last day."),
        click.option("--hourly", is_flag=True, help="Figures by the hour, for --json."),
    )


@contextmanager
def _bucket(session: Session, name: str | None) -> Iterator[Asked]:
    found: Reached[Options] = reached(session, "bunny", Options, name)
    api = account(found.options, found.context)
    try:
        yield Asked(
            found.config.name,
            found.config.prefix,
            zone_name(found.options, found.context),
            front(found.options, api),
            api,
        )
    finally:
        if api is not None:
            api.close()


def _zone(asked: Asked, pause: Pause) -> StorageZone:
    for zone in patiently(asked.api.storage_zones, pause):
        if zone.name == asked.zone:
            return zone
    raise ConfigError(
        f"the account has no storage zone {asked.zone}",
        hint="see those that it has: buckia bunny zones",
    )


def _delivered(asked: Asked, time_asked: Time, pause: Pause) -> Statistics | None:
    if asked.front is None:
        return None
    number = patiently(asked.front.site, pause).id
    assert number is not None
    return patiently(
        lambda: asked.api.statistics(
            number,
            since=time_asked.since,
            until=time_asked.until,
            hourly=time_asked.hourly,
        ),
        pause,
    )


def _purged(
    session: Session, asked: Asked, wanted: Sequence[str]
) -> tuple[list[str], list[Failure]]:
    """Without anything wanted it is the whole pull zone."""
    pause, edge, api = _pause(session), asked.edge, asked.api
    patiently(edge.site, pause)
    done: list[str] = []
    failed: list[Failure] = []
    for purge in _purges(edge, [asked.prefix + one for one in wanted]):
        came = purger(edge, api, pause).carry_out(purge)
        done += came.done
        failed += failures(came)
    return done, failed


def _purges(edge: Front, wanted: Sequence[str]) -> Iterator[Purge]:
    if not wanted:
        yield Purge(kind="zone", urls=(edge.root(),))
    files = [edge.url(paths.written(one)) for one in wanted if not one.endswith("/")]
    if files:
        yield plan(files, wish="changed", zone_url=edge.root())
    for one in wanted:
        if one.endswith("/"):
            url = f"{edge.url(paths.written(one.removesuffix('/')))}/"
            yield Purge(kind="folder", urls=(url,))


def _table(session: Session, lines: Sequence[str]) -> None:
    for line in lines:
        session.output.answer(line)
    if not lines:
        session.output.tell("The account has none.")


def _pause(session: Session) -> Pause:
    def pause(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            session.check_interrupted()
            time.sleep(min(left, _STEP))

    return pause
