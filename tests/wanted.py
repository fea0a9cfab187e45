"""Which slow suites a run of the tests includes.

The variable BUCKIA_SERVERS names them: for S3 `ceph`, `ministack`, `tools`, `moods` and `layers`,
or `all` of these; for Bunny `bunny`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
SUITES = {
    "make test-s3": ("ceph", "ministack", "tools", "moods", "layers"),
    "make test-bunny": ("bunny",),
}
"""By the command that runs them."""


def wanted(name: str) -> bool:
    every = "all" if name != "bunny" else name
    return bool({every, name} & set(os.environ.get("BUCKIA_SERVERS", "").split()))


def chosen(name: str, every: Iterable[T], always: Iterable[T]) -> list[T]:
    """All of them where the slow suite is wanted, else a few; to skip thousands takes long, too."""
    return [*every] if wanted(name) else [*always]


def left_out() -> list[str]:
    """The slow suites that this run does not include, each with its command."""
    return [
        f"{name} ({command})"
        for command, names in SUITES.items()
        for name in names
        if not wanted(name)
    ]


def hint(name: str, what: str) -> str:
    """Why a test was left out, and how it comes to run."""
    [command] = (command for command, names in SUITES.items() if name in names)
    return f"{what}; `{command}` runs it, as does BUCKIA_SERVERS={name}"
