"""A device of the user: it has the app's library, and Buckia keeps it in step with the bucket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from buckia import BuckiaClient, SyncResult
from buckia.errors import GuardStopped
from buckia.results import Conflict
from photo_app.library import COPIES, DATABASE, Library, take_in

_PAUSE = 0.1
"""Seconds between two syncs in the background; an app that is no story takes more."""
# The folder `library` here is the user's folder in the bucket. The ID is in this file only, and
# the app need not know it.
SETTINGS = """\
{bucket}:
  provider: local
  root: ../buckets
  bucket_name: {bucket}
  folders: [{user}]
  paths: [{{path: library, to: {user}/}}]
  delete_orphaned: true
  conflict_resolution: merge
  merge: {{albums: newest by edited, photos: newest by edited, "*": local}}
"""
# A device leaves the changes of friends to the server.
_NOTHING_OF_OTHERS = """\
  exclude: ["*.part", inbound/]
"""


class Device:
    """`home` is the folder that the device has for the app."""

    settings = SETTINGS + _NOTHING_OF_OTHERS

    def __init__(self, home: Path, user: str, bucket: str) -> None:
        self.home = home
        self.user = user
        self.told: list[dict[str, Any]] = []
        """Rows that both sides had changed, and what became of each."""
        self.folder = home / "library"
        home.mkdir()
        self.use(bucket)
        # What the user has on other devices comes first, or the app would begin a second database.
        self.sync()
        self.library = Library(self.folder)

    def use(self, bucket: str) -> None:
        """Sync with this bucket from now on."""
        self.bucket = bucket
        text = self.settings.format(bucket=bucket, user=self.user)
        (self.home / ".buckia").write_text(text, encoding="utf-8")

    def sync(self) -> SyncResult:
        with self._client() as client:
            result = client.sync()
        for conflict in result.conflicts:
            self._hear(conflict)
        self._take_copies_in()
        return result

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """Sync over and over in the background, until the user's folder is in another bucket."""
        enough = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(self._sync_until, enough)
            try:
                yield
            finally:
                enough.set()
            work.result()

    def moved_to(self) -> str:
        """The bucket that the user's folder was moved to; empty where it is still in this one."""
        with self._client() as client:
            return client.find_user(self.user).moved_to

    def restore(self, file: Path) -> None:
        """Bring back a file that a sync has deleted here."""
        with self._client() as client:
            client.restore(self._key(file))

    def close(self) -> None:
        self.library.close()

    def _client(self) -> BuckiaClient:
        return BuckiaClient.from_file(self.home / ".buckia", self.bucket)

    def _sync_until(self, enough: threading.Event) -> None:
        while not enough.wait(_PAUSE):
            try:
                # What fails because another device was quicker is done by the next sync.
                self.sync()
            except GuardStopped as error:
                if not error.moved_to:
                    raise
                return

    def _hear(self, conflict: Conflict) -> None:
        if conflict.resolution == "merge" and conflict.kept is not None:
            lines = Path(conflict.kept).read_text(encoding="utf-8").splitlines()
            self.told.extend(map(json.loads, lines))

    def _take_copies_in(self) -> None:
        """Where Buckia knows nothing to merge by, as after a move, it keeps both databases: ours
        is a copy beside the other then, on all devices. Whoever finds it first takes it in.
        """
        for copy in sorted(self.folder.glob(COPIES)):
            take_in(self.folder / DATABASE, copy)
            copy.unlink()

    def _key(self, file: Path) -> str:
        return f"{self.user}/{file.relative_to(self.folder).as_posix()}"
