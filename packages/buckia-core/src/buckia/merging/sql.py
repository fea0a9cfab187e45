"""Pieces of SQL. Identifiers are always quoted, and values compared to the last bit.

SQLite's session extension is not used to find changes: it compares with the collations of the
columns and by `IS`, so it misses 'a' that became 'A', and 1 that became 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], alias: str = "") -> str:
    """A list of columns, of the table that the alias stands for."""
    return ", ".join(_of(alias, name) for name in names)


def _of(alias: str, name: str) -> str:
    return f"{alias}.{quoted(name)}" if alias else quoted(name)


def numbered(count: int, letter: str) -> list[str]:
    """Names of our own for columns, which may be called anything."""
    return [f"{letter}{number}" for number in range(count)]


def joined(word: str, terms: Sequence[str]) -> str:
    """Terms in a balanced tree: SQLite allows only so much depth, and tables may be wide."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({joined(word, terms[:half])} {word} {joined(word, terms[half:])})"


def equal_keys(
    left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]], collations: Sequence[str]
) -> str:
    """Whether two rows, each an alias and its columns, have one key."""
    terms = [
        f"{_of(left[0], one)} = {_of(right[0], other)} COLLATE {quoted(collation)}"
        for one, other, collation in zip(left[1], right[1], collations, strict=True)
    ]
    return joined("AND", terms)


def identical(left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]]) -> str:
    terms = [
        f"{one} IS {other} COLLATE BINARY AND typeof({one}) = typeof({other})"
        f" AND {_zero(one)} IS {_zero(other)}"
        for one, other in _pairs(left, right)
    ]
    return joined("AND", terms)


def different(left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]]) -> str:
    terms = [
        f"({one} IS NOT {other} COLLATE BINARY OR typeof({one}) <> typeof({other})"
        f" OR {_zero(one)} IS NOT {_zero(other)})"
        for one, other in _pairs(left, right)
    ]
    return joined("OR", terms)


def _pairs(
    left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]]
) -> Iterable[tuple[str, str]]:
    for one, other in zip(left[1], right[1], strict=True):
        yield _of(left[0], one), _of(right[0], other)


def _zero(value: str) -> str:
    """Tells 0.0 from -0.0, which are equal; NULL for all else."""
    return f"CASE WHEN typeof({value}) = 'real' AND {value} = 0.0 THEN atan2({value}, -1) END"


def groups(names: Sequence[str]) -> str:
    """What to group by so that only identical values meet."""
    columns = [quoted(name) for name in names]
    values = [f"{column} COLLATE BINARY" for column in columns]
    # In one term for all columns, as SQLite allows only so many.
    kinds = [f"(typeof({column}) || coalesce({_zero(column)}, ''))" for column in columns]
    return ", ".join([*values, joined("||", kinds)])
