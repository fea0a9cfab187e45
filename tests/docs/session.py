"""A shell session as a document shows it: run anew, and compared with what the reader sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

TIMEOUT = 60

_VARIES = (
    (re.compile(r"\b\d{8}T\d{9}Z|\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "<moment>"),
    (re.compile(r"\b[\d.,]+ ?(B|bytes?|[kKMGT]i?B)\b(/s)?"), "<size>"),
    (re.compile(r"\b[\d.,]+ ?(ns|µs|ms|s|min|h|seconds?|minutes?|hours?)\b"), "<time>"),
    (re.compile(r"[ \t]+"), " "),
)


class Step(NamedTuple):
    command: str
    shown: str
    """What the document shows as its output; empty where it shows none."""


class Unlike(Exception):
    """The session went another way than the document says."""


def steps(text: str) -> Iterator[Step]:
    """The commands of a `console` block: lines after `$ `, carried on by lines after `> `."""
    command, shown = "", ""
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield Step(command, shown)
            command, shown = line[2:], ""
        elif not command:
            raise Unlike(f"output before the first command: {line}")
        elif line.startswith("> ") and not shown:
            command += "\n" + line[2:]
        else:
            shown += line + "\n"
    if command:
        yield Step(command, shown)


def alike(shown: str, real: str) -> bool:
    """Whether the output is what the document shows, up to times, sizes and spacing.

    `...` in a line stands for anything in that line, `...` alone for any number of lines.
    """
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
        for line in _settled(shown).splitlines()
    )
    return re.fullmatch(pattern, _settled(real)) is not None


def _settled(text: str) -> str:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    lines = [line.strip() for line in text.strip().splitlines()]
    return "".join(f"{line}\n" for line in lines)


class Session:
    """Runs the steps of one document, one after the other, in one folder.

    The folder that a command changes to and the variables that it exports hold for the next one.
    A command that fails must be followed by `$ echo $?`, so that the reader sees it too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.scratch = folder / "scratch"
        self._home = folder / "home"
        for made in (self.folder, self.scratch, self._home):
            made.mkdir()
        self._memory = self.scratch / "memory.sh"
        self._memory.touch()
        self._where = self.scratch / "where"
        self._status = 0
        self._last = ""

    def play(self, text: str) -> None:
        """All steps of one `console` block."""
        for step in steps(text):
            if not step.command.startswith("echo $?"):
                self._settle()
            output = self._shell(step.command)
            if step.shown and not alike(step.shown, output):
                raise Unlike(_difference(step, output))
            self._last = f"$ {step.command}\n{output}"
        self._settle()

    def python(self, text: str) -> None:
        """A program of its own, which has to end well."""
        ran = self._run([sys.executable, "-W", "error", "-c", text])
        if ran.returncode:
            raise Unlike(f"exit status {ran.returncode}:\n{ran.stdout}")

    def _settle(self) -> None:
        if self._status:
            raise Unlike(f"exit status {self._status} that is not shown:\n{self._last}")

    def _shell(self, command: str) -> str:
        remember = f"export -p > '{self._memory}'; pwd > '{self._where}'"
        script = (
            f". '{self._memory}'\n"
            f"trap 'status=$?; {_quoted(remember)}; exit $status' EXIT\n"
            f"(exit {self._status})\n{command}\n"
        )
        ran = self._run(["sh", "-c", script])
        self._status = ran.returncode
        self.folder = Path(self._where.read_text().rstrip("\n"))
        return ran.stdout

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )

    def _environment(self) -> Mapping[str, str]:
        """Nothing of whoever runs the tests: a home of its own, and the commands of this Python."""
        here = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        return {
            "PATH": here,
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "PYTHONUTF8": "1",
            "TZ": "UTC",
            "TERM": "dumb",
            "COLUMNS": "100",
        }


def _quoted(script: str) -> str:
    """To stand between the single quotes of another command."""
    return script.replace("'", "'\\''")


def _difference(step: Step, output: str) -> str:
    lines = unified_diff(
        step.shown.splitlines(), output.splitlines(), "document", "reality", lineterm=""
    )
    return "\n".join((f"$ {step.command}", *lines))
