"""What a reset that is under way wrote down, so that whoever comes after a kill finishes it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from buckia.state import files
from buckia.state.seam import StateError, file_errors


class Phase(StrEnum):
    PLACING = "placing"
    """Nothing that was there is gone yet."""
    REPLACING = "replacing"
    """The database is the demo's; old files go."""
    SENDING = "sending"
    """All is done here; the bucket is made the same."""


class Reset(msgspec.Struct, frozen=True, kw_only=True):
    began: datetime
    """All that it replaces comes into the trash later."""
    phase: Phase
    user: str
    source: str
    """What keys begin with, of the user's folder and of the demo's in the bucket."""
    before: str
    """The version of the database that was cloned last, as it was when the reset began."""
    added: tuple[str, ...]
    rest: tuple[str, ...]
    """Keys; only these may go: what appears after a kill is somebody's."""


class Journal:
    """One file of the state."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Reset | None:
        """None where no reset is under way."""
        with file_errors("read", self._path):
            try:
                return msgspec.json.decode(self._path.read_bytes(), type=Reset)
            except FileNotFoundError:
                return None
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise StateError(
                    f"{self._path} can no longer be read, so the reset cannot be finished",
                    hint="remove that file, and run `buckia app reset` again",
                ) from error

    @property
    def path(self) -> Path:
        return self._path

    def write(self, reset: Reset) -> None:
        with file_errors("written", self._path):
            files.write(self._path, msgspec.json.encode(reset))

    def remove(self) -> None:
        with file_errors("written", self._path):
            self._path.unlink(missing_ok=True)
            files.sync_folder(self._path.parent)
