"""Where change files go that were refused: out of the way, with the reason beside them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import BinaryIO

import msgspec

from buckia.inbound import folder
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
    digest: str
    """Their SHA-256: only a file of these bytes is kept there."""


def keep(path: Path, quarantine: Path, error: Refused, step: Step) -> Quarantined:
    """Copy the file there, whole and durably; nothing that is there already is touched.

    The reason comes first, so that a kill never leaves a file there without one, and the same
    done again ends in the same state.
    """
    files.make_folder(quarantine)
    with folder.opened(path) as source:
        digest = _digest(source)
        target = _target(quarantine, path.name, digest)
        reason = Reason(path.name, error.message, error.hint, datetime.now(UTC))
        step("describe")
        content = msgspec.json.format(msgspec.json.encode(reason), indent=1) + b"\n"
        beside = target.with_name(target.name.removesuffix(BYTES) + REASON)
        _put(beside, BytesIO(content), Path.replace)
        step("place")
        if target.exists():
            # A kill may have come when it had its name, and the other one still.
            _draft(target).unlink(missing_ok=True)
        else:
            source.seek(0)
            _put(target, source, files.give_name)
    if _digest_at(target) != digest:
        # Somebody took the place, or the file was written to: the next call sees what there is.
        raise FileExistsError(f"{target} is another file")
    return Quarantined(path.name, error.message, target, digest)


def _target(quarantine: Path, name: str, digest: str) -> Path:
    """The first place that is free, or that has these very bytes already."""
    name = _ODD.sub("_", name)[:_LONGEST]
    for number in count(1):
        target = quarantine / f"{name}.{number}{BYTES}"
        if not target.exists() or _digest_at(target) == digest:
            return target
    raise AssertionError("numbers do not end")


def _digest_at(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: BinaryIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it can be read


def _draft(target: Path) -> Path:
    return target.with_name(f"{_DRAFT}{target.name}")


def _put(target: Path, source: BinaryIO, place: Callable[[Path, Path], object]) -> None:
    """Write the bytes beside the place, and durably give them their name there."""
    draft = _draft(target)
    try:
        with draft.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        place(draft, target)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    files.sync_folder(target.parent)
