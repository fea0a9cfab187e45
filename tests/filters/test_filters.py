"""What takes part: the order of the sources, what is secret, what is ours, and what is pruned."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.errors import ConfigError
from buckia.filters import DEFAULTS, Filters, Verdict
from buckia.filters.gitignore import octets, rule_of
from buckia.keys import is_ours

TAKES_PART, EXCLUDED, SECRET, OURS = Verdict


def filters_of(
    texts: dict[str, str] | None = None,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Filters:
    """Filters of a tree whose ignore files are given by folder."""

    def ignore_texts(folder: str) -> tuple[str, ...]:
        return (texts[folder],) if texts and folder in texts else ()

    return Filters(include=include, exclude=exclude, ignore_texts=ignore_texts)


def taken(filters: Filters, *keys: str) -> list[str]:
    return [key for key in keys if filters.verdict(key) is TAKES_PART]


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("a.txt", TAKES_PART),
        (".buckiaignore", TAKES_PART),
        ("x/.buckiaignore", TAKES_PART),
        (".gitignore", TAKES_PART),
        (".git", TAKES_PART),
        (".git/config", EXCLUDED),
        ("x/.git/objects/ab/cd", EXCLUDED),
        (".env", SECRET),
        (".env.local", SECRET),
        ("x/y/.env", SECRET),
        (".envs/staging.yaml", SECRET),
        ("x/.env/lib/python/site.py", SECRET),
        ("server.pem", SECRET),
        ("keys/a.pem", SECRET),
        ("id_rsa", SECRET),
        ("id_rsa.pub", SECRET),
        (".ssh/id_ed25519", SECRET),
        ("env", TAKES_PART),
        ("a.env", TAKES_PART),
        ("a.pem.txt", TAKES_PART),
        ("my_id_rsa", TAKES_PART),
        (".ENV", TAKES_PART),
        (".buckia", OURS),
        (".buckia.toml", OURS),
        ("x/.buckia-staging", OURS),
        (".buckia.state/base.sqlite", OURS),
        ("x/.buckia-tmp-12/y/z", OURS),
        (".buckia.state/.env", OURS),
        (".BUCKIA", OURS),
        ("x/.Buckia.State/base.sqlite", OURS),
        (".git/.BUCKIA", OURS),
        ("x.buckia", TAKES_PART),
        (".buckiax", TAKES_PART),
    ],
)
def test_without_any_configuration_this_holds(key: str, verdict: Verdict) -> None:
    assert filters_of().verdict(key) is verdict


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("!.git/", ".git/config"),
        ("!.env.example", "x/.env.example"),
        ("!*.pem", "a.pem"),
        ("!/public/ca.pem", "public/ca.pem"),
        ("!id_rsa.pub", "id_rsa.pub"),
        ("!id_ed25519*", "x/id_ed25519"),
        ("!.envs/", ".envs/a"),
    ],
)
def test_a_default_is_brought_back_from_everywhere(pattern: str, key: str) -> None:
    folder = key.rpartition("/")[0]
    assert filters_of().verdict(key) is not TAKES_PART
    assert filters_of(exclude=[pattern]).verdict(key) is TAKES_PART
    assert filters_of({"": pattern}).verdict(key) is TAKES_PART
    if not pattern.endswith("/") and not pattern.startswith("!/") and folder:
        assert filters_of({folder: pattern}).verdict(key) is TAKES_PART


def test_nothing_brings_back_what_is_ours() -> None:
    everything = ["!*", "!.buckia*", "!**/.buckia.state/**"]
    filters = filters_of({"": "\n".join(everything)}, exclude=everything, include=["*", ".buckia*"])
    for key in (".buckia", "x/.buckia.yaml", ".buckia.state/base.sqlite", ".buckia-tmp-1"):
        assert filters.verdict(key) is OURS
    assert filters_of(exclude=["x/", ".buckia*"]).verdict("x/y/.buckia") is OURS
    assert filters_of(include=["/a/"]).verdict(".envs/.buckia/z") is OURS


def test_a_secret_that_is_also_excluded_by_choice_is_no_longer_worth_a_word() -> None:
    filters = filters_of({"": "*.pem\n"})
    assert filters.verdict("a.pem") is EXCLUDED
    assert filters.verdict(".env") is SECRET
    assert filters_of(exclude=["keys/"]).verdict("keys/a.pem") is EXCLUDED


def test_the_deeper_ignore_file_wins_and_the_configuration_wins_over_both() -> None:
    texts = {"": "*.log\n*.bak\n", "x": "!*.log\n", "x/y": "*.log\n!*.bak\n"}
    keys = ("a.log", "x/a.log", "x/y/a.log", "x/y/z/a.log", "x/a.bak", "x/y/a.bak")
    assert taken(filters_of(texts), *keys) == ["x/a.log", "x/y/a.bak"]
    assert taken(filters_of(texts, exclude=["!*.log"]), *keys) == [*keys[:4], "x/y/a.bak"]
    assert taken(filters_of(texts, exclude=["x/"]), *keys) == []


def test_an_ignore_file_says_nothing_about_its_own_folder_or_others() -> None:
    filters = filters_of({"x": "x\n/a\ny/b\n", "x/é": "/c\nd/e\n"})
    keys = ("x/k", "a", "b", "z/a", "y/b", "x/a", "x/y/b", "x/y/a", "x/x", "x/z/x/k")
    assert taken(filters, *keys) == ["x/k", "a", "b", "z/a", "y/b", "x/y/a"]
    assert taken(filters, "c", "x/c", "x/é/c", "x/é/d/e", "x/é/f") == ["c", "x/c", "x/é/f"]


def test_of_several_texts_for_one_folder_the_later_wins() -> None:
    filters = Filters(ignore_texts=lambda folder: () if folder else ("*.a\n!*.b", "*.b\n!*.a\n"))
    assert taken(filters, "k.a", "k.b") == ["k.a"]


def test_patterns_of_the_configuration_are_taken_whole() -> None:
    filters = filters_of(exclude=["#*#", "a ", "b\nc"])
    assert taken(filters, "#a#", "a ", "a", "b\nc", "b", "c") == ["a", "b", "c"]


INCLUDES: list[tuple[list[str], str, bool]] = [
    (["*.jpg"], "a.jpg", True),
    (["*.jpg"], "x/y/a.jpg", True),
    (["*.jpg"], "a.png", False),
    (["docs/"], "docs/a/b", True),
    (["docs/"], "x/docs/a", True),
    (["docs/"], "docs", False),
    (["/docs/"], "x/docs/a", False),
    (["/docs/*.md"], "docs/a.md", True),
    (["/docs/*.md"], "docs/x/a.md", False),
    (["docs/**"], "docs/x/a.md", True),
    (["a/**/b"], "a/x/y/b", True),
    (["a/**/b"], "a/x/y/c", False),
    (["docs/", "!*.tmp"], "docs/a.tmp", False),
    (["docs/", "!docs/old/"], "docs/old/a", False),
    (["docs/", "!docs/old/", "*.md"], "docs/old/a.md", True),
    (["docs/", "!docs/old/", "*.md"], "docs/old/a.txt", False),
    (["*.md", "!docs/"], "docs/a.md", False),
    (["*", "!docs/", "docs/keep/"], "docs/keep/a", True),
    (["*", "!docs/", "docs/keep/"], "docs/drop/a", False),
    (["é/"], "é/日本", True),
]


@pytest.mark.parametrize(("include", "key", "answer"), INCLUDES)
def test_include_names_all_that_takes_part(include: list[str], key: str, answer: bool) -> None:
    assert filters_of(include=include).verdict(key) is (TAKES_PART if answer else EXCLUDED)


def test_include_brings_nothing_back_that_is_excluded() -> None:
    filters = filters_of({"": "*.tmp\n"}, include=["*.tmp", ".env", "docs/"], exclude=["*.bak"])
    assert taken(filters, "a.tmp", "docs/a.bak", "docs/.env", "docs/a") == ["docs/a"]


def test_a_secret_counts_only_where_include_names_it() -> None:
    filters = filters_of(include=["*.jpg", "docs/", ".env"])
    assert filters.verdict(".env") is SECRET
    assert filters.verdict("docs/a.pem") is SECRET
    assert filters.verdict("a.pem") is EXCLUDED
    assert filters.verdict(".envs/a.jpg") is SECRET
    assert filters.verdict(".envs/a.txt") is EXCLUDED
    assert filters.verdict(".envs/docs/a.txt") is SECRET
    assert filters.prunes(".envs")
    assert filters.prunes(".envs/docs")


@pytest.mark.parametrize(
    ("include", "folder", "answer"),
    [
        (["*.jpg"], "x/y", False),
        (["/docs/"], "docs", False),
        (["/docs/"], "docs/x", False),
        (["/docs/"], "doc", True),
        (["/docs/"], "x", True),
        (["/docs/"], "x/docs", True),
        (["docs/"], "x/y", False),
        (["/a/b/c.txt"], "a", False),
        (["/a/b/c.txt"], "a/b", False),
        (["/a/b/c.txt"], "a/b/c.txt", False),
        (["/a/b/c.txt"], "a/b/d", True),
        (["/a/b/c.txt"], "a/c", True),
        (["/a/*.md"], "a/x", True),
        (["/a/**"], "a/x/y", False),
        (["a*/b*/c"], "ab/x/y", True),
        (["/a/", "!/a/x/"], "a/x", True),
        (["/a/", "!/a/x/", "k"], "a/x", False),
        (["/a/", "k", "!/a/x/"], "a/x/y", True),
        (["/a/", "!/a/x/", "/a/x/y/k"], "a/x", False),
        (["/a/", "!/a/x/", "/a/x/y/k"], "a/x/z", True),
    ],
)
def test_include_prunes_only_what_it_cannot_reach(
    include: list[str], folder: str, answer: bool
) -> None:
    filters = filters_of(include=include)
    assert filters.prunes(folder) is answer
    assert filters.prunes(folder + "/") is answer
    assert not filters.prunes("")


def test_a_pruned_folder_tells_why_by_its_own_verdict() -> None:
    filters = filters_of(exclude=["x/"])
    assert filters.verdict(".envs/") is SECRET
    assert filters.verdict(".git/") is EXCLUDED
    assert filters.verdict("x/") is EXCLUDED
    assert filters.verdict(".buckia.state/") is OURS
    assert filters.verdict("y/") is TAKES_PART
    assert filters_of(exclude=["*", "!y/"]).verdict("y/") is TAKES_PART
    assert filters_of(include=["docs/", ".env"]).verdict(".env/") is SECRET


@pytest.mark.parametrize(
    ("option", "pattern", "reason"),
    [
        ("exclude", "[abc", "not closed"),
        ("include", "a[[:digit:]", "not closed"),
        ("exclude", "[[:digits:]]", "[:digits:]"),
        ("exclude", "[/]", "holds nothing"),
        ("exclude", "a\\", "backslash"),
        ("exclude", "", "empty"),
        ("exclude", "/", "empty"),
        ("exclude", "!", "empty"),
        ("exclude", "./build", "'.'"),
        ("include", "../a", "'..'"),
        ("exclude", "a//b", "''"),
        ("exclude", "a\0", "NUL"),
    ],
)
def test_a_configured_pattern_that_can_never_match_is_an_error(
    option: str, pattern: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as error:
        filters_of(None, **{option: ["ok", pattern]})
    assert error.value.message.startswith(option)
    assert repr(pattern) in error.value.message
    assert reason in error.value.message
    assert error.value.hint


def test_in_an_ignore_file_such_a_pattern_is_passed_over() -> None:
    filters = filters_of({"": "[abc\na\\\n./x\n*.tmp\n"})
    assert taken(filters, "a", "x", "k.tmp") == ["a", "x"]


def test_include_cannot_begin_by_taking_back() -> None:
    with pytest.raises(ConfigError, match="no effect as the first"):
        filters_of(include=["!*.tmp", "docs/"])


def test_a_single_text_is_no_list_of_patterns() -> None:
    with pytest.raises(ConfigError, match="list"):
        filters_of(exclude="*.tmp")
    with pytest.raises(ConfigError, match="list"):
        filters_of(include="*.tmp")


class Asked:
    """Ignore files that note who asks for them."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.folders: list[str] = []

    def __call__(self, folder: str) -> list[str]:
        self.folders.append(folder)
        return [self.texts[folder]] if folder in self.texts else []


