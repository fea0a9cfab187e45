"""Deleting one file, and never a folder."""

from __future__ import annotations

from buckia.errors import NotFound, Unavailable
from buckia_bunny import entries
from buckia_bunny.zone import Zone


def delete(zone: Zone, key: str) -> None:
    """Delete that file, and see that it is gone; an absent one is fine."""
    # The path of a key never ends with a slash, with which it would mean all that is below.
    path = zone.paths.of(key)
    try:
        before = zone.row(key)
        zone.service.delete(path, key)
        after = zone.row(key)
    except NotFound as error:
        if not error.key:
            raise
        zone.recent.note(key, None)
        return
    if (entries.entry(key, after), after.guid) == (entries.entry(key, before), before.guid):
        # A deletion soon after a write may take effect late, or not at all.
        raise Unavailable(f"{key} was deleted and is still there", key=key)
