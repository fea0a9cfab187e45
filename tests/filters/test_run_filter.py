"""What one run is narrowed to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.errors import ConfigError
from buckia.filters import RunFilter

KEYS = (
    *("a", "ab", "a.png", "a/b", "a/b.png", "a/b/c", "ab/c", "b/a", "b/a/c", "docs/x.md"),
    *("docs/old/y.md", "docs/old/y.txt", "images/x.jpg", "images/new/y.png", "é/日本.jpg"),
)


def narrowed_by(option: str, value: Any) -> RunFilter:
    """Any value, since some tests give one that no type allows."""
    return RunFilter(**{option: value})


def taken(run: RunFilter) -> list[str]:
    return [key for key in KEYS if run.takes(key)]


def test_nothing_given_narrows_nothing() -> None:
    run = RunFilter()
    assert not run.narrows
    assert taken(run) == list(KEYS)
    assert not run.prunes("a")
    assert not run.prunes("")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a.png"], ["a.png"]),
        (["a"], ["a", "a/b", "a/b.png", "a/b/c"]),
        (["a/"], ["a/b", "a/b.png", "a/b/c"]),
        (["a/b"], ["a/b", "a/b/c"]),
        (["a/b/"], ["a/b/c"]),
        (["./a/b/"], ["a/b/c"]),
        (["a/b/", "docs/x.md"], ["a/b/c", "docs/x.md"]),
        (["b", "b/a/c"], ["b/a", "b/a/c"]),
        (["é/"], ["é/日本.jpg"]),
        (["nothing"], []),
    ],
)
def test_a_path_is_a_key_or_a_folder(paths: list[str], expected: list[str]) -> None:
    run = RunFilter(paths=paths)
    assert run.narrows
    assert taken(run) == expected


@pytest.mark.parametrize(
    ("folder", "answer"),
    [
        ("", False),
        ("a", False),
        ("a/b", False),
        ("a/b/c", False),
        ("a/c", True),
        ("ab", True),
        ("x", True),
        ("x/y.png", False),
        ("x/z", True),
        ("x/y.png/", False),
    ],
)
def test_paths_prune_what_they_do_not_reach(folder: str, answer: bool) -> None:
    run = RunFilter(paths=["a/b/", "x/y.png"])
    assert run.prunes(folder) is (answer if folder != "x" else False)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"include": ["*.md"]}, ["docs/x.md", "docs/old/y.md"]),
        ({"include": ["docs/", "!old/"]}, ["docs/x.md"]),
        ({"include": ["docs/"], "exclude": ["*.md"]}, ["docs/old/y.txt"]),
        ({"exclude": ["a*", "/docs/", "b/"]}, ["images/x.jpg", "images/new/y.png", "é/日本.jpg"]),
        ({"exclude": ["*", "!docs/", "!x.md"]}, ["docs/x.md"]),
        ({"exclude": ["*", "!x.md"]}, []),
        ({"include_pattern": r"\.(jpg|png)$"}, ["a.png", "a/b.png", *KEYS[-3:]]),
        ({"include_pattern": "^a/"}, ["a/b", "a/b.png", "a/b/c"]),
        ({"include_pattern": "本"}, ["é/日本.jpg"]),
        ({"exclude_pattern": "[a-z]"}, []),
        ({"include_pattern": "old|new", "exclude_pattern": "txt$"}, [KEYS[-5], KEYS[-2]]),
        ({"paths": ["images/", "a"], "include": ["*.png"]}, ["a/b.png", "images/new/y.png"]),
        ({"paths": ["docs/"], "exclude": ["old/"]}, ["docs/x.md"]),
        ({"paths": ["a"], "include_pattern": "b", "exclude": ["*.png"]}, ["a/b", "a/b/c"]),
    ],
)
def test_each_thing_given_narrows_further(given_: dict[str, Any], expected: list[str]) -> None:
    run = RunFilter(**given_)
    assert run.narrows
    assert taken(run) == expected


def test_patterns_prune_too_but_regular_expressions_cannot() -> None:
    run = RunFilter(include=["/docs/", "*.md", "!/docs/old/"], exclude=["new/"])
    assert [run.prunes(folder) for folder in ("docs", "a", "images/new")] == [False, False, True]
    assert run.prunes("docs/old/x")
    assert RunFilter(include=["/docs/"]).prunes("images")
    assert not RunFilter(include_pattern="^docs/", exclude_pattern="images").prunes("images")


@pytest.mark.parametrize("option", ["include_pattern", "exclude_pattern"])
@pytest.mark.parametrize("pattern", ["(", "*.jpg", "a{99999999999}", "", "[b-a]"])
def test_a_bad_regular_expression_is_named(option: str, pattern: str) -> None:
    with pytest.raises(ConfigError) as error:
        narrowed_by(option, pattern)
    assert error.value.message.startswith(option)
    assert not pattern or repr(pattern) in error.value.message


@pytest.mark.parametrize(
    "path", ["", ".", "./", "/", "/etc", "../a", "a/../b", "a//b", "C:x", "a\\b"]
)
def test_a_path_that_can_be_no_key_is_an_error(path: str) -> None:
    with pytest.raises(ConfigError) as error:
        RunFilter(paths=["ok", path])
    assert repr(path) in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_pattern_that_can_have_no_effect_is_an_error(option: str) -> None:
    with pytest.raises(ConfigError, match=f"--{option}: the pattern '!.env' has no effect"):
        narrowed_by(option, ["!.env", "*.tmp"])
    with pytest.raises(ConfigError, match=f"--{option}: .* never match"):
        narrowed_by(option, ["[a"])
    with pytest.raises(ConfigError, match="list"):
        narrowed_by(option, "*.tmp")


def test_paths_are_a_list() -> None:
    with pytest.raises(ConfigError, match="list"):
        RunFilter(paths="images/")


@pytest.mark.parametrize("key", ["", "/", "/a", "a//b", "\ud800/a", "a/" * 5000 + "b"])
def test_a_key_that_nobody_may_act_upon_is_answered_without_an_error(key: str) -> None:
    run = RunFilter(paths=["a"], include=["*"], exclude=["é"])
    assert run.takes(key) in {True, False}


def test_thousands_of_paths_are_as_quick_as_one() -> None:
    paths = [f"folder{n}/sub/{m}.jpg" for n in range(200) for m in range(50)]
    run = RunFilter(paths=paths)
    assert all(run.takes(path) for path in paths)
    assert not any(run.takes(path + "x") for path in paths)
    assert not run.prunes("folder7/sub")
    assert run.prunes("folder7/other")


NAMES = st.sampled_from(["a", "b", "ab", "a.o", "é"])
SOME_KEYS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.one_of(
    SOME_KEYS,
    SOME_KEYS.map("/{}/".format),
    SOME_KEYS.map("!{}/".format),
    st.sampled_from(["*", "*.o", "!*.o", "a/**", "**/b", "!a*", "?", "a/*/"]),
)
LISTS = st.lists(PATTERNS, max_size=3).filter(lambda some: not some or not some[0].startswith("!"))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.one_of(SOME_KEYS, SOME_KEYS.map("{}/".format)), max_size=3),
    LISTS,
    LISTS,
    st.lists(SOME_KEYS, min_size=1, max_size=10),
)
def test_nothing_below_a_pruned_folder_is_taken(
    paths: list[str], include: list[str], exclude: list[str], keys: list[str]
) -> None:
    run = RunFilter(paths=paths, include=include, exclude=exclude)
    alone = [RunFilter(paths=paths), RunFilter(include=include), RunFilter(exclude=exclude)]
    for key in keys:
        assert run.takes(key) is all(one.takes(key) for one in alone)
        for end in range(key.count("/") + 1):
            folder = "/".join(key.split("/")[:end])
            assert not (run.prunes(folder) and run.takes(key))
            if any(one.prunes(folder) for one in alone):
                assert run.prunes(folder)
