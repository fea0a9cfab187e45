"""Lists of rules, and what is left of them in one folder.

A tree of keys is walked folder by folder: `Exclusion` and `Inclusion` are what a list of rules
means inside one folder, each made from the one of the folder above. So a name is compared with
few rules, mostly with none, and what holds for a whole folder is found once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from buckia.errors import ConfigError
from buckia.filters.gitignore import Rule, Shape, Unmatchable, octets, rule_of

REMEMBERED = 8192
"""Folders that are kept at least; twice as many are kept at most."""

Place = TypeVar("Place")


def listed(option: str, patterns: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of patterns that somebody configured; what can never match is an error."""
    if isinstance(patterns, str):
        raise ConfigError(f"{option} is a list of patterns, not a single text: {patterns!r}")
    return tuple(_listed_rule(option, pattern) for pattern in patterns)


def _listed_rule(option: str, pattern: str) -> Rule:
    try:
        rule = rule_of(octets(pattern))
        _check_segments(pattern.removeprefix("!"))
    except Unmatchable as reason:
        raise ConfigError(
            f"{option}: the pattern {pattern!r} can never match anything: {reason}",
            hint="patterns are written as in a .gitignore file",
        ) from None
    return rule


def _check_segments(glob: str) -> None:
    if "\x00" in glob:
        raise Unmatchable("no name holds a NUL")
    if "[" in glob:  # a slash or dot in a bracket is no segment
        return
    for segment in glob.removeprefix("/").removesuffix("/").split("/"):
        if segment in {"", ".", ".."}:
            raise Unmatchable(f"paths are relative to the root and have no segment {segment!r}")


