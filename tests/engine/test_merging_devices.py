"""Two devices, one bucket, any schema and any edits: what the devices end with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from buckia.errors import Unmergeable
from buckia.merging.model import Merged
from buckia.merging.rules import RowRules
from buckia.merging.whole import merge
from tests.engine.bench import Bench
from tests.merging import oracle
from tests.merging.files import Three
from tests.merging.schemas import Edit, Table, apply, create, edits, schemas

EXAMPLES = int(os.environ.get("MERGING_EXAMPLES", "100")) // 4
KEY = "App.sqlite"
RULES = ["local", "remote", "newest by v0"]


@contextmanager
def devices(rule: str) -> Iterator[tuple[Bench, Bench]]:
    with TemporaryDirectory() as folder:
        one, other = (
            Bench(Path(folder) / name, conflict_resolution="merge", merge={"*": rule})
            for name in ("one", "other")
        )
        other.use(one.store.store)
        yield one, other


def contents(path: Path, schema: tuple[Table, ...]) -> list[object]:
    return [oracle.counted(path, table) for table in schema]


def foretold(folder: Path, one: Bench, other: Bench, rule: str) -> tuple[Three, Merged | None]:
    """What the merge itself makes of these files, of which the first is in the bucket by then."""
    three = Three(folder)
    three.base.write_bytes(one.there()[KEY])
    three.remote.write_bytes((one.root / KEY).read_bytes())
    three.local.write_bytes((other.root / KEY).read_bytes())
    rules = one.config.replace(merge={"*": rule}).merge
    assert isinstance(rules, RowRules)
    try:
        return three, merge(three.base, three.local, three.remote, three.result, rules=rules)
    except Unmergeable:
        return three, None


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(schemas(), edits(6, 20), edits(3, 10), edits(3, 10), st.sampled_from(RULES))
def test_after_two_syncs_each_both_hold_what_came_of_both(
    schema: tuple[Table, ...], before: list[Edit], ours: list[Edit], theirs: list[Edit], rule: str
) -> None:
    with devices(rule) as (one, other), TemporaryDirectory() as folder:
        create(one.root / KEY, schema, before)
        one.done()
        other.done()
        apply(one.root / KEY, schema, ours)
        apply(other.root / KEY, schema, theirs)
        three, merged = foretold(Path(folder), one, other, rule)
        touched = contents(three.local, schema), contents(three.remote, schema)
        one.sync()
        result = other.sync()
        if merged is None or merged.waiting:
            event("not merged")
            assert (len(result.failed) or len(result.waiting)) == 1
            assert contents(other.root / KEY, schema) == touched[0]
            assert contents(one.root / KEY, schema) == touched[1]
            return
        rows = [
            line
            for conflict in result.conflicts
            if conflict.kept is not None
            for line in map(json.loads, Path(conflict.kept).read_text("utf-8").splitlines())
        ]
        assert len(rows) == len(merged.conflicts)
        event(f"{min(len(rows), 3)} conflicts")
        one.sync()
        other.sync()
        wanted = contents(three.result, schema)
        assert contents(one.root / KEY, schema) == wanted
        assert contents(other.root / KEY, schema) == wanted
        assert not one.status().actions
        assert not other.status().actions
