"""An S3 bucket as `Storage`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from buckia.errors import StorageError, Unavailable
from buckia.model import BasicEntry, Traits
from buckia.pieces import Pieces
from buckia.protocols import Body, Entry, Expected, Reading
from buckia.results import Check
from buckia.web import trust_in
from buckia_s3 import listing, multipart, reading, removing, uploads, urls
from buckia_s3.asked import Asked, begun
from buckia_s3.assembly import abort
from buckia_s3.copying import Copying
from buckia_s3.ground import Ground, sound
from buckia_s3.habits import Habits
from buckia_s3.portrait import ROUNDABOUT, portrait
from buckia_s3.probe import cleared, new_key, probed
from buckia_s3.replaced import known_pieces

_DAY = 24 * 3600.0


class S3Store:
    """Safe to use from many threads.

    Until the endpoint was probed, nothing is taken for granted of it: it has no conditions.
    """

    def __init__(self, ground: Ground) -> None:
        self._known = ground

    @property
    def _ground(self) -> Ground:
        """Asked for whenever it is needed: others find it when they first need it."""
        return self._known

    @property
    def traits(self) -> Traits:
        return self._ground.traits

    @property
    def habits(self) -> Habits:
        """What is known of the endpoint by now."""
        return self._ground.habits

    @habits.setter
    def habits(self, known: Habits) -> None:
        self._ground.habits = known

    # Storage

    def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
        return listing.pages(self._ground.connection, prefix)

    def stat(self, key: str) -> Entry:
        return self._ground.entry(key, self._ground.head(key))

    def read(self, key: str, *, version: str | None = None) -> Reading:
        return reading.read(self._ground, key, version)

    def write(self, key: str, body: Body) -> Entry:
        return self._write(key, body, None)

    def delete(self, key: str) -> None:
        removing.delete(self._ground, key)

    def close(self) -> None:
        self._ground.close()

    # Abilities

    def scan_between(self, prefix: str, after: str, until: str) -> Iterator[Sequence[Entry]]:
        return listing.pages(self._ground.connection, prefix, after, until)

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        return reading.read_range(self._ground, key, start, length, version)

    def write_if(self, key: str, body: Body, *, expect: Expected) -> BasicEntry:
        self._offer("WritesConditionally", key)
        limit = self.traits.conditional_write_limit
        if limit is not None and body.size > limit:
            raise StorageError(f"no condition is honoured above {limit} bytes here", key=key)
        return self._write(key, body, expect)

    def begin_read(self, key: str, *, version: str | None = None) -> Asked[Reading] | None:
        if not self._ground.connection.is_direct():
            return None
        return begun(lambda: reading.begin(self._ground, key, version))

    def begin_write(self, key: str, body: Body, *, expect: Expected) -> Asked[BasicEntry] | None:
        ground = self._ground
        if body.size > ground.sizes.single or not ground.connection.is_direct():
            return None
        return begun(lambda: self._begun(key, body, expect))

    def outline(self, body: Body, *, over: tuple[str, str] | None = None) -> Body | None:
        return multipart.outlined(self._ground, body, over)

    def pieces(self, key: str, *, version: str) -> Pieces | None:
        return known_pieces(self._ground, key, version)

    def delete_if(self, key: str, *, expect: str) -> None:
        self._offer("DeletesConditionally", key)
        removing.delete_if(self._ground, key, expect)

    def delete_many(self, keys: Sequence[str]) -> Mapping[str, Exception]:
        self._offer("DeletesMany")
        return removing.delete_many(self._ground, keys)

    def copy(self, source: str, target: str, *, source_version: str) -> Entry:
        return Copying(self._ground, source, target, source_version).made(None)

    def copy_if(self, source: str, target: str, *, source_version: str, expect: Expected) -> Entry:
        self._offer("CopiesConditionally", target)
        return Copying(self._ground, source, target, source_version).made(expect)

    def url(self, key: str, *, expires: timedelta | None = None) -> str:
        sound(key)
        return urls.url(self._ground.connection, key, expires)

    def sweep(self, prefix: str = "") -> int:
        """Throw away uploads of ours that nobody has continued for a day."""
        since = time.time() - _DAY
        begun = self._ground.notes.all_unfinished()
        old = [one for one in begun if one.began < since and one.key.startswith(prefix)]
        for one in old:
            abort(self._ground, one)
        return len(old)

    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        """Find out what the endpoint honours, unless that is known."""
        ground = self._ground
        known = None if anew else ground.notes.habits()
        self._clear_up()
        if known is None:
            key = new_key(folder)
            ground.notes.probes = (*ground.notes.probes, key)
            try:
                known = probed(ground.connection, key)
            except BaseException:  # whatever it was, it goes on its way
                # It stays noted: a request that was given up may still take effect after this.
                with suppress(Unavailable):
                    cleared(ground.connection, key)
                raise
            # Where nobody answers any more, the next probe begins with it.
            with suppress(Unavailable):
                self._clear_up(key)
            if not known.refused:
                # Permissions change, and whoever gets one should not wait for it to be noticed.
                ground.notes.keep_habits(known)
        ground.habits = known
        lines = list(portrait(known, ground.sizes, ground.connection.where))
        if not ground.connection.is_direct():
            lines.append(ROUNDABOUT)
        if ground.connection.trust is not None:
            lines.insert(
                1, Check("certificates", ok=True, message=trust_in(ground.connection.trust))
            )
        return lines

    # What they are made of

    def _clear_up(self, *more: str) -> None:
        """Remove what probes have left, also those that were cut off."""
        connection, notes = self._ground.connection, self._ground.notes
        # What could not be noted is cleared up all the same.
        left = dict.fromkeys((*notes.probes, *more))
        try:
            for key in tuple(left):
                if cleared(connection, key):
                    del left[key]
        finally:
            notes.probes = tuple(left)

    def _offer(self, ability: str, key: str = "") -> None:
        if ability in self.traits.lacks:
            raise StorageError(f"this endpoint lacks {ability}", key=key)

    def _begun(self, key: str, body: Body, expect: Expected) -> Asked[BasicEntry]:
        self._offer("WritesConditionally", key)
        return uploads.begin(self._ground, key, body, expect)

    def _write(self, key: str, body: Body, expect: Expected | None) -> BasicEntry:
        if body.size <= self._ground.sizes.single:
            return uploads.write(self._ground, key, body, expect)
        return multipart.write(self._ground, key, body, expect)
