"""Names in a bucket that were made to do harm, and what a bucket may tell of its objects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from buckia import keys
from buckia.errors import BuckiaError
from tests.guarantees.stage import files
from tests.torture.fuzz.hoard import Hoard, client, put
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.mutations import ODD_KEYS
from tests.torture.fuzz.watching import ended, in_time, keeps_secret, nothing_outside

_segments = st.sampled_from(ODD_KEYS) | st.text(max_size=5) | st.sampled_from("ab")
any_key = st.lists(_segments, min_size=1, max_size=4).map("/".join) | st.sampled_from(ODD_KEYS)
HOWS: Sequence[dict[str, Any]] = (
    {},
    {"delete_orphaned": True},
    {"direction": "push", "delete_orphaned": True},
    {"direction": "pull", "delete_orphaned": True},
    {"conflict_resolution": "newest_wins"},
)
how = st.sampled_from(HOWS)
MINE = {"good": b"good", "mine/a": b"mine"}


class Names(NamedTuple):
    keys: list[str]
    how: dict[str, Any]


def play_keys(place: Path, given: Names) -> str:
    root = place / "inner" / "root"
    put(root, MINE)
    (place / "evil").write_bytes(b"not to be touched")
    hoard = Hoard({key: f"there {number}".encode() for number, key in enumerate(given.keys)})
    before = dict(hoard.objects)
    try:
        with in_time(), nothing_outside(place, root), client(hoard, root) as opened:
            first = opened.sync()
            _nothing_lost(root, hoard, before)
            opened.sync(**given.how)
    except BuckiaError as error:
        _nothing_lost(root, hoard, before)
        return ended(error)
    _unsound_stay(hoard, before)
    keeps_secret(root, repr(first))
    return "all were transferred" if not first.skipped else "some were skipped"


def _nothing_lost(root: Path, hoard: Hoard, before: dict[str, bytes]) -> None:
    """Both sides still hold every byte, and what is new here are objects under their own names."""
    lost = {key for key, data in before.items() if data not in hoard.objects.values()}
    assert not lost, f"gone from the bucket: {lost}"
    _unsound_stay(hoard, before)
    here = files(root)
    assert {b"good", b"mine"} <= set(here.values())
    for key, data in here.items():
        assert keys.problem(key) is None, f"written here: {key!r}"
        assert not keys.is_ours(key), f"written here: {key!r}"
        assert hoard.objects.get(key, data) == data, f"other bytes under {key!r}"


def _unsound_stay(hoard: Hoard, before: dict[str, bytes]) -> None:
    for key, data in before.items():
        if keys.problem(key) is not None or keys.is_ours(key):
            assert hoard.objects.get(key) == data, f"touched: {key!r}"


ODD_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "size": st.sampled_from((-1, 0, 1, 10**13, 2**63 - 1, 2**63, 10**40)),
        "mtime_ns": st.sampled_from((None, 0, -1, 2**63 - 1, -(2**63), 2**63, 10**30, 10**19)),
        "changed": st.sampled_from(
            (None, datetime(2020, 1, 1), datetime.min, datetime.max.replace(tzinfo=UTC))  # noqa: DTZ001, DTZ901 - a store that forgot the zone
        ),
        "digests": st.sampled_from(
            ({"sha256": "0" * 64}, {"sha256": ""}, {"md5": "zz"}, {"\x1b[1m": "a b"}, {"x": "é"})
        ),
        "hints": st.sampled_from(({"md5": "0" * 32}, {"md5/0": "x"}, {"md5/-1": "x"}, {"": ""})),
        "version": st.sampled_from(("a b", "\n", "é", "x" * 5000, '"', "\x00", "\u202e")),
    },
)


class Claims(NamedTuple):
    told: dict[str, dict[str, Any]]
    how: dict[str, Any]


def play_claims(place: Path, given: Claims) -> str:
    """What is told of an object is wrong; its bytes are safe, and so are those here."""
    root = place / "root"
    put(root, {"a": b"same", "b": b"here"})
    there = {"a": b"same", "b": b"there", "c": b"only there"}
    hoard = Hoard(there)
    hoard.told = {key: dict(told) for key, told in given.told.items()}
    try:
        with in_time(), nothing_outside(place, root), client(hoard, root) as opened:
            result = opened.sync(**given.how)
            for row in opened.list_files():
                assert row.key
            opened.verify()
    except BuckiaError as error:
        outcome = ended(error)
    else:
        outcome = "some failed" if result.failed else "all were transferred"
    kept = {path.read_bytes() for path in root.rglob("*") if path.is_file()}
    lost = {b"same", b"here"} - kept - set(hoard.objects.values())
    assert not lost, f"lost: {lost}"
    if given.how.get("direction") != "push":
        assert set(there.values()) <= kept | set(hoard.objects.values())
    return outcome


KEYS = Kind(
    "keys", st.builds(Names, st.lists(any_key, min_size=1, max_size=8), how), play_keys, short=15
)
CLAIMS = Kind(
    "claims",
    st.builds(Claims, st.dictionaries(st.sampled_from("abc"), ODD_FIELDS, max_size=3), how),
    play_claims,
    short=15,
)
