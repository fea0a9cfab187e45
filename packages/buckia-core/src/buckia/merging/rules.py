"""Who wins where both sides changed a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from buckia.errors import ConfigError
from buckia.merging.model import Kept, Row, Side, Value

_NEWEST = "newest by "
_NONE_YET: Literal["none yet"] = "none yet"
Name: TypeAlias = tuple[str, int]
"""Tells rows apart where they may be of one side or the other."""


class Rule(msgspec.Struct, frozen=True):
    kind: Literal["local", "remote", "newest", "ask"]
    column: str = ""
    """What `newest` looks at."""


class RowRules(msgspec.Struct, frozen=True, kw_only=True):
    default: Rule = Rule("local")
    tables: Mapping[str, Rule] = {}

    def of(self, table: str) -> Rule:
        """Tables are named as SQLite does it: capitals make no difference."""
        named = {name.lower(): rule for name, rule in self.tables.items()}
        return named.get(table.lower(), self.default)


class Clash(msgspec.Struct, frozen=True):
    """Two rows, one of each side, that cannot both be there."""

    ours: Name
    theirs: Name
    local: Row
    remote: Row


def parse_rule(text: str) -> Rule:
    column = text.removeprefix(_NEWEST)
    if column not in {text, ""} and column == column.strip():
        return Rule("newest", column)
    match text:
        case "local" | "remote" | "ask":
            return Rule(text)
    from difflib import get_close_matches

    words = text.split() or ["ask"]
    column = words[-1] if words[-1].lower() not in {"newest", "by"} else "COLUMN"
    known = ["local", "remote", "ask", _NEWEST + column]
    [nearest] = get_close_matches(" ".join(words).lower(), known, n=1, cutoff=0)
    raise ConfigError(
        f"{text!r} is not a rule for merging rows.",
        hint=f"Write {nearest!r}; the rules are local, remote, newest by COLUMN and ask.",
    )


def decided(rule: Rule, local: Row | None, remote: Row | None) -> Kept:
    """The side that wins as a whole; under `newest` an edit wins over a deletion."""
    if rule.kind == "local" or rule.kind == "remote":  # noqa: PLR1714 - mypy narrows by this only
        return rule.kind
    if rule.kind == "ask":
        return _NONE_YET
    if local is None or remote is None:
        return "remote" if local is None else "local"
    ours, theirs = _value(local, rule.column), _value(remote, rule.column)
    if isinstance(ours, str) and isinstance(theirs, str):
        return _greater(ours > theirs, ours < theirs)
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return _greater(ours > theirs, ours < theirs)
    return _NONE_YET


def _value(row: Row, column: str) -> Value:
    return next((row[name] for name in row if name.lower() == column.lower()), None)


def _greater(local: bool, remote: bool) -> Kept:
    if local == remote:
        return _NONE_YET
    return "local" if local else "remote"


def weighed(clashes: Sequence[Clash], rule: Rule, settled: set[Name]) -> list[Kept]:
    """The winner of each clash. A row that wins in one place and loses in another, now or in
    `settled`, is for a person to decide.
    """
    kept = [decided(rule, clash.local, clash.remote) for clash in clashes]
    pairs = list(zip(clashes, kept, strict=True))
    winners = {name_of(clash, side) for clash, side in pairs if side != "none yet"}
    torn = {name_of(clash, other(side)) for clash, side in pairs if side != "none yet"}
    torn &= winners | settled
    return [_NONE_YET if torn & {clash.ours, clash.theirs} else side for clash, side in pairs]


def name_of(clash: Clash, side: Side) -> Name:
    return clash.ours if side == "local" else clash.theirs


def other(side: Side) -> Side:
    return "remote" if side == "local" else "local"
