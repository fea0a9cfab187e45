"""Exit codes, and which of several counts."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1
    """Some files failed, or something differs where that was asked."""
    USAGE = 2
    """The command line, the configuration or a plugin is wrong."""
    REFUSED = 3
    """Credentials or permissions."""
    UNREACHABLE = 4
    CONFLICTS = 5
    """Some wait for a person."""
    STOPPED = 6
    """By a guard."""
    RUNNING = 7
    """Another sync of the same pair."""
    INTERRUPTED = 130


RANK = (
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.UNREACHABLE,
    ExitCode.STOPPED,
    ExitCode.RUNNING,
    ExitCode.FAILED,
    ExitCode.CONFLICTS,
    ExitCode.DONE,
)
"""Of several outcomes the first one here is the exit code."""


def known(code: int) -> ExitCode:
    """The exit code of this number; one that nobody knows, such as a plugin's own, is a failure."""
    return ExitCode(code) if code in set(ExitCode) else ExitCode.FAILED


def worst(codes: Iterable[int]) -> ExitCode:
    """What several outcomes come to."""
    found = {known(code) for code in codes}
    return next((code for code in RANK if code in found), ExitCode.DONE)
