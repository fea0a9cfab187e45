"""What a provider remembers beside the state: small private files, whole or not there.

All of it may be lost at any time, and none of it is anybody's but the owner's.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from buckia.state import files


def write(path: Path, content: bytes) -> None:
    """Replace the note, whole or not at all; what the disk refuses is an `OSError`."""
    files.make_folder(path.parent)
    # Of this thread alone; what a killed process left there is written over.
    draft = path.with_suffix(f".{os.getpid()}-{get_ident():x}")
    try:
        _put(draft, content, os.O_TRUNC)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def append(path: Path, content: bytes) -> None:
    """Add to the note, or begin it."""
    files.make_folder(path.parent)
    _put(path, content, os.O_APPEND)


def _put(path: Path, content: bytes, flag: int) -> None:
    how = os.O_WRONLY | os.O_CREAT | flag | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, how, files.FILE), "wb") as note:
        note.write(content)
