"""The manifest against a dict, over random histories."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from buckia.model import Agreed, Forgotten, Intent, SideName
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest

keys = st.text(st.sampled_from("ab/é\ud7ff\ue000\uffff\U0010ffff"), max_size=3)
versions = st.sampled_from(["", "1", "12-34-56", '"etag"'])
packed = st.sampled_from(["", f"md5:{'0a' * 16}", f"sha256:{'f0' * 32}", "odd:zz"])
agreed = st.builds(
    Agreed, keys, versions, versions, st.integers(0, 2**63 - 1), packed, st.sampled_from("xyz")
)
changes = st.lists(st.one_of(agreed, st.builds(Forgotten, keys)), max_size=6)
intents = st.builds(Intent, keys, st.sampled_from(SideName), packed, st.integers(0, 9), versions)


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.rows: dict[str, Agreed] = {}
        self.wishes: dict[tuple[str, str], Intent] = {}
        self.open()

    def open(self) -> None:
        self.database = Database.open(Path(self.folder.name) / "base.sqlite")
        assert self.database.notices == ()
        self.manifest = SqliteManifest(self.database)

    @rule(changes=changes)
    def record(self, changes: list[Agreed | Forgotten]) -> None:
        self.manifest.record(iter(changes))
        for change in changes:
            if isinstance(change, Agreed):
                self.rows[change.key] = change
            else:
                self.rows.pop(change.key, None)
            for side in SideName:
                self.wishes.pop((change.key, side), None)

    @rule(wishes=st.lists(intents, max_size=4))
    def intend(self, wishes: list[Intent]) -> None:
        self.manifest.intend(iter(wishes))
        self.wishes.update({(wish.key, wish.side): wish for wish in wishes})

    @rule(changes=changes, wishes=st.lists(intents, max_size=4))
    def note(self, changes: list[Agreed | Forgotten], wishes: list[Intent]) -> None:
        """What was done, and what is meant to be done about other keys."""
        done = {change.key for change in changes}
        wishes = [wish for wish in wishes if wish.key not in done]
        self.manifest.note(iter(wishes), iter(changes))
        for change in changes:
            if isinstance(change, Agreed):
                self.rows[change.key] = change
            else:
                self.rows.pop(change.key, None)
            for side in SideName:
                self.wishes.pop((change.key, side), None)
        self.wishes.update({(wish.key, wish.side): wish for wish in wishes})

    @rule(prefix=keys)
    def look_below(self, prefix: str) -> None:
        expected = [self.rows[key] for key in sorted(self.rows) if key.startswith(prefix)]
        assert [row for block in self.manifest.scan(prefix) for row in block] == expected
        assert self.manifest.count_under(prefix) == len(expected)
        assert self.manifest.first_below(prefix) == (expected[0].key if expected else None)

    @rule(key=keys)
    def get(self, key: str) -> None:
        assert self.manifest.get(key) == self.rows.get(key)

    @precondition(lambda self: self.rows or self.wishes)
    @rule()
    def reopen(self) -> None:
        self.database.close()
        self.open()

    @invariant()
    def agrees_with_the_dict(self) -> None:
        found = [row for block in self.manifest.scan() for row in block]
        assert found == [self.rows[key] for key in sorted(self.rows)]
        assert self.manifest.intents() == [self.wishes[place] for place in sorted(self.wishes)]

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
