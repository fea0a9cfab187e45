"""Asking a command for a secret."""

from __future__ import annotations

from pathlib import Path

from buckia.errors import ConfigError

SECONDS = 60
"""Long enough for a fingerprint or a touch on a key, short enough for a forgotten job."""
SAID = 500
"""Characters of the complaint that an error repeats."""


def output_of(line: str, directory: Path | None) -> str:
    """What the command prints, without the line ends behind it.

    The line is split like a shell does it, but run without a shell: no expansion, no pipes.
    Errors repeat what the command complained of, and never what it printed.
    """
    import subprocess

    words = _words(line)
    name = words[0]
    try:
        done = subprocess.run(  # noqa: S603 - running it is what the owner of the file asks for
            words,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise ConfigError(f'the command "{name}" was not found') from None
    except subprocess.TimeoutExpired:
        # Not chained: the exception carries what was printed so far.
        raise ConfigError(f'the command "{name}" gave no answer in {SECONDS} s') from None
    except (OSError, ValueError) as error:
        raise ConfigError(f'the command "{name}" cannot be run: {error}') from error
    if done.returncode:
        complaint = _one_line(done.stderr)
        raise ConfigError(f'the command "{name}" failed with {done.returncode}: {complaint}')
    try:
        return done.stdout.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        # Not chained, for the same reason.
        raise ConfigError(f'the command "{name}" printed something that is no text') from None


def _words(line: str) -> list[str]:
    import shlex

    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigError(f"the command line cannot be split into words: {error}") from None
    if not words:
        raise ConfigError("the command line is empty")
    return words


def _one_line(raw: bytes) -> str:
    text = " ".join(raw.decode(errors="replace").split())
    clean = "".join(letter for letter in text if letter.isprintable())
    return clean[:SAID] or "it said nothing"