def test_ignore_files_are_asked_for_once_and_only_where_something_may_take_part() -> None:
    asked = Asked({"": "x/\n"})
    filters = Filters(include=["/a/", "/x/", "/.git/"], ignore_texts=asked)
    assert asked.folders == []
    for _ in range(2):
        for key in ("k", "a/k", "a/b/c/k", "a/b/k", "x/y/k", ".git/k", "z/k", ".buckia.state/k"):
            filters.verdict(key)
            filters.prunes(key.rpartition("/")[0])
    assert asked.folders == ["", "a", "a/b", "a/b/c"]


def test_an_ignore_file_that_cannot_be_read_is_no_empty_one() -> None:
    readable = False

    def ignore_texts(folder: str) -> list[str]:
        if folder == "x" and not readable:
            raise PermissionError(folder)
        return ["*.tmp"] if folder == "x" else []

    filters = Filters(ignore_texts=ignore_texts)
    assert filters.verdict("y/a.tmp") is TAKES_PART
    for _ in range(2):
        with pytest.raises(PermissionError):
            filters.verdict("x/y/a.tmp")
        with pytest.raises(PermissionError):
            filters.prunes("x")
    readable = True
    assert filters.verdict("x/y/a.tmp") is EXCLUDED


def test_what_is_remembered_is_bounded_and_sorted_keys_ask_once_all_the_same() -> None:
    asked = Asked({"b": "*.tmp", "b/0007": "!*.tmp"})
    filters = Filters(ignore_texts=asked)
    filters._places._limit = 10
    keys = ["a", *(f"b/{n:04}/{m}/k.tmp" for n in range(40) for m in range(3)), "b/z.tmp", "c"]
    verdicts = {key: filters.verdict(key) for key in keys}
    assert len(asked.folders) == len(set(asked.folders)) == 162
    assert len(filters._places) + len(filters._places._older) < 30
    assert taken(filters, *keys) == ["a", *(f"b/0007/{m}/k.tmp" for m in range(3)), "c"]
    assert {key: filters.verdict(key) for key in reversed(keys)} == verdicts


