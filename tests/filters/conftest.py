"""Git's own answers to what the filters are asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest


def run_git(repository: Path, *arguments: str, asked: bytes = b"") -> bytes:
    """What git prints, untouched by anybody's own settings."""
    surroundings = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    place = {"HOME": str(repository), "XDG_CONFIG_HOME": str(repository)}
    done = subprocess.run(
        ["git", *arguments],
        cwd=repository,
        env=surroundings | alone | place,
        input=asked,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == b""
    return done.stdout


@pytest.fixture
def git_excludes(tmp_path: Path) -> Callable[..., list[bool]]:
    """Git's answer for each key, given the bytes of the ignore files by folder.

    Git looks at the disk: a key is a file to it unless a folder of that name is made.
    """
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "config", "core.ignoreCase", "false")

    def answers(
        texts: dict[str, bytes], keys: list[str], *, folders: Iterable[str] = ()
    ) -> list[bool]:
        for folder in (*folders, *texts):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for folder, text in texts.items():
            (tmp_path / folder / ".gitignore").write_bytes(text)
        asked = "".join(f"./{key}\0" for key in keys).encode("utf-8", "surrogateescape")
        flags = ("check-ignore", "--no-index", "-z", "--stdin", "-v", "-n")
        fields = run_git(tmp_path, *flags, asked=asked).split(b"\0")[:-1]
        patterns, answered = fields[2::4], fields[3::4]
        assert answered == asked.split(b"\0")[:-1]
        return [pattern[:1] not in {b"", b"!"} for pattern in patterns]

    return answers
