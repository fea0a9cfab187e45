"""The merge as a whole: a copy of the remote file takes in what the local side did."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buckia.errors import Corrupted
from buckia.merging import catalog, schema
from buckia.merging.keyed import merge_keyed
from buckia.merging.keyless import merge_keyless
from buckia.merging.model import Merged
from buckia.merging.opening import SIDE_FILES, naming, need_library, opened, told
from buckia.merging.ours import unite
from buckia.merging.references import refuse_orphans
from buckia.merging.rules import RowRules
from buckia.merging.virtual import rebuild

if TYPE_CHECKING:
    from apsw import Connection

_GIVEN = ("base", "local", "remote")
_SEQUENCES = """SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'"""


def merge(base: Path, local: Path, remote: Path, result: Path, *, rules: RowRules) -> Merged:
    """Write what came of both sides to `result`, a new file; none is left if it fails or waits.

    The three files are opened by an SQLite of our own, so no app may have them open.
    """
    need_library()
    with told():
        _copy(remote, result)
        with _gone_unless_whole(result):
            files = dict(zip(_GIVEN, (base, local, remote), strict=True))
            with opened(result, files, write=True) as db:
                merged = _merge(db, rules)
            if merged.waiting:
                _remove(result)
            else:
                _sync(result)
    return merged


def _copy(remote: Path, result: Path) -> None:
    handle = os.open(
        result, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
    )
    with os.fdopen(handle, "wb") as target, _gone_unless_whole(result), remote.open("rb") as source:
        shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _gone_unless_whole(result: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # whatever it was, half a result must not stay; it goes on its way
        _remove(result)
        raise


def _remove(result: Path) -> None:
    for ending in ("", *SIDE_FILES):
        result.with_name(result.name + ending).unlink(missing_ok=True)


def _sync(result: Path) -> None:
    handle = os.open(result, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _merge(db: Connection, rules: RowRules) -> Merged:
    schema.refuse_difference(db, "base", _GIVEN[1:])
    found = catalog.read(db)
    db.execute("BEGIN IMMEDIATE")
    taken = []
    for table in found.tables:
        catalog.refuse_null_keys(db, table, _GIVEN)
        one = merge_keyed if table.keys else merge_keyless
        with naming(table.name):
            taken.append(one(db, table, rules.of(table.name)))
    conflicts = tuple(conflict for table in taken for conflict in table.conflicts)
    if any(conflict.kept == "none yet" for conflict in conflicts):
        db.execute("ROLLBACK")
        return Merged(conflicts, 0, 0, waiting=True)
    merged = Merged(
        conflicts,
        sum(table.from_local for table in taken) + unite(db),
        sum(table.from_remote for table in taken),
        waiting=False,
    )
    _finish(db, found, changed=bool(merged.from_local or conflicts))
    db.execute("COMMIT")
    return merged


def _finish(db: Connection, found: catalog.Catalog, *, changed: bool) -> None:
    _raise_sequences(db)
    if changed:
        for name in found.rebuilt:
            rebuild(db, name)
    refuse_orphans(db, found.tables)
    [(verdict,)] = db.execute("PRAGMA main.integrity_check(1)").fetchall()
    if verdict != "ok":
        raise Corrupted(
            f"The merged database does not pass SQLite's check: {verdict}.",
            hint="Check the databases of both sides with PRAGMA integrity_check.",
        )


def _raise_sequences(db: Connection) -> None:
    """A number that AUTOINCREMENT gave away on any side must not be given again."""
    if not db.execute(_SEQUENCES).fetchall():
        return
    db.execute(
        "UPDATE main.sqlite_sequence AS s SET seq = max(s.seq, coalesce((SELECT max(l.seq)"
        " FROM local.sqlite_sequence AS l WHERE l.name = s.name), s.seq))"
    )
    db.execute(
        "INSERT INTO main.sqlite_sequence (name, seq) SELECT l.name, l.seq"
        " FROM local.sqlite_sequence AS l"
        " WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence AS s WHERE s.name = l.name)"
    )