def test_a_key_may_have_more_folders_than_python_has_calls() -> None:
    filters = filters_of(exclude=["k.tmp"])
    assert filters.verdict("x/" * 5000 + "k.tmp") is EXCLUDED
    assert filters.verdict("x/" * 5000 + "k") is TAKES_PART


@pytest.mark.parametrize("key", ["", "/", "//", "/a", "a//b", "../a", "\ud800", "a/\ud800/\udcff"])
def test_a_key_that_nobody_may_act_upon_is_answered_without_an_error(key: str) -> None:
    assert filters_of(exclude=["b"], include=["*"]).verdict(key) in Verdict
    assert filters_of({"": "é?"}).prunes(key) in {True, False}


def test_a_hostile_pattern_is_answered_at_once() -> None:
    hostile = [
        *("**/" * 40 + "x", "*a" * 60 + "b", "**/*a*a*a*a*a*a*b", "?*" * 60 + "z"),
        *("**/a/" * 30 + "q", "x/a**/*a*/**/*a*/**/b*c*d", "*/" * 60 + "*x", "**/*a" * 20 + "b"),
    ]
    long = ["a" * 250, "a/" * 120 + "a", "/".join(["a" * 30] * 30), "x/" + "a/" * 120 + "a"]
    for pattern in hostile:
        rule = rule_of(pattern)
        # Without the atomic groups one of these takes longer than anybody's patience.
        assert not any(rule.matches(key, key.rpartition("/")[2]) for key in long)


