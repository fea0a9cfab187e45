"""What a comparison comes to, from streams that are written down in a few words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from buckia.align import Block
from buckia.compare import Compared, Comparison, LeftItem, Located
from buckia.diff import Case
from buckia.model import Agreed, Gap, Skipped, Traits
from buckia.protocols import Entry
from tests.core.cases import entry, row
from tests.core.scopes import ROOT, Given, scope

T = TypeVar("T")
ROOMY = Traits()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """All that a comparison came to, over all its slices."""

    unchanged: int
    cases: Mapping[str, Case]
    forgotten: Sequence[str]
    gaps: Sequence[Gap]
    skipped: Mapping[str, str]
    """Why, by key; where there are several reasons, all of them."""
    secrets: set[str]
    foreign: Mapping[str, str]
    """By root, the first thing outside of the synced folders."""

    @property
    def is_silent(self) -> bool:
        """Nothing is to be decided, and nothing told."""
        return not (self.cases or self.forgotten or self.gaps or self.skipped or self.secrets)


def left_item(key: str, item: object) -> LeftItem:
    """What a test says in short: a text is an object, pairs of root and text are a `Located`."""
    if isinstance(item, str):
        return entry(item, f"left {item}", key=key)
    if isinstance(item, dict):
        pairs = ((origin, entry(text, f"left {text}", key=key)) for origin, text in item.items())
        return Located(tuple(pairs))
    assert isinstance(item, Gap | Skipped)
    return item


def left_block(left: Mapping[str, object]) -> Block[LeftItem]:
    """Marked where an item is no plain entry."""
    keys = sorted(left)
    items = [left_item(key, left[key]) for key in keys]
    return Block(keys, items, not all(isinstance(left[key], str) for key in keys))


def base_block(base: Mapping[str, str | tuple[str, str]]) -> Block[Agreed]:
    """Rows by key: the text that was agreed on, and perhaps the root it came through."""
    rows = []
    for key in sorted(base):
        said = base[key]
        text, origin = said if isinstance(said, tuple) else (said, ROOT)
        versions = {"left": f"left {text}", "right": f"right {text}"}
        rows.append(row(text, key=key, origin=origin, **versions))
    return Block(sorted(base), rows)


def right_block(right: Mapping[str, str]) -> Block[Entry]:
    keys = sorted(right)
    return Block(keys, [entry(right[key], f"right {right[key]}", key=key) for key in keys])


def compared(
    left: Mapping[str, object],
    base: Mapping[str, str | tuple[str, str]],
    right: Mapping[str, str],
    given_: Given | None = None,
    *,
    traits: Traits = ROOMY,
    pending: Sequence[str] = (),
) -> Found:
    """Compare as one slice, then once more with a slice for each key: both must be the same."""
    streams = (left_block(left), base_block(base), right_block(right))
    used = given_ or Given()
    found = []
    for cut in (False, True):
        comparison = Comparison(scope(used), root=ROOT, left_traits=traits, pending=pending)
        parts = _key_by_key(streams) if cut else [streams]
        slices = [comparison.slice(*part) for part in parts]
        found.append(_found(comparison, slices))
    assert found[0] == found[1]
    return found[0]


Parts = tuple[Block[LeftItem], Block[Agreed], Block[Entry]]


def _key_by_key(parts: Parts) -> Iterator[Parts]:
    left, base, right = parts
    for key in sorted({*left.keys, *base.keys, *right.keys}):
        yield _only(left, key), _only(base, key), _only(right, key)


def _only(block: Block[T], key: str) -> Block[T]:
    at = bisect_left(block.keys, key)
    return block.part(at, bisect_right(block.keys, key))


def _found(comparison: Comparison, slices: Sequence[Compared]) -> Found:
    skipped: dict[str, str] = {}
    for one in comparison.skipped:
        skipped[one.path] = f"{skipped.get(one.path, '')}{one.reason}; "
    return Found(
        unchanged=sum(each.unchanged for each in slices),
        cases={case.key: case for each in slices for case in each.cases},
        forgotten=[key for each in slices for key in each.forgotten],
        gaps=comparison.gaps,
        skipped=skipped,
        secrets=comparison.secrets,
        foreign=dict(comparison.scope.foreign),
    )
