"""For every schema and all rows: the demo's become as it has them, and nobody else's changes."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from buckia.errors import Unmergeable, Unsound
from buckia.showcase.applying import Applied, apply
from buckia.showcase.rules import ByColumn, ByIds, ByTables, RowRule
from tests.merging.schemas import Edit, Table, create, edits, schemas

EXAMPLES = int(os.environ.get("SHOWCASE_EXAMPLES", "100"))
RULES: list[RowRule] = [ByColumn("v0", 1), ByColumn("v0", "a"), ByTables(("t0",)), ByIds(0, 1)]
Rows = Counter[tuple[str, ...]]


def condition(rule: RowRule, table: Table) -> str:
    match rule:
        case ByColumn():
            return f"v0 IS {rule.value!r}"
        case ByTables():
            return "1" if table.name in rule.tables else "0"
    return f"k0 BETWEEN {rule.first} AND {rule.last}" if is_numbered(table) else "0"


def is_numbered(table: Table) -> bool:
    return len(table.keys) == 1 and table.keys[0].affinity in {"INTEGER", "INT"}


def rows(path: Path, table: Table, where: str) -> Rows:
    columns = ", ".join(f"quote({one.name}), typeof({one.name})" for one in table.columns)
    with closing(sqlite3.connect(path)) as database:
        return Counter(database.execute(f"SELECT {columns} FROM {table.name} WHERE {where}"))


def broken(path: Path) -> Counter[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return Counter(
            (row[0], row[2]) for row in database.execute("PRAGMA foreign_key_check").fetchall()
        )


def marked(todo: list[Edit]) -> list[Edit]:
    """Half of the rows are the demo's, as far as a column tells."""
    return [
        msgspec.structs.replace(one, values=(*one.values[:3], 1, *one.values[4:]))
        if one.place % 2
        else one
        for one in todo
    ]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(schemas(), edits(3, 15).map(marked), edits(3, 15).map(marked), st.sampled_from(RULES))
def test_rows_of_the_demo_are_its_own_and_all_others_the_users(
    schema: tuple[Table, ...], ours: list[Edit], theirs: list[Edit], rule: RowRule
) -> None:
    assume(all(table.keys for table in schema))
    with TemporaryDirectory() as folder:
        live, demo = Path(folder) / "live", Path(folder) / "demo"
        create(live, schema, ours)
        create(demo, schema, theirs)
        before = [
            (
                rows(live, one, f"NOT ({condition(rule, one)})"),
                rows(live, one, condition(rule, one)),
            )
            for one in schema
        ]
        references = broken(live)
        try:
            applied = apply(live, demo, rule, lambda: lambda: None)
        except (Unmergeable, Unsound) as error:
            event(f"stopped: {type(error).__name__}")
            for table, (users, demos) in zip(schema, before, strict=True):
                assert rows(live, table, "1") == users + demos
            return
        event("applied" if applied != Applied() else "nothing to do")
        left = 0
        for table, (users, demos) in zip(schema, before, strict=True):
            others = f"NOT ({condition(rule, table)})"
            assert rows(live, table, others) == users
            now, wanted = (rows(path, table, condition(rule, table)) for path in (live, demo))
            assert not wanted - now
            assert not now - wanted - demos
            left += (now - wanted).total()
        assert left == len(applied.left)
        assert not broken(live) - references
        assert apply(live, demo, rule, lambda: lambda: None) == Applied(left=applied.left)
