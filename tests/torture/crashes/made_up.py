"""Scenes that a seed makes up: what people of the random histories do between two syncs."""

from __future__ import annotations

import msgspec

from tests.histories.edits import Author
from tests.histories.oracle import NEWEST_WINS
from tests.histories.scenarios import HERE, Scenario
from tests.torture.crashes.scenes import Scene

NAMES = (
    *("a", "b.txt", "A", "a.tar.gz", ".hidden", "d/x", "d/y.jpg", "d/e/z", "d.txt", "a!"),
    *("e/f/g/h/i/j/k/deep.txt", "caf\u00e9.txt", "\u4e2d \U0001f600", "a b", "d/f g"),
)
"""Those of the histories that every service takes and no folder folds."""
_FOLDING = frozenset({"file_to_folder", "folder_to_file"})


def made_up(seed: int) -> Scene:
    """The same seed makes up the same."""
    author = Author(seed, HERE)
    author.names = author.chance.sample(NAMES, 8)
    first = [edit for edit in author.edits(20) if edit.place == HERE]
    before = tuple(msgspec.structs.replace(edit, act="write") for edit in first)
    scenario = Scenario(author.rules, before, tuple(author.edits(12)))
    if author.rules.policy == NEWEST_WINS or _stands_side_by_side(scenario):
        # Elsewhere what people put there has no time by which it could be the newest, and an
        # object may stand beside others below its name, which no folder can show.
        return Scene(scenario, ("local",))
    # A zone of Bunny does not let a file take the name of a folder, as people make it do here.
    return Scene(scenario, ("local", "s3"))


def _stands_side_by_side(scenario: Scenario) -> bool:
    """Whether a file here may become a folder there, where nothing may be deleted for it."""
    rules = scenario.rules
    may_stay = rules.direction == "push" and not rules.delete_orphaned
    return may_stay and any(edit.act in _FOLDING for edit in scenario.edits)