@pytest.mark.parametrize("pattern", ["a/*", "a/**", "a/b/***", "x/a**/b", "x[/a]b/c"])
def test_a_pattern_whose_last_segment_says_little_does_not_slow_all_names_down(
    pattern: str,
) -> None:
    assert rule_of(pattern).name is None
    place = filters_of(exclude=[pattern])._places["elsewhere"]
    assert place.open
    assert not any(map(place.exclusion.rules.file_gate.stops, ("a", "b", "c", "x", "k.jpg")))


def test_threads_may_share_the_filters() -> None:
    keys = [f"{a}/{b}/{c}.{d}" for a in "abcde" for b in "vwxyz" for c in "mno" for d in ("o", "c")]
    texts = {"a": "*.o", "b/x": "m*", "c": "/v/\n", "d": "*.c\n!n.c"}
    expected = [filters_of(texts).verdict(key) for key in keys]
    shared = filters_of(texts)
    shared._places._limit = 3

    def answers(turn: int) -> list[Verdict]:
        order = keys[turn * 7 :] + keys[: turn * 7]
        found = {key: shared.verdict(key) for _ in range(5) for key in order}
        return [found[key] for key in keys]

    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(answers, range(8)))


SEGMENTS = st.sampled_from(["a", "b", "ab", "foo", "é", ".env", "x.pem", ".git", ".buckia", "a.o"])
KEYS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)
PIECES = st.sampled_from(
    ["a", "b", "*", "**", "?", "é", "/**/", "**/", "a*", "*.o", "[ab]", "foo", ".env", "x.*", "*/"]
)
PATTERNS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "!", "!"]),
        st.sampled_from(["", "", "/"]),
        st.one_of(KEYS, st.lists(PIECES, min_size=1, max_size=3).map("".join)),
        st.sampled_from(["", "", "/", "/*", "/**"]),
    ),
).filter(lambda pattern: "//" not in pattern)
LISTS = st.lists(PATTERNS, max_size=4)
INCLUDED = LISTS.filter(lambda patterns: not patterns or not patterns[0].startswith("!"))
TEXTS = st.dictionaries(st.one_of(st.just(""), KEYS), LISTS.map("\n".join), max_size=3)
bounded = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@bounded
@given(TEXTS, INCLUDED, LISTS, st.lists(KEYS, min_size=1, max_size=12), st.integers(1, 3))
def test_nothing_below_a_pruned_folder_takes_part(
    texts: dict[str, str], include: list[str], exclude: list[str], keys: list[str], limit: int
) -> None:
    filters = filters_of(texts, include=include, exclude=exclude)
    forgetful = filters_of(texts, include=include, exclude=exclude)
    forgetful._places._limit = limit
    for key in keys:
        verdict = filters.verdict(key)
        assert forgetful.verdict(key) is verdict
        folders = ["/".join(key.split("/")[:n]) for n in range(key.count("/") + 1)]
        for above, folder in enumerate(folders):
            if filters.prunes(folder):
                assert verdict is not TAKES_PART
                assert all(filters.prunes(below) for below in folders[above:])
            if not include and verdict is TAKES_PART:
                assert filters.verdict(folder + "/") is TAKES_PART
        assert (verdict is OURS) is is_ours(key)