def listed_alone(option: str, patterns: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of a list that builds on no other: it cannot begin by taking something back."""
    rules = listed(option, patterns)
    if rules and rules[0].negative:
        raise ConfigError(
            f"{option}: the pattern {patterns[0]!r} has no effect as the first one",
            hint="a `!` takes back what an earlier pattern of the same list says; to bring back"
            " what is excluded by default, add it to `exclude` in the configuration or to a"
            " .buckiaignore file",
        )
    return rules


class Gate:
    """Tells quickly that none of some rules can match a name; most names match none."""

    __slots__ = ("exact", "others", "prefixes", "suffixes")

    def __init__(self, rules: Iterable[Rule], *, prefixes: tuple[str, ...] = ()) -> None:
        words: dict[Shape, set[str]] = {shape: set() for shape in Shape}
        for rule in rules:
            if rule.name is not None:
                shape, word = rule.name
                words[shape].add(word)
        # The empty name stands for the folder itself, and is never an ordinary one.
        self.exact = frozenset({"", *words[Shape.EXACT]})
        self.prefixes = (*prefixes, *sorted(words[Shape.PREFIX]))
        self.suffixes = tuple(sorted(words[Shape.SUFFIX]))
        others = "|".join(f"(?:{one})" for one in sorted(words[Shape.OTHER]))
        self.others = re.compile(others, re.DOTALL).fullmatch if others else None

    def stops(self, name: str) -> bool:
        """Whether the name has to be compared with the rules one by one."""
        return bool(
            name in self.exact
            or name.startswith(self.prefixes)
            or name.endswith(self.suffixes)
            or (self.others is not None and self.others(name))
        )


class Rules:
    """Rules in their order, of which the last that matches decides."""

    __slots__ = ("file_gate", "folder_gate", "last_first", "ungated")

    def __init__(self, rules: Sequence[Rule], *, prefixes: tuple[str, ...] = ()) -> None:
        """`prefixes` are names that the gate for files stops besides."""
        self.last_first = tuple(reversed(rules))
        self.ungated = tuple(rule for rule in rules if rule.name is None)
        self.folder_gate = Gate(rules)
        self.file_gate = Gate((one for one in rules if not one.folders_only), prefixes=prefixes)

    def last_match(
        self, path: str, name: str, *, folder: bool = False, inherited: Rule | None = None
    ) -> Rule | None:
        """The last rule that matches, unless what the folder inherits stands behind it."""
        for rule in self.last_first:
            if rule is inherited:
                return rule
            if (folder or not rule.folders_only) and rule.matches(path, name):
                return rule
        return inherited


class Exclusion:
    """The rules that take keys away, inside one folder that none of them took away itself."""

    __slots__ = ("_far", "near", "rules")

    def __init__(self, rules: Rules, folder: str = "", far: Sequence[Rule] | None = None) -> None:
        self.rules = rules
        candidates = rules.ungated if far is None else far
        self._far = tuple(rule for rule in candidates if rule.reaches(folder))
        """Rules that no gate covers and that may still match something below the folder."""
        self.near = tuple(
            rule for rule in self._far if not rule.folders_only and rule.reaches_inside(folder)
        )
        """Those of them that may match a file directly in it."""

    def file_rule(self, path: str, name: str) -> Rule | None:
        """The rule that decides about a file directly in the folder."""
        near = any(rule.matches(path, name) for rule in self.near)
        if near or self.rules.file_gate.stops(name):
            return self.rules.last_match(path, name)
        return None

    def folder_rule(self, path: str, name: str) -> Rule | None:
        """The rule that decides about a folder directly in the folder."""
        if self._far or self.rules.folder_gate.stops(name):
            return self.rules.last_match(path, name, folder=True)
        return None

    def below(self, folder: str) -> Exclusion:
        """The same rules one folder further down; its path ends with a slash."""
        return Exclusion(self.rules, folder, self._far) if self._far else self


class Inclusion:
    """The rules that name all that takes part, inside one folder.

    A key takes part when the last rule that matches it or a folder above it is no negative one.
    """

    __slots__ = ("_far", "_inherited", "_rules", "certain", "hopeless")

    def __init__(
        self,
        rules: Rules,
        folder: str = "",
        far: Sequence[Rule] | None = None,
        inherited: Rule | None = None,
    ) -> None:
        self._rules = rules
        self._inherited = inherited
        candidates = rules.last_first if far is None else far
        self._far = tuple(rule for rule in candidates if rule is inherited or rule.reaches(folder))
        open_rules = list(self._later())
        inside = inherited is not None and not inherited.negative
        self.certain = inside and not any(rule.negative for rule in open_rules)
        """All that lies below takes part."""
        self.hopeless = not inside and all(rule.negative for rule in open_rules)
        """Nothing that lies below takes part."""

    def _later(self) -> Iterator[Rule]:
        """The rules that may still overrule what the folder inherits."""
        for rule in self._far:
            if rule is self._inherited:
                return
            yield rule

    def takes(self, path: str, name: str) -> bool:
        """Whether a file directly in the folder takes part."""
        if self.certain or self.hopeless:
            return self.certain
        rule = self._rules.last_match(path, name, inherited=self._inherited)
        return rule is not None and not rule.negative

    def below(self, folder: str, name: str) -> Inclusion:
        """What holds in a folder directly below; its path is given with a slash at its end."""
        inherited = self._rules.last_match(
            folder[:-1], name, folder=True, inherited=self._inherited
        )
        return Inclusion(self._rules, folder, self._far, inherited)


class Places(dict[str, Place]):
    """What is known of each folder, made from the folder above it when it is first asked for.

    Old ones are forgotten. At least the last `limit` folders are kept, with all folders above
    them, so that keys that come roughly in order find all they need, however many there are.
    Threads may share it: at worst one folder is worked out twice.
    """

    def __init__(
        self,
        root: Callable[[], Place],
        enter: Callable[[Place, str, str], Place],
        limit: int = REMEMBERED,
    ) -> None:
        super().__init__()
        self._root = root
        self._enter = enter
        self._limit = limit
        self._older: dict[str, Place] = {}

    def __missing__(self, folder: str) -> Place:
        if "" not in self:
            self[""] = self._root()
        if len(self) > self._limit:
            self._age()
        # Step by step from the deepest folder known: a key can have more folders than Python
        # has room for calls. Whatever is here has all folders above it here, too.
        missing = []
        while folder not in self:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        place = self[folder]
        for below in reversed(missing):
            known = self._older.get(below)
            place = known or self._enter(place, below, below.rpartition("/")[2])
            self[below] = place
        return place

    def _age(self) -> None:
        """Everything becomes old, and what was old already is forgotten; the root stays."""
        self._older = dict(self)
        for folder in self._older:
            if folder:
                self.pop(folder, None)
