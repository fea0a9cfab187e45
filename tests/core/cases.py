"""Keys as a run may find them: entries, rows and cases, made from the bytes they stand for.

Here a test knows the bytes behind every entry, and the code under test only what a store tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from hypothesis import strategies as st

from buckia import digests
from buckia.diff import Case, Change, changes
from buckia.model import Agreed, BasicEntry, SideName

SHA = ("sha256",)
LEFT, RIGHT = SideName.LEFT, SideName.RIGHT


def change(case: Case, side: SideName) -> Change:
    """What happened on one of the sides."""
    left, right = changes(case)
    return left if side is LEFT else right


def told(text: str, algorithms: Iterable[str] = SHA) -> dict[str, str]:
    """The digests of a text."""
    return {name: digests.of(text.encode(), name) for name in algorithms}


def entry(
    text: str,
    version: str = "v1",
    *,
    key: str = "k",
    knows: Iterable[str] = SHA,
    hints: Iterable[str] = (),
    mtime_ns: int | None = None,
) -> BasicEntry:
    """An object of these bytes; `knows` and `hints` are the algorithms that it tells of."""
    return BasicEntry(
        key=key,
        size=len(text.encode()),
        version=version,
        mtime_ns=mtime_ns,
        digests=told(text, knows),
        hints=told(text, hints),
    )


def row(
    text: str,
    *,
    key: str = "k",
    left: str = "L0",
    right: str = "R0",
    knows: Iterable[str] = SHA,
    origin: str = "",
) -> Agreed:
    """A base row: both sides held these bytes under these versions."""
    return Agreed(
        key=key,
        left=left,
        right=right,
        size=len(text.encode()),
        digests=digests.pack(told(text, knows)),
        origin=origin,
    )


def case(
    left: BasicEntry | None,
    right: BasicEntry | None,
    base: Agreed | None = None,
    *,
    origin: str = "",
    elsewhere: str = "",
) -> Case:
    return Case(key="k", left=left, right=right, base=base, origin=origin, elsewhere=elsewhere)


BASE, OURS, THEIRS = "base", "ours", "them"
"""Three texts of one size, so that the size alone tells none from another."""


def changed(left: str, right: str) -> Case:
    """A key with a base row, and what became of its sides: kept, written or removed."""
    states: Mapping[str, Mapping[SideName, BasicEntry | None]] = {
        "kept": {LEFT: entry(BASE, "L0"), RIGHT: entry(BASE, "R0")},
        "written": {LEFT: entry(OURS, "L1"), RIGHT: entry(THEIRS, "R1")},
        "removed": {LEFT: None, RIGHT: None},
    }
    return case(states[left][LEFT], states[right][RIGHT], row(BASE))


def met(left: str, right: str) -> Case:
    """A key without a base row: on each side absent or present, with different bytes."""
    return case(
        entry(OURS, "L1") if left == "present" else None,
        entry(THEIRS, "R1") if right == "present" else None,
    )


# Everything that can be, for Hypothesis.


class World(msgspec.Struct, frozen=True):
    """A case, and what the code cannot see: the bytes of both sides and those agreed upon."""

    case: Case
    left: str | None
    right: str | None
    base: str | None

    def text(self, side: SideName) -> str | None:
        return self.left if side is LEFT else self.right

    def proven(self) -> Case:
        """The case with all digests known."""
        full = self.case
        if full.base is not None and self.base is not None:
            packed = digests.pack(told(self.base, digests.ALGORITHMS))
            full = msgspec.structs.replace(
                full, base=msgspec.structs.replace(full.base, digests=packed)
            )
        for side in SideName:
            seen, text = full.side(side), self.text(side)
            if seen is not None and text is not None:
                known = msgspec.structs.replace(seen, digests=told(text, digests.ALGORITHMS))
                full = msgspec.structs.replace(full, **{side.value: known})
        return full


TEXTS = (BASE, OURS, THEIRS, "longer")
NOW_NS = 1_700_000_000_000_000_000
known = st.sets(st.sampled_from(["sha256", "md5"])).map(sorted)
times = st.none() | st.sampled_from([0, 1, 2_000_000_000, 5_000_000_000, NOW_NS, NOW_NS + 1])


@st.composite
def worlds(draw: st.DrawFn, *, based: bool | None = None) -> World:
    """Any key; an entry of the base's version has the base's bytes, as versions promise."""
    has_base = draw(st.booleans()) if based is None else based
    base = draw(st.sampled_from(TEXTS)) if has_base else None
    texts: dict[SideName, str | None] = {}
    entries: dict[SideName, BasicEntry | None] = {}
    for side in SideName:
        kept = base is not None and draw(st.booleans())
        text = base if kept else draw(st.none() | st.sampled_from(TEXTS))
        texts[side] = text
        version = f"{side.value}-{'agreed' if kept else 'other'}"
        entries[side] = None
        if text is not None:
            entries[side] = entry(
                text,
                version,
                knows=draw(known),
                hints=draw(known),
                mtime_ns=draw(times),
            )
    agreed = None
    if base is not None:
        agreed = row(base, left="left-agreed", right="right-agreed", knows=draw(known))
    return World(case(entries[LEFT], entries[RIGHT], agreed), texts[LEFT], texts[RIGHT], base)