@bounded
@given(TEXTS, LISTS, KEYS, st.lists(KEYS, min_size=1, max_size=6))
def test_what_lies_below_an_excluded_folder_is_excluded(
    texts: dict[str, str], exclude: list[str], folder: str, keys: list[str]
) -> None:
    filters = filters_of(texts, exclude=[*exclude, f"/{folder}/"])
    assert taken(filters, *(f"{folder}/{key}" for key in keys)) == []
    assert filters.prunes(folder)


@bounded
@given(TEXTS, INCLUDED, LISTS, st.integers(0, 4), st.lists(KEYS, min_size=1, max_size=8))
def test_a_pattern_that_matches_nothing_changes_nothing(
    texts: dict[str, str], include: list[str], exclude: list[str], at: int, keys: list[str]
) -> None:
    filters = filters_of(texts, include=include, exclude=exclude)
    for nothing in ("zzz", "!/zzz/*", "**/zzz/", "a/**/zzz?"):
        more = filters_of(
            {folder: f"{nothing}\n{text}" for folder, text in {"a": "", **texts}.items()},
            include=[*include, nothing] if include else (),
            exclude=[*exclude[:at], nothing, *exclude[at:]],
        )
        for key in keys:
            assert more.verdict(key) is filters.verdict(key)


def included_plainly(include: list[str], key: str) -> bool:
    """The same rule without any shortcut: the last match of the key and the folders above it."""
    rules = [rule_of(octets(pattern)) for pattern in include]
    segments = octets(key).split("/")
    last = -1
    for depth, name in enumerate(segments):
        path = "/".join(segments[: depth + 1])
        for number, rule in enumerate(rules):
            is_folder = depth < len(segments) - 1
            if rule.matches(path, name) and (is_folder or not rule.folders_only):
                last = max(last, number)
    return last >= 0 and not rules[last].negative


@bounded
@given(INCLUDED.filter(bool), st.lists(KEYS, min_size=1, max_size=12))
def test_include_is_decided_by_the_last_match_of_a_key_and_its_folders(
    include: list[str], keys: list[str]
) -> None:
    back = [f"!{pattern}" for pattern in DEFAULTS]
    filters = filters_of(include=include, exclude=back)
    for key in keys:
        if not is_ours(key):
            expected = TAKES_PART if included_plainly(include, key) else EXCLUDED
            assert filters.verdict(key) is expected, (include, key)
