"""The way into a storage zone as the account knows it, for those who gave the account's key."""

from __future__ import annotations

from threading import Lock
from urllib.parse import urlsplit

from buckia.errors import AccessDenied
from buckia.web import checked_key
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.models import StorageZone
from buckia_bunny.entrance import Way


class ByAccount:
    """Begins with what is configured. The account is asked once, when the service refuses that.

    `has_place` and `has_password` say what the configuration names itself, and therefore keeps.
    """

    def __init__(
        self, way: Way, zone: str, api: CoreApi, *, has_place: bool, has_password: bool
    ) -> None:
        self._zone = zone
        self._api = api
        self._has_place = has_place
        self._has_password = has_password
        self._way = way
        self._is_asked = False
        self._lock = Lock()

    def way(self) -> Way:
        return self._way

    def another(self, refused: Way) -> Way | None:
        with self._lock:
            if self._way != refused:
                # Somebody else was refused as well, and has asked.
                return self._way
            if self._is_asked:
                return None
            found = self._found()
            self._is_asked = True
            if found is None:
                return None
            other = self._improved(found)
            if other == self._way:
                raise self._misplaced(found)
            self._way = other
            return other

    def _found(self) -> StorageZone | None:
        try:
            zones = self._api.storage_zones()
        except AccessDenied:
            # A key that is none of an account: then it was meant as the zone's password.
            return None
        for zone in zones:
            if zone.name == self._zone and not zone.deleted:
                return zone
        raise AccessDenied(
            f"the service refuses the password of the zone {self._zone}, "
            "and the account of api_key has no zone of that name",
            hint="check storage_zone (or bucket_name), and whose key api_key is",
        )

    def _improved(self, found: StorageZone) -> Way:
        endpoint, password = self._way.endpoint, self._way.password
        if found.storage_hostname and not self._has_place:
            endpoint = f"https://{found.storage_hostname}"
        if found.password is not None and not self._has_password:
            password = checked_key(
                found.password, f"the password of {self._zone} that the account tells", ""
            )
        return Way(endpoint, password)

    def _misplaced(self, found: StorageZone) -> AccessDenied:
        """The account tells nothing new that may be used: what is configured must be wrong."""
        host = urlsplit(self._way.endpoint).netloc
        if found.storage_hostname and found.storage_hostname != host:
            hint = f"the account says that it is at {found.storage_hostname}, and not at {host}"
        else:
            hint = "remove storage_api_key, so that the password is taken from the account"
        return AccessDenied(f"the service refuses the password of the zone {self._zone}", hint=hint)
