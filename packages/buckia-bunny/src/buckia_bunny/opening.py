"""From a configuration to a store."""

from __future__ import annotations

import re
from pathlib import Path

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia.secrets import Secret
from buckia.web import checked_key, trusted
from buckia_bunny.account import ByAccount
from buckia_bunny.cdn.api import ENDPOINT, CoreApi
from buckia_bunny.cdn.front import Front
from buckia_bunny.cdn.pending import Pending
from buckia_bunny.cdn.publishing import Publishing
from buckia_bunny.entrance import Configured, Entrance, Way
from buckia_bunny.hosts import endpoint
from buckia_bunny.lanes import Lanes
from buckia_bunny.options import Options
from buckia_bunny.package import ThroughPackage
from buckia_bunny.service import Direct, Service
from buckia_bunny.store import BunnyStore, Delivery
from buckia_bunny.wire import Wire
from buckia_bunny.zone import Zone

USUAL_WIDTH = 16
"""Transfers at once that make use of a line without crowding it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,}")
_FRONT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def opened(options: Options, context: Context) -> BunnyStore:
    """The store of a zone; no request is made yet."""
    width = context.max_workers or USUAL_WIDTH
    name = zone_name(options, context)
    api = account(options, context)
    service = _service(options, context, _entrance(options, context, name, api), width)
    delivery = _delivery(options, context, api)
    return BunnyStore(
        Zone(service, within=context.folders),
        width=width,
        listings=options.listings,
        delivery=delivery,
        trust=trusted(options.ca_bundle, context.base),
    )


def zone_name(options: Options, context: Context) -> str:
    zone = options.storage_zone or context.bucket_name
    if not _NAME.fullmatch(zone):
        raise ConfigError(
            f"{zone!r} cannot be the name of a storage zone",
            hint="names of zones are letters, digits and hyphens",
        )
    return zone


def account(options: Options, context: Context) -> CoreApi | None:
    """The account's API, for those who gave its key."""
    if options.api_key is None:
        return None
    return CoreApi(
        options.api_key,
        endpoint=options.account_url or ENDPOINT,
        timeout=context.timeout,
        ca_bundle=trusted(options.ca_bundle, context.base),
    )


def front(options: Options, api: CoreApi | None) -> Front | None:
    """The pull zone, where one is named."""
    if options.pull_zone is None:
        return None
    wanted = str(options.pull_zone)
    if not _FRONT.fullmatch(wanted):
        raise ConfigError(
            f"{wanted!r} cannot be a pull zone",
            hint="pull_zone is its name, its number, or one of its host names",
        )
    return Front(wanted, api, security_key=options.security_key, scheme=options.signing)


def _service(options: Options, context: Context, entrance: Entrance, width: int) -> Service:
    lanes = Lanes(listings=options.listings, deletes=options.deletes)
    trust = trusted(options.ca_bundle, context.base)
    wire = Wire(
        entrance,
        zone_name(options, context),
        lanes,
        timeout=context.timeout,
        # While all transfers are under way, folders are listed and files looked at.
        width=width + options.listings + options.deletes,
        trust=trust,
    )
    if options.client == "direct":
        return Direct(wire)
    return ThroughPackage(Direct(wire), entrance, lanes, timeout=context.timeout, trust=trust)


def _entrance(options: Options, context: Context, zone: str, api: CoreApi | None) -> Entrance:
    way = Way(endpoint(context), _password(options, zone))
    if api is None:
        return Configured(way)
    place = (context.domain, context.endpoint_url, context.region)
    return ByAccount(
        way,
        zone,
        api,
        has_place=any(one is not None for one in place),
        has_password=way.password is not options.api_key,
    )


def _delivery(options: Options, context: Context, api: CoreApi | None) -> Delivery:
    found = front(options, api)
    wish = options.purge
    if wish is None:
        wish = "changed" if found is not None and api is not None else "off"
    if wish == "off":
        return Delivery(front=found, api=api)
    if found is None or api is None:
        lacking = "pull_zone" if found is None else "api_key"
        raise ConfigError(
            f"purge: {wish} needs to know the {lacking}",
            hint=f"set {lacking}, or purge: off",
        )
    publishing = Publishing(found, api, wish, Pending(_pending(options, context, found)))
    return Delivery(front=found, api=api, publishing=publishing)


def _pending(options: Options, context: Context, found: Front) -> Path | None:
    """Other zones, and other pull zones of the same zone, have notes of their own."""
    if context.notes is None:
        return None
    return context.notes / f"{zone_name(options, context)}@{found.wanted}"


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
