"""Keys are names from strangers: which are sound, which are ours, which meet under one name."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buckia.keys import (
    STATE_DIR,
    TEMPORARY,
    below,
    folded,
    folders_above,
    is_marker,
    is_ours,
    problem,
    unheld,
)
from buckia.model import Traits
from tests.core.names import sound_keys

ROOMY = Traits()

# Which keys nobody may ever act upon.


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "the key is empty"),
        ("a\0b", "NUL"),
        ("a/\0", "NUL"),
        ("a\\b", "backslash"),
        ("..\\b", "backslash"),
        ("C:x", "drive letter"),
        ("c:/x", "drive letter"),
        ("Z:", "drive letter"),
        ("/a", "absolute"),
        ("/", "absolute"),
        ("//a", "absolute"),
        ("/../a", "absolute"),
        ("..", "leads out"),
        ("../a", "leads out"),
        ("a/..", "leads out"),
        ("a/../b", "leads out"),
        ("a/../", "leads out"),
        (".", "segment"),
        ("./a", "segment"),
        ("a/.", "segment"),
        ("a/./b", "segment"),
        ("a//b", "segment"),
        ("a/", "segment"),
        ("a/b//", "segment"),
        ("a\ud800", "Unicode"),
        ("\udcff/b", "Unicode"),
    ],
)
def test_a_key_that_nobody_may_act_upon_is_named_with_its_reason(key: str, words: str) -> None:
    found = problem(key)
    assert found is not None
    assert words in found


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a/b/c",
        "...",
        "..a",
        "a..",
        ".a",
        "a.",
        ".../b",
        "a/.../b",
        " ",
        "a b/ c",
        "é/日本.jpg",
        "ab:c",
        "x/C:y",
        "1:x",
        "~/x",
        "-rf",
        "a*?<>|",
        "\n",
        "..\n",
        ".\n",
        "a/\n",
        "a/..\n",
        "a/.\n/b",
        "a\n",
        "a\n/b",
        "\n..\n",
        "\x01",
        "\x7f",
        "\U0010ffff",
    ],
)
def test_an_odd_name_is_still_a_name(key: str) -> None:
    assert problem(key) is None


@given(sound_keys)
@example("..\n")
@example("a/\n")
def test_whatever_is_made_of_sound_names_is_sound(key: str) -> None:
    assert problem(key) is None


@given(sound_keys, st.sampled_from(["", ".", ".."]), st.integers(0, 4))
def test_a_bad_segment_makes_a_key_unsound_wherever_it_stands(
    key: str, segment: str, at: int
) -> None:
    parts = key.split("/")
    parts.insert(at, segment)
    assert problem("/".join(parts)) is not None


@given(st.text(st.characters(), max_size=12))
def test_a_key_without_a_problem_names_one_place_below_a_folder(key: str) -> None:
    if problem(key) is not None:
        return
    key.encode()
    assert not set(key) & {"\0", "\\"}
    assert not {"", ".", ".."} & set(key.split("/"))


# Which of them are ours, and which are only marks.


@pytest.mark.parametrize(
    "key",
    [
        ".buckia",
        ".buckia.yaml",
        ".buckia.state",
        ".buckia.state/base.sqlite",
        ".buckia-staging",
        ".buckia/x",
        "a/.buckia",
        "a/.buckia.toml",
        "a/b/.buckia-tmp-7/c",
        f"{STATE_DIR}/trash/x",
        f"a/{TEMPORARY}1",
        ".BUCKIA",
        "x/.Buckia.State/base.sqlite",
        ".buckia.\n",
        "a/.buckia-\n",
    ],
)
def test_names_of_ours_are_known_at_any_depth(key: str) -> None:
    assert is_ours(key)


@pytest.mark.parametrize(
    "key",
    [
        "buckia",
        "buckia.state",
        "x.buckia",
        "a/x.buckia/b",
        ".buckiaignore",
        "a/.buckiaignore",
        ".buckiax",
        ".buckia_old",
        "..buckia",
        ".buckia\n",
        "a/.buckia\n",
        ".buckia\n/x",
        "",
    ],
)
def test_names_that_only_look_like_ours_are_others(key: str) -> None:
    assert not is_ours(key)


@pytest.mark.parametrize(
    ("key", "size", "marker"),
    [
        ("a/", 0, True),
        ("a/b/", 0, True),
        ("/", 0, True),
        ("a/", 1, False),
        ("a", 0, False),
        ("", 0, False),
        ("a/\n", 0, False),
    ],
)
def test_a_marker_is_an_empty_object_that_ends_with_a_slash(
    key: str, size: int, marker: bool
) -> None:
    assert is_marker(key, size) is marker


# What a store cannot hold.


@pytest.mark.parametrize(
    ("traits", "key", "words"),
    [
        (Traits(max_key_bytes=4), "abcde", "longer than 4 bytes"),
        (Traits(max_key_bytes=4), "ééé", "longer than 4 bytes"),
        (Traits(max_key_bytes=4), "a/b/c", "longer than 4 bytes"),
        (Traits(max_name_bytes=4), "abcde", "a name in the key is longer than 4 bytes"),
        (Traits(max_name_bytes=4), "a/ééé/b", "a name in the key is longer than 4 bytes"),
        (Traits(max_name_bytes=4), "a/b/abcde", "a name in the key is longer than 4 bytes"),
        (Traits(max_name_bytes=4), "\U0001f600\U0001f600", "a name in the key is longer"),
        (Traits(forbidden="*?"), "a?b*c", "'*', '?'"),
        (Traits(forbidden="\n"), "a/b\n", r"'\n'"),
    ],
)
def test_a_store_says_why_it_cannot_hold_a_key(traits: Traits, key: str, words: str) -> None:
    found = unheld(key, traits)
    assert found is not None
    assert words in found


@pytest.mark.parametrize(
    ("traits", "key"),
    [
        (ROOMY, "x" * 5000),
        (ROOMY, "a*?\n"),
        (Traits(max_key_bytes=4), "abcd"),
        (Traits(max_key_bytes=4), "éé"),
        (Traits(max_name_bytes=4), "abcd/abcd/abcd"),
        (Traits(max_name_bytes=4), "éé/éé"),
        (Traits(max_name_bytes=4), "\U0001f600/a"),
        (Traits(forbidden="*?"), "a/b"),
    ],
)
def test_up_to_its_limits_a_store_holds_a_key(traits: Traits, key: str) -> None:
    assert unheld(key, traits) is None


@given(sound_keys, st.integers(1, 20))
def test_the_limit_of_a_name_is_that_of_each_of_its_segments(key: str, limit: int) -> None:
    longest = max(len(name.encode()) for name in key.split("/"))
    assert (unheld(key, Traits(max_name_bytes=limit)) is not None) is (longest > limit)


# Which keys are one name to a store.

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
CASES = Traits(folds_case=True)
FORMS = Traits(folds_form=True)
ALL = Traits(folds_case=True, folds_form=True)


@pytest.mark.parametrize(
    ("one", "other", "traits", "meet"),
    [
        ("A", "a", ROOMY, False),
        ("A", "a", CASES, True),
        ("A", "a", FORMS, False),
        ("A/b", "a/B", ALL, True),
        ("A", "b", ALL, False),
        ("STRASSE", "straße", CASES, True),
        (COMPOSED, DECOMPOSED, ROOMY, False),
        (COMPOSED, DECOMPOSED, CASES, False),
        (COMPOSED, DECOMPOSED, FORMS, True),
        (COMPOSED, DECOMPOSED.upper(), FORMS, False),
        (COMPOSED, DECOMPOSED.upper(), ALL, True),
        (COMPOSED, "cafe", ALL, False),
    ],
)
def test_keys_meet_exactly_where_the_store_folds_them(
    one: str, other: str, traits: Traits, meet: bool
) -> None:
    assert (folded(one, traits) == folded(other, traits)) is meet


@given(sound_keys)
def test_a_store_that_folds_nothing_leaves_every_key_as_it_is(key: str) -> None:
    assert folded(key, ROOMY) == key


@given(sound_keys)
def test_all_forms_of_a_key_meet_where_forms_fold(key: str) -> None:
    for traits in (FORMS, ALL):
        forms = {folded(unicodedata.normalize(form, key), traits) for form in ("NFC", "NFD")}
        assert forms == {folded(key, traits)}


@given(st.text("aAbBéÉñÑ/.", min_size=1, max_size=8))
def test_all_cases_of_a_key_meet_where_cases_fold(key: str) -> None:
    for traits in (CASES, ALL):
        assert folded(key.upper(), traits) == folded(key.lower(), traits) == folded(key, traits)


# What lies above, and what below.


@pytest.mark.parametrize(
    ("key", "folders"),
    [("a", []), ("a/b", ["a"]), ("a/b/c", ["a", "a/b"]), ("a b/é/c.d", ["a b", "a b/é"])],
)
def test_the_folders_above_a_key_are_named_from_the_top(key: str, folders: list[str]) -> None:
    assert folders_above(key) == folders


@given(sound_keys)
def test_a_key_is_below_all_folders_above_it_and_not_below_itself(key: str) -> None:
    above = folders_above(key)
    assert len(above) == key.count("/")
    assert all(below(key, folder) for folder in above)
    assert all(below(inner, outer) for outer, inner in pairwise(above))
    assert not below(key, key)


@pytest.mark.parametrize(
    ("key", "folder", "held"),
    [
        ("a/b", "a", True),
        ("a/b", "a/", True),
        ("a/b/c", "a", True),
        ("a/b/c", "a/b", True),
        ("a", "a", False),
        ("ab", "a", False),
        ("a-b/c", "a", False),
        ("a.b", "a", False),
        ("b/a/c", "a", False),
        ("a", "", True),
        ("a/b", "", True),
    ],
)
def test_only_what_follows_the_slash_is_below_a_folder(key: str, folder: str, held: bool) -> None:
    assert below(key, folder) is held
