"""Each sentence of gitignore's manual as a row: what is excluded by which lines, and what is not.

A key that ends with a slash is a folder. The rows hold for the filters and for git alike.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.filters import Filters, Verdict

# name, lines, excluded, not excluded
ROWS: list[tuple[str, str, list[str], list[str]]] = [
    ("a blank line matches nothing", "\n\n", [], ["a", "b/c"]),
    ("a hash begins a comment", "#a\n", [], ["#a", "a"]),
    ("an escaped hash is a hash", "\\#a\n", ["#a"], ["a"]),
    ("a hash is a comment at the start only", " #a\na#b\n", [" #a", "a#b"], ["a"]),
    ("trailing spaces are ignored", "a   \n", ["a"], ["a   "]),
    ("an escaped trailing space counts", "a\\  \n", ["a "], ["a", "a  "]),
    ("a space after an escaped backslash is ignored", "a\\\\ \n", ["a\\"], ["a\\ "]),
    ("a trailing tab counts", "a\t\n", ["a\t"], ["a"]),
    ("a leading space counts", " a\n", [" a"], ["a"]),
    ("an exclamation mark brings back", "*.o\n!a.o\n", ["b.o", "x/c.o"], ["a.o", "x/a.o"]),
    ("the last match decides", "!a.o\n*.o\n", ["a.o"], ["a"]),
    ("an escaped exclamation mark is one", "\\!a\n", ["!a"], ["a"]),
    ("only the first exclamation mark negates", "*\n!!a\n", ["a"], ["!a"]),
    ("nothing comes back below an excluded folder", "x/\n!x/a\n!a\n", ["x/a", "x/y/a"], ["a"]),
    ("below a folder whose contents are excluded it does", "x/*\n!x/a\n", ["x/b"], ["x/a"]),
    ("all but one folder", "/*\n!/x\n/x/*\n!/x/y\n", ["a", "x/a", "z/a"], ["x/y/a", "x/y/"]),
    ("without a slash it matches at any depth", "a\n", ["a", "x/a", "x/y/a", "a/x"], ["ab", "x/b"]),
    ("a slash at the start anchors", "/a\n", ["a", "a/x"], ["x/a"]),
    ("a slash in the middle anchors", "x/a\n", ["x/a", "x/a/y"], ["a", "y/x/a"]),
    ("a slash at the start and in the middle", "/x/a\n", ["x/a"], ["y/x/a"]),
    ("a slash at the end means a folder", "a/\n", ["a/", "a/x", "x/a/y"], ["a", "x/a"]),
    ("a slash at the end does not anchor", "a/\n", ["x/a/"], ["x/a"]),
    ("a middle and a last slash anchor", "x/a/\n", ["x/a/", "x/a/b"], ["x/a", "y/x/a/"]),
    ("a star matches all but a slash", "/a*b\n", ["ab", "axb", "a.b", "a*b"], ["a/b", "abc"]),
    ("a star matches a leading dot", "*a\n", [".a", "a", "x/ba"], ["ab"]),
    ("a star may match nothing", "a*\n", ["a", "ab"], ["ba"]),
    ("a star is one folder deep", "x/*/a\n", ["x/y/a"], ["x/a", "x/y/z/a"]),
    ("a question mark is one byte but no slash", "/a?b\n", ["axb", "a?b"], ["ab", "a/b", "axxb"]),
    ("a question mark is half an é", "a?\nb??\n", ["bé", "ax"], ["aé"]),
    ("a range", "a[b-d]\n", ["ab", "ac", "ad"], ["aa", "ae", "a-", "a"]),
    ("a bracket is never a slash", "a[/b]c\na[!x]c\n", ["ayc"], ["a/c"]),
    ("a negated bracket", "[!ab]\n", ["c", "!"], ["a", "b"]),
    ("a caret negates too", "[^ab]\n", ["c", "^"], ["a", "b"]),
    ("an exclamation mark elsewhere is one", "[a!]\n", ["a", "!"], ["b"]),
    ("a first closing bracket is one", "[]a]\n", ["]", "a"], ["b", "[]a]"]),
    ("a last hyphen is one", "[a-]\n", ["a", "-"], ["b"]),
    ("an escape in a bracket", "[\\]\\-a]\n", ["]", "-", "a"], ["\\"]),
    ("a backwards range holds its first end", "[c-a]\n", ["c"], ["a", "b"]),
    ("a POSIX class", "[[:digit:]x]\n", ["0", "9", "x"], ["a", "d", ":"]),
    ("a negated POSIX class", "[![:alpha:]]\n", ["0", "-"], ["a", "Z"]),
    ("an unknown class never matches", "[[:nope:]]\na[[:digits:]]\n", [], ["n", ":", "a1"]),
    ("half a class is a bracket", "[[:a]\n", ["[", ":", "a"], ["b"]),
    ("an unclosed bracket never matches", "a[b\n[\n", [], ["a[b", "ab", "["]),
    ("a backslash makes literal", "a\\*\n\\b\n", ["a*", "b"], ["ab", "\\b"]),
    ("a backslash at the end never matches", "a\\\n", [], ["a", "a\\"]),
    ("two stars and a slash lead", "**/a\n", ["a", "x/a", "x/y/a"], ["xa", "x/ya"]),
    ("two stars, a slash and a path", "**/x/a\n", ["x/a", "y/x/a", "z/y/x/a"], ["a", "zx/a"]),
    ("two stars trail", "x/**\n", ["x/a", "x/y/a"], ["x", "a", "y/x/a"]),
    ("two stars between", "a/**/b\n", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "b"]),
    ("other stars are one star", "a**b\nx/c**d\n", ["ab", "axb", "x/cd", "x/cyd"], ["x/cy/d"]),
    ("stars at the end of the fixed part cross", "x/a**/b\n", ["x/a/b", "x/ay/z/b", "x/ab"], ["b"]),
    ("three stars are two", "***/a\n", ["a", "x/a", "x/y/a"], ["xa"]),
    ("case counts", "a\nB\n", ["a", "B"], ["A", "b"]),
    ("forms of Unicode count", "\u00e9\n", ["\u00e9"], ["e\u0301"]),
    ("a byte order mark is passed over", "\ufeffa\n", ["a"], ["\ufeffa"]),
    ("a later byte order mark counts", "b\n\ufeffa\n", ["\ufeffa", "b"], ["a"]),
    ("a line may end as on Windows", "a\r\nb/\r\n", ["a", "b/"], ["a\r", "b"]),
    ("the last line as well, and one only", "a\r\r\nb\r", ["a\r", "b"], ["a", "b\r"]),
    ("no other line ends exist", "a\rb\nc\u2028d\n", ["a\rb", "c\u2028d"], ["a", "b", "c", "d"]),
    ("a newline in a name is a byte", "a?b\n", ["a\nb"], ["a", "b"]),
    ("a dollar sign matches no newline", "a$\n*b\n", ["a$", "b"], ["a", "b\n", "a$\n"]),
    ("undecodable bytes", "\udcff*\n", ["\udcff", "\udcffa"], ["ÿ", "a"]),
    ("a line ends at a NUL", "a\0b\nc\n", ["a", "c"], ["b", "ab"]),
    ("a single slash matches nothing", "/\n!\n!/\n", [], ["a", "a/"]),
    ("two slashes match nothing", "a//\n//a\na//b\n", [], ["a", "a/", "a/b"]),
    ("a dot segment matches nothing", "./a\n", [], ["a"]),
]
NAMED = [
    (f"{name}: {key!a}", (lines, key, answer))
    for name, lines, excluded, kept in ROWS
    for answer, keys in ((True, excluded), (False, kept))
    for key in keys
]
ANSWERS = [answer for _, answer in NAMED]


@pytest.mark.parametrize(("lines", "key", "answer"), ANSWERS, ids=[name for name, _ in NAMED])
def test_the_manual_holds(lines: str, key: str, answer: bool) -> None:
    filters = Filters(ignore_texts=lambda folder: () if folder else (lines,))
    assert (filters.verdict(key) is not Verdict.TAKES_PART) is answer
    if key.endswith("/"):
        assert filters.prunes(key) is answer


def test_git_holds_the_rows_for_right(git_excludes: Callable[..., list[bool]]) -> None:
    trees = [f"tree{number}" for number in range(len(ANSWERS))]
    texts = {
        tree: lines.encode("utf-8", "surrogateescape")
        for tree, (lines, _, _) in zip(trees, ANSWERS, strict=True)
    }
    keys = [f"{tree}/{key}" for tree, (_, key, _) in zip(trees, ANSWERS, strict=True)]
    folders = [key for key in keys if key.endswith("/")]
    answers = git_excludes(texts, [key.removesuffix("/") for key in keys], folders=folders)
    wrong = [one for one, answer in zip(ANSWERS, answers, strict=True) if one[2] is not answer]
    assert wrong == []
