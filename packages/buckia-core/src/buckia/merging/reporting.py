"""Conflicts as a file that people can read and programs, too."""

from __future__ import annotations

import json
import math
import os
import secrets
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from buckia.merging.model import Row, RowConflict, Value


def write_conflicts(path: Path, conflicts: Iterable[RowConflict]) -> None:
    """One line of JSON for each; the file is whole and durable, or as it was before.

    Bytes are `{"base64": ...}`, and numbers that JSON does not know are `{"real": "inf"}`.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            for conflict in conflicts:
                file.write(_line(conflict))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _line(conflict: RowConflict) -> bytes:
    content = {
        "table": conflict.table,
        "key": _plain(conflict.key),
        "reason": conflict.reason,
        "kept": conflict.kept,
        "base": _plain(conflict.base),
        "local": _plain(conflict.local),
        "remote": _plain(conflict.remote),
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    # Halves of surrogates become \udc80 and the like, which is how JSON writes them.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _plain(row: Row | None) -> Any:
    return None if row is None else {name: _value(value) for name, value in row.items()}


def _value(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return {"real": str(value)}
    return value


def _sync_folder(path: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        # Some network file systems cannot sync a folder and say so; then it needs none.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
