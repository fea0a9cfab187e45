"""Strategies for Hypothesis: keys and contents as strangers make them.

    @given(objects(store.traits))
    def test_it_keeps_everything(objects): ...

The words that keys are made of are few and look alike, so that what is rare in life is common
here: a file and a folder of one name, neighbours in key order, names that differ by case only.
"""

from __future__ import annotations

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ImportError(
        "buckia.testing.model needs hypothesis; install it with: pip install 'buckia-core[testing]'"
    ) from error

from buckia import keys as soundness
from buckia.body import CHUNK, BytesBody
from buckia.model import Traits
from buckia.testing.cases.names import HOSTILE
from buckia.testing.steps import coexisting, content

WORDS = (
    *("a", "A", "aa", "b", "a!", "a-b", "a.txt", "a.TXT", "a0", "a b", "a+b", "a%20b", "a~"),
    *(".hidden", "...", "-", "0", "007", "null", "caf\u00e9", "cafe\u0301", "CAF\u00c9"),
    *("stra\u00dfe", "STRASSE", "\u0130", "i\u0307", "\ufb01", "fi", "\u4e2d", "\U0001f600"),
    *("\ufffd", "\U00010000", "#", "?", "&", "*", "[a]", "'", '"', "$HOME", "%", "{}"),
)
"""Names that collide, that sort in unexpected places, or that somebody forgets to quote."""

TIMES = (0, 1, 999_999_999, 1_000_000_000, 1_600_000_000_123_456_789, 4_102_444_800_000_000_000)
ANY = Traits()


def _is_sound(key: str, traits: Traits) -> bool:
    return (
        soundness.problem(key) is None
        and not soundness.is_ours(key)
        and soundness.unheld(key, traits) is None
    )


def names() -> st.SearchStrategy[str]:
    """One segment of a key: a word from the list, or any text without a slash."""
    anything = st.characters(exclude_categories=["Cs"], exclude_characters="/\\\x00")
    return st.one_of(st.sampled_from(WORDS), st.text(anything, min_size=1, max_size=8))


def keys(traits: Traits = ANY) -> st.SearchStrategy[str]:
    """Keys that are sound, take part in a sync, and can be held by stores of these traits."""
    paths = st.lists(names(), min_size=1, max_size=4).map("/".join)
    return paths.filter(lambda key: _is_sound(key, traits))


def hostile_keys() -> st.SearchStrategy[str]:
    """Keys that nobody may ever act upon: each has a `buckia.keys.problem`."""
    evil = st.sampled_from(["..", ".", "", "\x00", "a\\b", "\ud800"])
    wrapped = st.tuples(st.lists(names(), max_size=2), evil, st.lists(names(), max_size=2)).map(
        lambda parts: "/".join([*parts[0], parts[1], *parts[2]])
    )
    known = st.sampled_from(sorted(HOSTILE.values()))
    return st.one_of(known, wrapped).filter(lambda key: soundness.problem(key) is not None)


def contents(largest: int = 2 * CHUNK) -> st.SearchStrategy[bytes]:
    """Bytes of any kind: none, few, and such as end at the border of a chunk."""
    borders = [size for size in (CHUNK - 1, CHUNK, CHUNK + 1) if size <= largest]
    few = st.binary(max_size=min(64, largest))
    if not borders:
        return few
    return st.one_of(few, st.sampled_from(borders).map(content))


def bodies(largest: int = 2 * CHUNK) -> st.SearchStrategy[BytesBody]:
    """Contents with a time, a content type and metadata, or without."""
    metadata = st.dictionaries(
        st.sampled_from(["colour", "owner", "x-1"]), st.text("abc 012-", max_size=5), max_size=2
    )
    return st.builds(
        BytesBody,
        data=contents(largest),
        mtime_ns=st.none() | st.sampled_from(TIMES),
        content_type=st.none() | st.sampled_from(["text/plain", "image/png"]),
        metadata=metadata,
    )


def objects(
    traits: Traits = ANY, *, largest: int = 64, most: int = 8
) -> st.SearchStrategy[dict[str, bytes]]:
    """What one store of these traits can hold at once: no two keys in each other's way."""
    found = st.dictionaries(keys(traits), contents(largest), max_size=most)
    return found.map(lambda held: {key: held[key] for key in coexisting(list(held), traits)})
