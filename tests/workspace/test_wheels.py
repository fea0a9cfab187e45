"""Each distribution builds, and works where nothing else is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

import buckia

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = ("buckia-core", "buckia-s3", "buckia-bunny", "buckia-linode")
BUILT_ON = {"linode": ("buckia-s3",)}
"""Distributions of ours that a provider needs besides the core."""

pytestmark = pytest.mark.slow


def run(
    words: list[str | Path], folder: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command's outcome, away from the workspace and from what this Python can import."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "BUCKIA"))}
    return subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env=variables | {"PYTHONUTF8": "1"} | dict(more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


def ran(words: list[str | Path], folder: Path) -> str:
    """The output of a command that has to succeed."""
    done = run(words, folder)
    assert done.returncode == 0, f"{words}:\n{done.stdout}"
    return done.stdout


def wheel(distribution: str, folder: Path) -> Path:
    """The wheel, built from the sdist, so that the sdist is proven whole."""
    source = ROOT / "packages" / distribution
    ran([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source], folder)
    [built] = folder.glob(f"{distribution.replace('-', '_')}-*.whl")
    return built


class Place:
    """An environment with nothing in it but what a test installs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        self._commands = folder / ("Scripts" if os.name == "nt" else "bin")

    def install(self, *wheels: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python"]
        pinned = ["--quiet", "--constraint", str(ROOT / "constraints-dev.txt")]
        ran([*pip, self._commands / "python", "install", *pinned, *wheels], self.folder)
        ran([*pip, self._commands / "python", "check"], self.folder)

    def __call__(self, command: str, *words: str | Path, folder: Path | None = None) -> str:
        return ran([self._commands / command, *words], folder or self.folder)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where `buckia-core` is installed, alone with what it asks for."""
    folder = tmp_path_factory.mktemp("core")
    place = Place(folder / "env")
    place.install(wheel("buckia-core", folder))
    return place


def test_the_core_alone_tells_its_version(core: Place) -> None:
    assert buckia.__version__ in core("buckia", "--version")


def test_the_core_alone_gives_help(core: Place) -> None:
    assert "sync" in core("buckia", "--help")


def test_the_core_alone_brings_none_of_the_test_tools(core: Place) -> None:
    for name in ("pytest", "hypothesis", "keyring"):
        found = core("python", "-c", f"from importlib import util; print(util.find_spec('{name}'))")
        assert found.strip() == "None"


def test_the_core_alone_keeps_two_folders_in_step(core: Place, tmp_path: Path) -> None:
    left, right = tmp_path / "work", tmp_path / "bucket" / "assets"
    (left / "a").mkdir(parents=True)
    (left / "a" / "ours.txt").write_text("ours")
    right.mkdir(parents=True)
    (right / "theirs.txt").write_text("theirs")
    (left / ".buckia").write_text(
        "assets:\n  provider: local\n  bucket_name: assets\n  root: ../bucket\n"
    )
    core("buckia", "sync", folder=left)
    assert (right / "a" / "ours.txt").read_text() == "ours"
    assert (left / "theirs.txt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("s3", "  access_key: a-key\n  secret_key: a-secret\n"),
        ("bunny", "  storage_api_key: a-secret\n"),
        ("linode", "  access_key: a-key\n  secret_key: a-secret\n"),
    ],
)
def test_a_provider_installs_alone_and_is_found(name: str, keys: str, tmp_path: Path) -> None:
    place = Place(tmp_path / "env")
    needed = ("buckia-core", *BUILT_ON.get(name, ()), f"buckia-{name}")
    place.install(*(wheel(one, tmp_path) for one in needed))
    listed = place("buckia", "providers")
    assert re.search(rf"^{name} +buckia-{name} {buckia.__version__}, ok$", listed, re.MULTILINE)
    (place.folder / ".buckia").write_text(
        f"far:\n  provider: {name}\n  bucket_name: far-away\n"
        f"  endpoint_url: http://127.0.0.1:9\n{keys}  retries: 1\n"
    )
    tried = run([place.folder / "bin" / "buckia", "status"], place.folder)
    assert tried.returncode == 4, tried.stdout
    assert "http://127.0.0.1:9 cannot be reached" in tried.stdout


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_wheel_holds_the_package_its_types_its_licence_and_nothing_else(
    distribution: str, tmp_path: Path
) -> None:
    package = {"buckia-core": "buckia"}.get(distribution, distribution.replace("-", "_"))
    with ZipFile(wheel(distribution, tmp_path)) as archive:
        names = set(archive.namelist())
        [information] = {name.split("/")[0] for name in names if ".dist-info/" in name}
        described = message_from_string(archive.read(f"{information}/METADATA").decode())
        licence = archive.read(f"{information}/licenses/LICENSE")
    assert {name.split("/")[0] for name in names} == {package, information}
    assert f"{package}/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert licence == (ROOT / "LICENSE").read_bytes()
    check_description(distribution, described)


def check_description(distribution: str, described: Message) -> None:
    assert described["Name"] == distribution
    assert described["Version"] == buckia.__version__
    assert described["License-Expression"] == "AGPL-3.0-or-later"
    assert described["Requires-Python"] == ">=3.11"
    assert f"# {distribution}" in str(described.get_payload())
