"""The pull zone before a storage zone: its addresses, and the key that signs them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from urllib.parse import quote

import msgspec

from buckia.errors import NotFound, StorageError
from buckia.secrets import Secret
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.cdn.models import Hostname, PullZone
from buckia_bunny.cdn.signing import NO_OPTIONS, Options, Scheme, Signing, signed

_SYSTEM = "b-cdn.net"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    id: int | None = None
    """The pull zone's number, where the account told it."""
    security_key: Secret | None = None
    is_secured: bool | None = None
    """Whether it serves signed addresses only; None where that is not known."""


class Front:
    """A pull zone by its name, number or host name. Safe to use from many threads.

    The account is asked once, when it is needed. Without one, a name stands for the address that
    Bunny gives to it, and a host name for itself.
    """

    def __init__(
        self,
        wanted: str,
        api: CoreApi | None,
        *,
        security_key: Secret | None = None,
        scheme: Scheme = "hmac-sha256",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.wanted = wanted
        self._api = api
        self._security_key = security_key
        self._scheme = scheme
        self._clock = clock
        self._known: Site | None = None
        self._lock = Lock()

    @property
    def is_told(self) -> bool:
        """Whether an account tells what it is."""
        return self._api is not None

    def site(self) -> Site:
        with self._lock:
            if self._known is None:
                self._known = self._told() if self._api is None else self._found(self._api)
            return self._known

    @property
    def known(self) -> Site | None:
        """What is known by now, without asking anybody."""
        return self._known if self._api is not None else self.site()

    def root(self) -> str:
        """The address of the pull zone, which ends with a slash."""
        return f"https://{self.site().host}/"

    def url(self, path: str) -> str:
        """Where everybody finds what the storage zone holds at this path."""
        return f"{self.root()}{quote(path, safe='/~')}"

    def public_url(self, path: str, key: str = "") -> str:
        """The same; refused where the pull zone would not serve it."""
        if self.site().is_secured:
            raise StorageError(
                f"the pull zone {self.wanted} serves signed addresses only",
                key=key,
                hint="say for how long, as in: buckia url KEY --expires 1h",
            )
        return self.url(path)

    def signed_url(
        self, path: str, lasting: timedelta, options: Options = NO_OPTIONS, key: str = ""
    ) -> str:
        """One that works until then, for whoever has it."""
        site = self.site()
        secret = self._security_key or site.security_key
        if secret is None:
            raise StorageError(
                f"nobody can sign an address of the pull zone {self.wanted} without its key",
                key=key,
                hint="set security_key to its token authentication key, or api_key",
            )
        if lasting < timedelta(seconds=1):
            raise StorageError("a signed address lasts at least a second", key=key)
        expires = math.ceil(self._clock() + lasting.total_seconds())
        try:
            signing = Signing(key=secret.reveal(), scheme=self._scheme)
            return signed(self.url(path), signing, expires=expires, options=options)
        except ValueError as error:
            raise StorageError(f"this address cannot be signed: {error}", key=key) from error

    def _told(self) -> Site:
        if self.wanted.isdigit():
            raise StorageError(
                f"nobody but the account knows the pull zone {self.wanted} by its number",
                hint="set pull_zone to its name or host name, or api_key to the account's key",
            )
        host = self.wanted if "." in self.wanted else f"{self.wanted}.{_SYSTEM}"
        return Site(host=host, security_key=self._security_key)

    def _found(self, api: CoreApi) -> Site:
        for zone in api.pull_zones():
            hosts = {host.value.lower() for host in zone.hostnames}
            if self.wanted in {str(zone.id), zone.name} or self.wanted.lower() in hosts:
                return self._site(zone)
        raise NotFound(
            f"the account has no pull zone {self.wanted}",
            hint="see those that it has: buckia bunny pullzones",
        )

    def _site(self, zone: PullZone) -> Site:
        return Site(
            host=self._host(zone),
            id=zone.id,
            security_key=zone.zone_security_key,
            is_secured=zone.zone_security_enabled,
        )

    def _host(self, zone: PullZone) -> str:
        """The one that was asked for, else one of the owner's own, else the one of Bunny."""
        named = [host.value for host in zone.hostnames]
        if "." in self.wanted:
            return self.wanted
        own = [host.value for host in zone.hostnames if _is_own(host)]
        return next(iter([*own, *named]), f"{zone.name}.{_SYSTEM}")


def _is_own(host: Hostname) -> bool:
    """Whether it is the owner's, and a browser would trust it."""
    is_system = host.is_system_hostname or host.value.endswith(f".{_SYSTEM}")
    return not is_system and host.has_certificate is not False
