"""Bodies on their way there, and what a refused one means."""

from __future__ import annotations

from buckia import digests
from buckia.body import WatchedBody
from buckia.errors import InvalidKey, Unavailable
from buckia.model import BasicEntry
from buckia.protocols import Body
from buckia_bunny.faults import Refused
from buckia_bunny.service import flow
from buckia_bunny.zone import Zone


def write(zone: Zone, key: str, body: Body) -> BasicEntry:
    """Send the body with its digest, which the service compares before it stores anything."""
    path = zone.paths.of(key)
    digest = body.digests.get("sha256") or _digest(body)
    try:
        zone.service.put(path, key, body, digest)
    except Refused as error:
        return _looked_at(zone, key, digest, error)
    zone.recent.note(key, digest)
    return BasicEntry(key=key, size=body.size, version=digest, digests={"sha256": digest})


def _looked_at(zone: Zone, key: str, digest: str, error: Refused) -> BasicEntry:
    """After an answer that tells nothing: what stands there now is what counts."""
    found = zone.find(key)
    if found is not None and found.version == digest:
        return found
    if clash := _clash(zone, key):
        raise InvalidKey(f"{key} cannot be stored: {clash}", key=key) from error
    # Damaged on its way, or whatever else the service did not like of this one try.
    raise Unavailable(error.message, key=key) from error


def _clash(zone: Zone, key: str) -> str:
    """Why that name is none for a file, as far as what is there forbids it."""
    above = key.split("/")[:-1]
    for depth in range(1, len(above) + 1):
        folder = "/".join(above[:depth])
        if zone.may_find(folder) and zone.find(folder) is not None:
            return f"{folder} is a file there"
    beside = f"{'/'.join(above)}/" if above else ""
    is_folder = zone.may_list(beside) and f"{key}/" in zone.folder(beside).folders
    return "a folder there has this name" if is_folder else ""


def _digest(body: Body) -> str:
    watched = WatchedBody(body, algorithms=("sha256",))
    for _chunk in flow(watched):
        pass
    return watched.computed.get("sha256") or digests.of(b"", "sha256")
