"""What a bucket that means harm must not do to whoever syncs with it, measured from outside."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.torture.fuzz.malice import (
    MIB,
    PAGE,
    Script,
    Told,
    all_told,
    bunny_objects,
    empty_pages,
    endless,
    endless_head,
    huge_object,
    listing_of,
    longer_object,
    never_ending_object,
    objects,
    packed,
    same_page,
    serving,
    told,
)

SLACK = 10 * MIB
"""What two runs of the same work differ by."""
SPILLED = 120_000
"""Keys of which a run holds no more in memory than of this many."""
HONEST = {"a": 3, "bad": 3, "z": 3}
TEN_TIB = 10 << 40
_ETAG = f'"{"0" * 32}"'


class Scale(NamedTuple):
    """How large the harm is that is done."""

    few: int
    many: int
    """Keys of a large bucket; memory must be the same for both."""
    bomb: int
    """Bytes that a packed answer has when it is unpacked."""


SHORT = Scale(few=PAGE, many=12 * PAGE, bomb=200 * MIB)
LONG = Scale(few=20 * PAGE, many=500 * PAGE, bomb=2000 * MIB)


class Case(NamedTuple):
    name: str
    play_at: Callable[[Path, Scale], str]
    is_short: bool = True
    """Whether it needs no more than a few thousand keys."""

    def play(self, place: Path, scale: Scale) -> str:
        """How it ended; raises where it must not end so."""
        with tempfile.TemporaryDirectory(prefix="malice-", dir=place) as folder:
            return self.play_at(Path(folder), scale)


def _left(root: Path) -> dict[str, int]:
    """The files that are there now, and how large they are."""
    return {
        path.relative_to(root).as_posix(): path.stat().st_size
        for path in root.rglob("*")
        if path.is_file() and ".buckia.state" not in path.parts
    }


def _grown(place: Path, scale: Scale, **how: Any) -> tuple[int, Told]:
    """How much more memory a plan takes of a bucket with many keys than of one with few."""
    found: list[Told] = []
    for number in (scale.few, scale.many):
        with serving(listing_of(number)) as endpoint:
            found.append(told(endpoint, place / f"{number}", do="look", patience=3600.0, **how))
        assert (found[-1].ended, found[-1].seen) == ("done", number), found
    return found[1].peak - found[0].peak, found[1]


def excluded(place: Path, scale: Scale) -> str:
    grown, _ = _grown(place, scale, settings={"exclude": ["k/"]})
    assert grown < SLACK, f"{grown} bytes more"
    return f"{scale.many:,} keys need no memory"


def pushed(place: Path, scale: Scale) -> str:
    """What is only there is told; from 100,000 keys on that lies on the disk."""
    scale = scale._replace(few=SPILLED)
    grown, _ = _grown(place, scale, words={"direction": "push"})
    assert grown < SLACK, f"{grown} bytes more"
    return f"{scale.many:,} keys need no memory"


def differing(place: Path, scale: Scale) -> str:
    """New keys are differences, and the plan that tells of them grows with their number."""
    many = min(scale.many, 100_000)
    grown, _ = _grown(place, scale._replace(many=many))
    each = grown / (many - scale.few)
    assert each < 4096, f"{each:.0f} bytes for each key"
    return "new keys are differences: less than 4 KiB for each"


def without_end(place: Path, scale: Scale) -> str:
    """Always new keys are told from a large bucket by nobody; they cost no memory, and no hope."""
    with serving(listing_of(None)) as endpoint:
        found = [
            told(
                endpoint,
                place / f"{number}",
                do="look",
                settings={"exclude": ["k/"]},
                stop_after=number,
                patience=3600.0,
            )
            for number in {PAGE, scale.few, scale.many}
        ]
    assert {one.ended for one in found} == {"interrupted"}, found
    peaks = [one.peak for one in found]
    assert max(peaks) - min(peaks) < SLACK, found
    return "interrupted when somebody had enough"


def going_round(place: Path, _scale: Scale) -> str:
    _refused(place, same_page, 120 * MIB, [{"do": "look"}])
    return "noticed"


def empty_without_end(place: Path, _scale: Scale) -> str:
    _refused(place, empty_pages, 120 * MIB, [{"do": "look"}])
    return "noticed"


EVERYBODY: Sequence[dict[str, str]] = (
    {"provider": "s3"},
    {"provider": "bunny"},
    {"do": "linode api"},
    {"do": "bunny api"},
)


def _refused(place: Path, script: Script, most: int, hows: Sequence[dict[str, str]]) -> None:
    with serving(script) as endpoint:
        found = all_told(endpoint, place, hows)
    assert {one.ended for one in found} == {"Unavailable"}, found
    assert found[-1].peak < most, found


def bombs(place: Path, scale: Scale) -> str:
    _refused(place, packed(scale.bomb), 120 * MIB, EVERYBODY)
    return "not unpacked"


def answers_without_end(place: Path, _scale: Scale) -> str:
    """A folder of Bunny's comes in one answer, and may be larger than can be waited for here."""
    others = [how for how in EVERYBODY if how != {"provider": "bunny"}]
    _refused(place, endless, 250 * MIB, others)
    return "cut off"


