"""A bucket at Linode as `Storage`: one of S3, whose place may have to be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import msgspec

from buckia.results import Check
from buckia_linode.api.client import LinodeApi
from buckia_linode.finding import Found, kind_at
from buckia_linode.portrait import portrait
from buckia_s3.ground import Ground
from buckia_s3.store import S3Store


class LinodeStore(S3Store):
    """Safe to use from many threads. The API is asked when the bucket is first needed."""

    def __init__(
        self,
        find: Callable[[], Found],
        make: Callable[[Found], Ground],
        api: LinodeApi | None = None,
    ) -> None:
        self._find = find
        self._make = make
        self._api = api
        self._place: Found | None = None
        self._made: Ground | None = None
        self._lock = Lock()

    @property
    def _ground(self) -> Ground:
        with self._lock:
            if self._made is None:
                self._place = self._find()
                self._made = self._make(self._place)
            return self._made

    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        found = super().probe(folder, anew=anew)
        place = self._place
        assert place is not None
        if anew and place.kind is None and self._api is not None:
            place = msgspec.structs.replace(place, kind=kind_at(self._api, place.url))
        return [*portrait(place, is_asked=anew, trust=self._ground.connection.trust), *found]

    def close(self) -> None:
        with self._lock:
            made = self._made
        if made is not None:
            made.close()
        if self._api is not None:
            self._api.close()
