"""Generated ignore files and keys, answered by the filters and by git itself.

Names and texts are bytes, as they are for git: some are no valid UTF-8. Each case is a small tree
with ignore files at several depths; many cases lie in one repository, so that few processes ask.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from buckia.filters import Filters, Verdict

Git = Callable[..., list[bool]]

NAMES = (
    *("a", "b", "ab", "ba", "aab", "abc", "foo", "bar", "A", "a.b", ".a", "a-b", "a b", "a ", " a"),
    *("*", "?", "[", "]", "[a]", "#a", "!a", "\\", "a\\", "-", "^", "0", "a0", "~", ":", "a\tb"),
    *("é", "aé", "éa", "日本", "e\u0301", "a\nb", "\n", "a\r", "\ufeffa", "\udcff", "a\udce9"),
)
ATOMS = (
    *("a", "b", "ab", "foo", ".a", ".", "-", "0", "A", "é", "日", "\udcff", "\udce9", "\udcc3"),
    *("*", "*", "**", "***", "?", "?", "/", "/", "/", "**/", "/**", "/**/", "*/", "//", " ", "\t"),
    *("\\", "\\*", "\\?", "\\[", "\\a", "\\/", "\\ ", "\\\\", "\\!", "\\#", "!", "#", "\r"),
    *("[ab]", "[!a]", "[^a]", "[a-c]", "[c-a]", "[]a]", "[!]a]", "[a-]", "[-a]", "[--a]", "[é]"),
    *("[a-c-e]", "[a\\]b]", "[\\a-\\c]", "[\\\\]", "[[]", "[[:]", "[[:a]", "[a/b]", "[!/]", "[*?]"),
    *("[[:alpha:]]", "[![:digit:]]", "[[:space:]]", "[[:upper:][:digit:]]", "[[:alpha:]-z]"),
    *("[[:nope:]]", "[[::]]", "[", "[a", "[!", "[]", "[[:alpha:]", "[a\\", "[\x80-\xff]", "]", "^"),
)
JOINED_BY = ("\n", "\n", "\n", "\n", "\r\n", "\n\n", "\n# no rule\n", " \n", "\r\r\n")


@dataclass
class Case:
    """One tree: its keys, and the bytes of the ignore file of some of its folders."""

    keys: list[str]
    texts: dict[str, bytes] = field(default_factory=dict)


def a_key(pick: random.Random) -> str:
    return "/".join(pick.choice(NAMES) for _ in range(pick.choice((1, 1, 2, 2, 3, 4))))


def blurred(pick: random.Random, segment: str) -> str:
    """A segment of a pattern that may well match the name it was made from."""
    way = pick.randrange(8)
    at = pick.randrange(len(segment))
    if way == 0:
        return pick.choice(("*", "**", "?", "***"))
    if way <= 4:
        instead = ("*", "?", f"[{segment[at]}]", "**", f"\\{segment[at]}", f"[!{segment[at]}]")
        return segment[:at] + pick.choice(instead) + segment[at + (way > 1) :]
    return segment


def a_pattern(pick: random.Random, keys: list[str]) -> str:
    if pick.random() < 0.4:
        pattern = "".join(pick.choice(ATOMS) for _ in range(pick.randint(1, 5)))
    else:
        segments = [blurred(pick, segment) for segment in pick.choice(keys).split("/")]
        start, end = pick.choice(((0, None), (0, 1), (-1, None), (0, 2), (1, None)))
        pattern = "/".join(segments[start:end])
        pattern = pick.choice(("", "", "/", "**/", "*/")) + pattern
        pattern += pick.choice(("", "", "", "/", "/**", "*", " ", "\\ ", "/*"))
    return pick.choice(("", "", "!")) + pattern


def a_text(pick: random.Random, keys: list[str]) -> bytes:
    lines = [a_pattern(pick, keys) for _ in range(pick.choice((1, 1, 2, 3, 5)))]
    text = "".join(line + pick.choice(JOINED_BY) for line in lines)
    if pick.random() < 0.2:
        text = text.rstrip("\n")
    if pick.random() < 0.05:
        text = "\ufeff" + text
    if pick.random() < 0.02:
        text += "\x00b\nfoo"
    return text.encode("utf-8", "surrogateescape")


def a_case(pick: random.Random) -> Case:
    folders = [a_key(pick) for _ in range(2)]
    keys = [a_key(pick) for _ in range(4)]
    keys += [f"{folder}/{a_key(pick)}" for folder in folders for _ in range(3)]
    case = Case(keys, {"": a_text(pick, keys)})
    for folder in folders:
        if pick.random() < 0.4:
            below = [key.removeprefix(folder + "/") for key in keys if key.startswith(folder)]
            case.texts[folder] = a_text(pick, below)
    # Git looks at the disk: where a key is a folder that is there, its answer is for a folder.
    case.keys = [key for key in keys if not any(f"{one}/".startswith(f"{key}/") for one in folders)]
    return case


def a_dense_case(pick: random.Random) -> Case:
    """Long names and many stars over two letters: each star has many places to choose from."""
    atoms = ("a", "b", "*", "*", "**", "?", "/", "/", "/**/", "**/", "[ab]", "[!a]", "\\a", "\\/")
    drawn = ["a/" + "".join(pick.choices("aab/", k=pick.choice((8, 18)))) for _ in range(9)]
    keys = ["/".join(filter(None, one[pick.choice((0, 2)) :].split("/"))) for one in drawn]
    lines = ["".join(pick.choices(atoms, k=pick.randint(4, 9))) for _ in range(2)]
    return Case([key or "a" for key in keys], {"": "\n".join(lines).encode()})


def filters_of(texts: dict[str, bytes], below: str = "") -> Filters:
    """The filters of a tree, or of the part of it below a folder."""

    def ignore_texts(folder: str) -> list[str]:
        text = texts.get(below + folder if folder else below.removesuffix("/"))
        return [] if text is None else [text.decode("utf-8", "surrogateescape")]

    return Filters(ignore_texts=ignore_texts)


def excludes(filters: Filters, key: str) -> bool:
    return filters.verdict(key) is not Verdict.TAKES_PART


def differences(
    filters: Filters, keys: list[str], answers: list[bool]
) -> Iterator[tuple[str, bool]]:
    for key, answer in zip(keys, answers, strict=True):
        if excludes(filters, key) is not answer:
            yield key, answer


def placed(cases: list[Case]) -> tuple[dict[str, bytes], list[str]]:
    """All cases in one tree, each in a folder of its own."""
    texts = {
        f"case{number}/{folder}".removesuffix("/"): text
        for number, case in enumerate(cases)
        for folder, text in case.texts.items()
    }
    keys = [f"case{number}/{key}" for number, case in enumerate(cases) for key in case.keys]
    return texts, keys


@pytest.mark.parametrize("seed", range(3))
def test_nested_ignore_files_are_answered_as_git_answers(git_excludes: Git, seed: int) -> None:
    pick = random.Random(f"nested {seed}")
    cases = [a_case(pick) for _ in range(400)]
    texts, keys = placed(cases)
    answers = git_excludes(texts, keys)
    assert 0.1 < sum(answers) / len(answers) < 0.9
    assert list(differences(filters_of(texts), keys, answers)) == []
    by_key = dict(zip(keys, answers, strict=True))
    for number, case in enumerate(cases):
        own = [by_key[f"case{number}/{key}"] for key in case.keys]
        alone = filters_of(texts, f"case{number}/")
        assert list(differences(alone, case.keys, own)) == [], case.texts


@pytest.mark.parametrize("seed", range(12))
def test_an_ignore_file_at_the_root_is_answered_as_git_answers(
    git_excludes: Git, seed: int
) -> None:
    pick = random.Random(f"root {seed}")
    keys = sorted({a_key(pick) for _ in range(400)})
    texts = {"": b"".join(a_text(pick, keys) + b"\n" for _ in range(3))}
    answers = git_excludes(texts, keys)
    assert list(differences(filters_of(texts), keys, answers)) == [], texts


def test_a_folder_is_pruned_exactly_when_git_excludes_the_folder(git_excludes: Git) -> None:
    pick = random.Random("folders")
    cases = [a_case(pick) for _ in range(150)]
    texts, keys = placed(cases)
    folders = sorted({key.rpartition("/")[0] for key in keys})
    answers = git_excludes(texts, folders, folders=folders)
    filters = filters_of(texts)
    assert 0.1 < sum(answers) / len(answers) < 0.9
    assert [filters.prunes(folder) for folder in folders] == answers


def test_many_stars_find_what_git_finds(git_excludes: Git) -> None:
    pick = random.Random("stars")
    texts, keys = placed([a_dense_case(pick) for _ in range(600)])
    answers = git_excludes(texts, keys)
    assert 0.05 < sum(answers) / len(answers) < 0.95
    assert list(differences(filters_of(texts), keys, answers)) == []


CLASSES = (
    *("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space"),
    *("upper", "xdigit"),
)


def test_brackets_hold_the_bytes_that_git_says(git_excludes: Git) -> None:
    brackets = [f"[[:{name}:]]" for name in CLASSES] + [f"[![:{name}:]]" for name in CLASSES]
    brackets += ["?", "[!a]", "[ -~]", "[!-]", "[\x01-\x7f]", "[^\x01-\x7f]", "[/-a]", "[!b-z]"]
    every = [bytes([one]).decode("utf-8", "surrogateescape") for one in range(1, 256) if one != 47]
    cases = [Case([f"x{one}y" for one in every], {"": f"x{it}y".encode()}) for it in brackets]
    cases += [Case([f"x/{one}y" for one in every], {"": f"x/{it}y".encode()}) for it in brackets]
    texts, keys = placed(cases)
    answers = git_excludes(texts, keys)
    assert list(differences(filters_of(texts), keys, answers)) == []