def heads_without_end(place: Path, _scale: Scale) -> str:
    _refused(place, endless_head, 120 * MIB, EVERYBODY)
    return "cut off"


def objects_without_end(place: Path, _scale: Scale) -> str:
    """One of three is bad; the other two arrive, and nothing of it stays."""
    with serving(objects(HONEST, {"bad": never_ending_object})) as endpoint:
        found = told(endpoint, place / "root")
    assert set(found.failed) == {"bad"}, found
    assert _left(place / "root") == {"a": 3, "z": 3}
    assert found.peak < 100 * MIB, found
    return "refused, all others came"


def longer_than_told(place: Path, _scale: Scale) -> str:
    """What came is what the object says of itself; that the listing was older is no harm."""
    with serving(objects(HONEST, {"bad": longer_object})) as endpoint:
        found = told(endpoint, place / "root")
    left = _left(place / "root")
    assert left.pop("bad", MIB) == MIB
    assert left == {"a": 3, "z": 3}, found
    return "whole or not at all"


def larger_than_the_disk(place: Path, _scale: Scale) -> str:
    """Ten TiB, where no file may have more than a few MiB: they end, and leave nothing."""
    sizes = {**HONEST, "bad": TEN_TIB}
    with serving(objects(sizes, {"bad": huge_object(TEN_TIB)})) as endpoint:
        found = told(endpoint, place / "root", full_at=8 * MIB)
    assert set(found.failed) == {"bad"}, found
    assert _left(place / "root") == {"a": 3, "z": 3}
    assert found.peak < 100 * MIB, found
    return "refused, all others came"


def stored_packed(place: Path, _scale: Scale) -> str:
    """An object that says it is packed comes as it was stored."""
    content = b"\x1f\x8b\x08" + b"no gzip at all"
    script = objects(
        {"a": len(content)},
        {"a": lambda at: at.answer(content, ETag=_ETAG, Content_Encoding="gzip")},
    )
    digest = hashlib.sha256(content).hexdigest()
    zone = bunny_objects(content, digest, Content_Encoding="gzip")
    for provider, one in (("s3", script), ("bunny", zone)):
        with serving(one) as endpoint:
            found = told(endpoint, place / provider, provider=provider)
        assert (found.ended, found.failed) == ("done", {}), (provider, found)
        assert (place / provider / "a").read_bytes() == content
    return "byte for byte"


CASES = (
    Case("keys that are excluded", excluded),
    Case("keys of a bucket that is only pushed to", pushed, is_short=False),
    Case("keys that are new", differing, is_short=False),
    Case("keys without end", without_end),
    Case("pages that go round", going_round),
    Case("empty pages that go round", empty_without_end, is_short=False),
    Case("packed answers", bombs),
    Case("answers without end", answers_without_end),
    Case("heads without end", heads_without_end),
    Case("an object without end", objects_without_end),
    Case("an object that is longer than was told", longer_than_told),
    Case("an object larger than the disk", larger_than_the_disk),
    Case("objects that are stored packed", stored_packed),
)
