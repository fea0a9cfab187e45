"""Finding the `.buckia` file that a command works with."""

from __future__ import annotations

from pathlib import Path

from buckia.cli.flags import Flags
from buckia.cli.terminal import Terminal
from buckia.config import discover
from buckia.errors import ConfigError


def found_file(terminal: Terminal, flags: Flags) -> Path:
    """The file named by --config, or the nearest one at or above --directory."""
    if flags.config is not None:
        return terminal.path(flags.config)
    start = terminal.path(flags.directory or ".")
    found = discover(start)
    if found is None:
        raise ConfigError(
            f"there is no .buckia file in {start} or in any folder above",
            hint="Write one with: buckia init. Or see how it works: buckia demo",
        )
    return found
