"""From a configuration to a store."""

from __future__ import annotations

import re

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_bunny.client import checked_key
from buckia_bunny.hosts import endpoint
from buckia_bunny.lanes import Lanes
from buckia_bunny.options import Options
from buckia_bunny.store import BunnyStore
from buckia_bunny.wire import Wire
from buckia_bunny.zone import Zone

USUAL_WIDTH = 16
"""Transfers at once that make use of a line without crowding it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,}")


def opened(options: Options, context: Context) -> BunnyStore:
    """The store of a zone; no request is made yet."""
    zone = options.storage_zone or context.bucket_name
    if not _NAME.fullmatch(zone):
        raise ConfigError(
            f"{zone!r} cannot be the name of a storage zone",
            hint="names of zones are letters, digits and hyphens",
        )
    width = context.max_workers or USUAL_WIDTH
    lanes = Lanes(listings=options.listings, deletes=options.deletes)
    wire = Wire(
        endpoint(context),
        zone,
        _password(options, zone),
        lanes,
        timeout=context.timeout,
        # While all transfers are under way, folders are listed and files looked at.
        width=width + options.listings + options.deletes,
    )
    return BunnyStore(Zone(wire), width=width, listings=options.listings)


def _password(options: Options, zone: str) -> Secret:
    given = {
        "storage_api_key": options.storage_api_key,
        "password": options.password,
    }
    named = [name for name, secret in given.items() if secret is not None]
    if len(named) > 1:
        raise ConfigError(
            f"{zone} has both {' and '.join(named)}", hint="they are the same; one is enough"
        )
    found = options.storage_api_key or options.password or options.api_key
    hint = "set storage_api_key to the zone's password, which stands under FTP & API access"
    if found is None:
        raise ConfigError(f"there is no password for the storage zone {zone}", hint=hint)
    return checked_key(found, f"the password of the storage zone {zone}", hint)
