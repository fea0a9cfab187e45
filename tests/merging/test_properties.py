"""What holds for every schema and all edits, against an oracle that knows rows only."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from buckia.errors import Unmergeable
from buckia.merging.diffing import differences
from buckia.merging.model import Merged
from buckia.merging.rules import RowRules, Rule
from buckia.merging.whole import merge
from tests.merging import oracle
from tests.merging.files import Three, sound
from tests.merging.schemas import Edit, Table, apply, create, edits, schemas

EXAMPLES = int(os.environ.get("MERGING_EXAMPLES", "100"))
DECIDING = [Rule("local"), Rule("remote"), Rule("newest", "v0"), Rule("newest", "k0")]
RULES = [*DECIDING, *DECIDING, Rule("ask")]
SWAPPED = {"local": Rule("remote"), "remote": Rule("local")}


def attempt(three: Three, rules: RowRules) -> Merged | None:
    """None where rows would lose the rows they belong to."""
    three.result.unlink(missing_ok=True)
    try:
        return merge(three.base, three.local, three.remote, three.result, rules=rules)
    except Unmergeable as error:
        if "would belong to" not in error.message or three.result.exists():
            raise
        return None


def contents(path: Path, schema: tuple[Table, ...]) -> list[Counter[Any]]:
    return [oracle.counted(path, table) for table in schema]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    schemas(),
    edits(6, 20),
    edits(3, 10),
    edits(3, 10),
    st.lists(st.sampled_from(RULES), min_size=3, max_size=3),
)
def test_every_row_is_as_its_side_or_its_rule_says(
    schema: tuple[Table, ...],
    before: list[Edit],
    ours: list[Edit],
    theirs: list[Edit],
    rule: list[Rule],
) -> None:
    chosen = {table.name: rule[n] for n, table in enumerate(schema)}
    rules = RowRules(default=Rule("ask"), tables=chosen)
    with TemporaryDirectory() as folder:
        three = Three(Path(folder))
        create(three.base, schema, before)
        for path, todo in ((three.local, ours), (three.remote, theirs)):
            path.write_bytes(three.base.read_bytes())
            apply(path, schema, todo)
        merged = attempt(three, rules)
        judge(three, schema, rules, merged)
        judge_the_other_way_round(three, schema, rules, merged)
        judge_without_edits(three, schema, rules)
        judge_differences(three, schema)


def judge(three: Three, schema: tuple[Table, ...], rules: RowRules, merged: Merged | None) -> None:
    if merged is None:
        assert oracle.orphans(three, schema, rules)
        return
    event("waiting" if merged.waiting else f"{min(len(merged.conflicts), 3)} conflicts")
    assert merged.waiting is any(one.kept == "none yet" for one in merged.conflicts)
    if not merged.waiting:
        sound(three.result)
    for table in schema:
        if table.keys:
            judge_keyed(three, table, rules.of(table.name), merged)
        else:
            judge_keyless(three, table, merged)


def judge_keyed(three: Three, table: Table, rule: Rule, merged: Merged) -> None:
    base, local, remote = sides = (
        oracle.keyed(three.base, table),
        oracle.keyed(three.local, table),
        oracle.keyed(three.remote, table),
    )
    told = [one for one in merged.conflicts if one.table == table.name]
    edited = [one for one in told if one.reason == "edited"]
    kept: dict[Any, str] = {}
    for one in edited:
        row = oracle.seen(table, one.local or one.remote)
        assert row is not None
        key = oracle.key_of(table, row)
        assert key not in kept
        kept[key] = one.kept
        assert oracle.seen(table, one.base) == base.get(key)
        assert oracle.seen(table, one.local) == local.get(key)
        assert oracle.seen(table, one.remote) == remote.get(key)
    assert kept == {
        key: oracle.winner(table, rule, local.get(key), remote.get(key))
        for key in oracle.disputed(*sides)
    }
    if merged.waiting:
        return
    wanted = oracle.merged(table, sides, kept)
    moved = set()
    for one in told:
        if one.reason == "unique":
            event("a value that must be unique")
            assert oracle.clash_is_real(three.base, table, one)
            assert one.kept == oracle.winner(
                table, rule, oracle.seen(table, one.local), oracle.seen(table, one.remote)
            )
            lost = oracle.seen(table, one.remote if one.kept == "local" else one.local)
            assert lost is not None
            key = oracle.key_of(table, lost)
            moved.add(key)
            assert key not in kept
            back = (local if one.kept == "local" else remote).get(key)
            wanted.pop(key, None)
            if back is not None:
                wanted[key] = back
    assert oracle.keyed(three.result, table) == wanted


def judge_keyless(three: Three, table: Table, merged: Merged) -> None:
    if merged.waiting:
        return
    wanted = oracle.merged_counts(
        *(oracle.counted(path, table) for path in (three.base, three.local, three.remote))
    )
    lost: Counter[oracle.Bits] = Counter()
    for one in merged.conflicts:
        if one.table == table.name:
            assert (one.key, one.reason) == ({}, "unique")
            assert oracle.clash_is_real(three.base, table, one)
            row = oracle.seen(table, one.remote if one.kept == "local" else one.local)
            assert row is not None
            lost[row] = 1
    assert oracle.counted(three.result, table) == wanted - lost


def judge_the_other_way_round(
    three: Three, schema: tuple[Table, ...], rules: RowRules, merged: Merged | None
) -> None:
    other = three.swapped()
    turned = {name: SWAPPED.get(rule.kind, rule) for name, rule in rules.tables.items()}
    again = attempt(other, RowRules(default=Rule("ask"), tables=turned))
    assert (again is None) is (merged is None)
    if merged is None or again is None:
        return
    assert (again.from_local, again.from_remote) == (merged.from_remote, merged.from_local)
    assert len(again.conflicts) == len(merged.conflicts)
    assert again.waiting is merged.waiting
    if not merged.waiting:
        assert contents(other.result, schema) == contents(three.result, schema)


def judge_without_edits(three: Three, schema: tuple[Table, ...], rules: RowRules) -> None:
    one = Three(three.base.parent)
    one.result = one.result.with_name("one.db")
    for local, remote, wanted in (
        (three.local, three.base, three.local),
        (three.base, three.remote, three.remote),
        (three.local, three.local, three.local),
    ):
        one.local, one.remote = local, remote
        merged = attempt(one, rules)
        assert merged is not None
        assert merged.conflicts == ()
        assert contents(one.result, schema) == contents(wanted, schema)


def judge_differences(three: Three, schema: tuple[Table, ...]) -> None:
    found = list(differences(three.base, three.local))
    for table in schema:
        old, new = oracle.counted(three.base, table), oracle.counted(three.local, table)
        mine = [change for change in found if change.table == table.name]
        gone = Counter(oracle.seen(table, one.old) for one in mine if one.old is not None)
        come = Counter(oracle.seen(table, one.new) for one in mine if one.new is not None)
        assert (gone, come) == (old - new, new - old)
