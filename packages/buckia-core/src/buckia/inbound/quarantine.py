"""Where change files go that were refused: out of the way, with the reason beside them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import BinaryIO

import msgspec

from buckia.inbound.seam import Step
from buckia.inbound.trouble import Refused
from buckia.state import files

BYTES = ".refused"
REASON = ".reason.json"
_ODD = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 100
_DRAFT = ".buckia-"
"""Before the name of what is being written; one that a kill left is written over."""


class Reason(msgspec.Struct, frozen=True):
    """What stands beside a file in the quarantine."""

    name: str
    """The name that it came with."""
    reason: str
    hint: str
    when: datetime


class Quarantined(msgspec.Struct, frozen=True):
    name: str
    reason: str
    path: Path
    """Where the bytes are now."""


def move(path: Path, quarantine: Path, error: Refused, step: Step) -> Quarantined:
    """Move the file there, whole and durably; nothing that is there already is touched.

    The reason comes first, so that a kill never leaves a file there without one, and the same
    move done again ends in the same state.
    """
    files.make_folder(quarantine)
    target = _target(path, quarantine)
    reason = Reason(_printable(path.name), error.message, error.hint, datetime.now(UTC))
    step("describe")
    content = msgspec.json.format(msgspec.json.encode(reason), indent=1) + b"\n"
    _write(target.with_name(target.name.removesuffix(BYTES) + REASON), BytesIO(content))
    step("place")
    if not target.exists():
        _place(path, target)
    step("remove")
    path.unlink(missing_ok=True)
    return Quarantined(path.name, error.message, target)


def _target(path: Path, quarantine: Path) -> Path:
    """The first place that is free, or that has these very bytes already."""
    name = _ODD.sub("_", path.name)[:_LONGEST]
    for number in count(1):
        target = quarantine / f"{name}.{number}{BYTES}"
        if not target.exists() or _digest(path) == _digest(target):
            return target
    raise AssertionError("numbers do not end")


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _place(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        with path.open("rb") as source:
            _write(target, source)
    files.sync_folder(target.parent)


def _write(target: Path, source: BinaryIO) -> None:
    """Put the bytes there, whole or not at all, durably."""
    draft = target.with_name(f"{_DRAFT}{target.name}")
    try:
        with draft.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        draft.replace(target)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    files.sync_folder(target.parent)


def _printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
