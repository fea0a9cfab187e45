"""The state folder, damaged in any way: nothing is lost by it, and nothing is taken for agreed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from buckia.errors import BuckiaError
from buckia.state import sidecar
from tests.guarantees.stage import files
from tests.torture.fuzz.hoard import Hoard, client, put
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.mutations import (
    BYTE_DEEDS,
    ODD_KEYS,
    ODD_VALUES,
    ODD_WORDS,
    Edit,
    edits,
    json_of,
)
from tests.torture.fuzz.watching import ended, in_time, keeps_secret, nothing_outside

AGREED = {name: f"agreed {name}".encode() for name in ("same", "mine", "theirs", "both", "d/lost")}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SIDECAR = {
    "key": "both",
    "side": "left",
    "reason": "conflict",
    "size": 4,
    "mtime_ns": 10**18,
    "when": "2026-01-02T03:04:05Z",
    "version": "v",
    "digests": {"sha256": "0" * 64},
    "origin": "",
    "run": "r",
    "mode": 420,
}
_NAME = "20260102T030405000000Z-{mark}-00000000"


class Damage(NamedTuple):
    """Done to the file of that number, or to the databases or the trash as a whole."""

    how: str
    file: int
    edits: list[Edit]
    text: bytes


damages = st.builds(
    Damage,
    st.sampled_from(("bytes", "bytes", "text", "link", "folder", "gone", "cells", "trash")),
    st.integers(0, 200),
    edits,
    json_of((SIDECAR, SIDECAR, {"habits": {}, "at": 1e9}, "word")),
)


def play(place: Path, given: Damage) -> str:
    root = place / "inner" / "root"
    put(root, AGREED)
    hoard = Hoard({})
    with client(hoard, root, delete_orphaned=True) as opened:
        opened.sync()
        _edit_both(root, hoard)
        opened.sync(conflict_resolution="local_wins")
        _edit_both(root, hoard, again=b" again")
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "theirs").write_bytes(b"not to be touched")
    _damage(root / ".buckia.state", given, place / "elsewhere" / "theirs")
    kept = _must_be_kept(root, hoard)
    with in_time(), nothing_outside(place, root):
        outcome = f"{given.how}: {_use(root, hoard)}"
    lost = kept - _everything(root, hoard)
    assert not lost, f"lost: {lost}"
    keeps_secret(root)
    return outcome


def _edit_both(root: Path, hoard: Hoard, again: bytes = b"") -> None:
    put(root, {"mine": b"edited here" + again, "both": b"here" + again, "new": b"new" + again})
    hoard.objects |= {"theirs": b"edited there" + again, "both": b"there" + again}
    hoard.objects["other"] = b"other" + again
    (root / "d/lost").unlink(missing_ok=True)


def _must_be_kept(root: Path, hoard: Hoard) -> set[bytes]:
    """What is here, and what was changed in the bucket since both agreed."""
    changed = ("theirs", "both", "other")
    return {*files(root).values(), *(hoard.objects[key] for key in changed)}


def _everything(root: Path, hoard: Hoard) -> set[bytes]:
    found = {path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return found | set(hoard.objects.values())


def _use(root: Path, hoard: Hoard) -> str:
    """All commands that read the state, the sync first."""
    outcome = "synced"
    with client(hoard, root, delete_orphaned=True) as opened:
        steps: Mapping[str, Callable[[], Any]] = {
            "status": opened.status,
            "sync": opened.sync,
            "versions": lambda: list(opened.versions()),
            "restore": lambda: opened.restore("both"),
            "restore as of a day": lambda: opened.restore("both", before=LONG_AGO),
            **{f"restore {key}": partial(opened.restore, key) for key in ("../evil", "/etc/evil")},
            "conflicts": opened.conflicts,
            "doctor": lambda: list(opened.doctor()),
        }
        for name, step in steps.items():
            try:
                found = step()
            except BuckiaError as error:
                if name == "sync":
                    outcome = ended(error)
                continue
            if name == "versions":
                outcome += f", {len(found)} versions" if len(found) != 3 else ""
            if name == "sync" and found.exit_code == 0 and not found.skipped:
                assert files(root) == hoard.objects, "it was said that both sides agree"
    return outcome


def _damage(state: Path, given: Damage, outside: Path) -> None:
    every = sorted(path for path in state.rglob("*") if path.is_file() and not path.is_symlink())
    chosen = every[given.file % len(every)]
    match given.how:
        case "bytes":
            content = chosen.read_bytes()
            for edit in given.edits or [Edit(1, given.file, 255)]:
                at = edit.place * 7919 % (len(content) + 1)
                words = (b"\xff" * 40, given.text[:500])
                content = BYTE_DEEDS[edit.deed % len(BYTE_DEEDS)](content, at, edit.value, words)
            chosen.write_bytes(content)
        case "text":
            chosen.write_bytes(given.text)
        case "link":
            chosen.unlink()
            chosen.symlink_to(outside)
        case "folder":
            chosen.unlink()
            chosen.mkdir()
        case "gone":
            folder = chosen.parent
            shutil.rmtree(folder) if given.file % 2 and folder != state else chosen.unlink()
        case "cells":
            _spoil_cells(state, given)
        case _:
            _spoil_trash(state, given, outside)


_CELLS = (
    *((table, column) for table in ("agreed",) for column in ("key", "left", "right", "size")),
    *(("agreed", "digests"), ("agreed", "origin"), ("origins", "name"), ("meta", "value")),
    *(("known", "version"), ("known", "digests"), ("known", "used"), ("meta", "key")),
)


def _spoil_cells(state: Path, given: Damage) -> None:
    """Values that the tables never held, in a database that is sound."""
    values = [one for one in (*ODD_VALUES, *ODD_WORDS, *ODD_KEYS) if _fits(one)]
    for base in state.glob("pairs/*/base.sqlite"):
        with closing(sqlite3.connect(base)) as connection, connection:
            for edit in given.edits or [Edit(0, 0, given.file)]:
                table, column = _CELLS[edit.deed % len(_CELLS)]
                value: Any = values[edit.value % len(values)]
                value = value.encode() if isinstance(value, str) and edit.place % 3 == 0 else value
                try:
                    connection.execute(
                        f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid IN"
                        f" (SELECT rowid FROM {table} LIMIT 1)"
                        if table == "origins"
                        else f"UPDATE OR IGNORE {table} SET {column} = ?",
                        (value,),
                    )
                except sqlite3.IntegrityError:
                    continue


def _fits(value: Any) -> bool:
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or isinstance(value, float | bytes)


def _spoil_trash(state: Path, given: Damage, outside: Path) -> None:
    """A version that nobody put there, with whatever is said beside it; or a day that leads out."""
    pairs = [path for path in (state / "trash").glob("*") if path.is_dir()]
    pair = pairs[0] if pairs else state / "trash" / "pair"
    day = pair / "2026-01-02"
    pair.mkdir(parents=True, exist_ok=True)
    if given.file % 5 == 0:
        day.symlink_to(outside.parent)
        return
    day.mkdir()
    name = _NAME.format(mark=sidecar.mark(_key_in(given.text)))
    if given.file % 3 == 0:
        (day / name).symlink_to(outside)
    else:
        (day / name).write_bytes(b"kept")
    (day / f"{name}.json").write_bytes(given.text)


def _key_in(text: bytes) -> str:
    """The key of a sidecar, without whose mark in its name nobody would ever read it."""
    try:
        told = json.loads(text)
        return str(told["key"]).encode(errors="replace").decode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return "both"


STATES = Kind("state", damages, play, short=15)
