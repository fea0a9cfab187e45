"""The settings of a bucket, and the metadata of its objects, as `buckia s3` has them."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from buckia.cli.provider_commands import reached
from buckia.cli.session import Session
from buckia.client.reaching import Reached
from buckia.errors import ConfigError
from buckia_linode.finding import Found
from buckia_linode.opening import account, place, placed
from buckia_linode.options import Options
from buckia_linode.places import facts
from buckia_s3.admin import KINDS, Setting
from buckia_s3.commands import add as add_of_s3
from buckia_s3.options import Options as S3Options

MISSING = frozenset({"accelerate", "notifications"})
"""Settings of Amazon's that no endpoint of Linode has."""
OFFERED: tuple[type[Setting[Any]], ...] = tuple(one for one in KINDS if one.name not in MISSING)


def add(cli: click.Group) -> None:
    add_of_s3(cli, OFFERED, reaching=_reaching)


def _insist_on_setting(there: Found) -> None:
    """Refuse what this kind of endpoint does not have, as far as the kind is known."""
    group = click.get_current_context().parent
    known = facts(there.kind)
    if group is not None and group.info_name == "cors" and known and not known.has_cors:
        raise ConfigError(
            f"endpoints of the type {there.kind} have no settings for CORS",
            hint="a bucket on an endpoint of the type E0 or E1 has them",
        )


def _reaching(session: Session, provider: str, name: str | None) -> Reached[S3Options]:
    """The bucket where it really is, which the API may have to tell."""
    found = reached(session, provider, Options, name)
    api = account(found.options, found.context)
    if api is None:
        there = place(found.context, None)
    else:
        with closing(api):
            there = place(found.context, api)
    _insist_on_setting(there)
    return Reached(found.config, found.options, placed(found.context, there))
