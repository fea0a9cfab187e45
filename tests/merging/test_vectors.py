"""Rows that both sides changed are told of as docs/vectors shows it to those who write clients."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from buckia.merging.model import Row, RowConflict
from buckia.merging.reporting import write_conflicts
from tests.inbound.world import vectors

VECTORS = vectors("row-conflicts")


def row(expressions: Mapping[str, str] | None) -> Row | None:
    if expressions is None:
        return None
    with closing(sqlite3.connect(":memory:")) as database:
        database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        values = (f"SELECT {text}" for text in expressions.values())
        return dict(
            zip(expressions, (database.execute(one).fetchone()[0] for one in values), strict=True)
        )


def conflict(case: Mapping[str, Any]) -> RowConflict:
    sides = {name: row(case["sql"][name]) for name in ("base", "local", "remote")}
    key = row(case["sql"]["key"])
    assert key is not None
    return RowConflict(
        table=case["table"], key=key, kept=case["kept"], reason=case["reason"], **sides
    )


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["name"]))
def test_a_row_is_told_of_in_one_line_as_is_shown(case: Mapping[str, Any], tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    write_conflicts(told, [conflict(case)])
    assert told.read_text(encoding="utf-8") == f"{case['line']}\n"
