"""What a mutation is: one safety measure, and how it looks when somebody has taken it away."""

from __future__ import annotations

import msgspec


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """One safety measure taken away, and the tests that must notice."""

    name: str
    """What is gone, in words."""
    file: str
    """Below the `src` folder of whichever package has it."""
    text: str
    """Stands in the file exactly once."""
    instead: str
    why: str
    """What the measure is there for; where another one lies behind it, which."""
    tests: tuple[str, ...]
    """Those that are asked, as few as will do: files, or single tests without their parameters."""


def of(file: str, *names: str) -> tuple[str, ...]:
    """Tests of one file, by what stands behind `test_`."""
    return tuple(f"{file}::test_{name}" for name in names)


class Unfit(Exception):
    """The list is out of date: a text is gone, stands there twice, or makes no Python."""


def mutated(mutation: Mutation, source: str) -> str:
    """The source without the measure; Unfit where it is not to be found, or makes no Python."""
    found = source.count(mutation.text)
    if found != 1:
        raise Unfit(f"{mutation.name}: in {mutation.file} its text stands {found} times")
    changed = source.replace(mutation.text, mutation.instead)
    try:
        compile(changed, mutation.file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Unfit(f"{mutation.name}: {mutation.file} would be no Python: {error}") from error
    return changed
