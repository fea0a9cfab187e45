"""The folder that a store is about."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from buckia.errors import NotFound
from buckia.stores.local.faults import fault
from buckia.stores.local.flushing import Flushing
from buckia.stores.local.folders import Folder, open_folder


class Root:
    """Opened when it is first needed, and then held.

    It is looked up by its path each time, but must lead to the same folder as long as the store
    works on it: what was listed in one folder must not be written to another that took its name
    (a disk that was unplugged leaves an empty folder behind). Only a new listing looks anew.
    """

    def __init__(self, path: Path, hint: str) -> None:
        # Made absolute at once: a later change of the working directory must not move the root.
        self.path = os.path.abspath(path)
        self._hint = hint
        self._lock = Lock()
        self._held: Folder | None = None
        self.flushing = Flushing()
        self._seen: os.stat_result

    def folder(self, *, anew: bool = False) -> Folder:
        """The root as an open folder of the caller's own, to be closed by it."""
        with self._lock:
            held = self._found(anew=anew)
            try:
                return held.twin()
            except OSError as error:
                raise fault(error, "", called=self.path) from error

    def look(self) -> os.stat_result:
        """What it looks like, if it still is what it was."""
        with self._lock:
            self._found()
            return self._seen

    def _found(self, *, anew: bool = False) -> Folder:
        try:
            seen = os.stat(self.path)
            if self._held is None or (anew and not os.path.samestat(seen, self._seen)):
                self._flush()
                self._let_go()
                held = open_folder(self.path)
                try:
                    self._seen = seen = held.itself()
                except BaseException:  # nobody else knows of it, so it must not stay open
                    held.close()
                    raise
                self._held = held
            if os.path.samestat(seen, self._seen):
                return self._held
        except FileNotFoundError as error:
            raise NotFound(f"there is no folder {self.path}", hint=self._hint) from error
        except NotADirectoryError as error:
            raise NotFound(f"{self.path} is no folder", hint=self._hint) from error
        except OSError as error:
            raise fault(error, "", called=self.path) from error
        raise NotFound(
            f"{self.path} is not the folder any more that it was when it was opened",
            hint="check whether a disk was unplugged or the folder moved; then run again",
        )

    def flush(self) -> None:
        """Make durable what is owed, by way of a handle that was open before it was written."""
        with self._lock:
            self._flush()

    def leaves(self, device: int) -> bool:
        """Leave what was written on this device to the next flush; False where that cannot be."""
        with self._lock:
            held = self._held
            if held is None or held.fd is None or self._seen.st_dev != device:
                return False
            if not self.flushing.can_wait(held.fd):
                return False
            self.flushing.owe()
            return True

    def _flush(self) -> None:
        if self._held is not None and self._held.fd is not None:
            self.flushing.flush(self._held.fd)

    def check(self) -> None:
        """Raise `NotFound` unless the root still is what it was."""
        self.folder().close()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def close(self) -> None:
        with self._lock:
            self._let_go()
            self.flushing = Flushing()
