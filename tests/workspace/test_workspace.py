"""The files that hold the workspace together agree with each other."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
AGPL = "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"
"""SHA-256 of the licence as its authors publish it."""

posix = pytest.mark.skipif(os.name != "posix", reason="makes a path of POSIX shell scripts")


def project(package: Path) -> dict[str, Any]:
    return dict(tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"])


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins() -> dict[str, str]:
    return dict(line.split("==") for line in lines("constraints-dev.txt"))


def test_the_licence_is_whole_and_lies_in_every_distribution() -> None:
    for folder in (ROOT, *PACKAGES):
        assert hashlib.sha256((folder / "LICENSE").read_bytes()).hexdigest() == AGPL


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_distribution_says_who_it_is_like_the_others(package: Path) -> None:
    table = project(package)
    assert table["name"] == package.name
    assert table["license"] == "AGPL-3.0-or-later"
    assert table["requires-python"] == f">={PYTHONS[0]}"
    wanted = [f"Programming Language :: Python :: {number}" for number in PYTHONS]
    assert [line for line in table["classifiers"] if re.search(r":: 3\.\d+$", line)] == wanted


def test_all_distributions_carry_one_version() -> None:
    found = {
        re.search(r'^__version__ = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        for package in PACKAGES
        for path in package.glob("src/*/__init__.py")
    }
    assert len({match and match[1] for match in found}) == 1


def test_the_makefile_knows_every_distribution() -> None:
    [line] = (line for line in lines("Makefile") if line.startswith("PACKAGES :="))
    assert sorted(line.split()[2:]) == [package.name for package in PACKAGES]


def test_every_command_that_the_makefile_explains_is_one_and_has_a_recipe() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    explained = set(re.findall(r"^([\w-]+):.*## ", text, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert explained == set(phony.split())


def test_every_tool_has_one_version_and_no_address() -> None:
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines("constraints-dev.txt"))
    tools = [re.sub(r"\[.+\]", "", line) for line in lines("requirements-dev.txt")[1:]]
    assert {tool.lower() for tool in tools} <= {name.lower() for name in pins()}


def test_what_is_installed_is_what_is_pinned() -> None:
    installed = {}
    for name in pins():
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue  # something for another system
    assert "pytest" in installed
    assert installed == {name: pins()[name] for name in installed}


def test_the_public_checks_are_the_two_commands_on_every_python_and_system() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    [job] = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make demo", "make test"]
    assert job["strategy"]["matrix"]["python"] == PYTHONS
    systems = {name.split("-")[0] for name in job["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}


def test_the_hooks_of_a_commit_are_commands_of_the_makefile() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [local] = hooks["repos"]
    assert local["repo"] == "local"
    assert [hook["entry"] for hook in local["hooks"]] == ["make format", "make lint"]


@posix
def test_the_local_checks_can_be_run_and_stop_at_the_first_failure() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    words = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in words
    assert [line for line in words if line.startswith("make")] == ["make demo", "make test"]


class Shelf:
    """A path on which only these Pythons are found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "path"
        self.folder.mkdir()
        sh = shutil.which("sh")
        cat = shutil.which("cat")
        assert sh
        assert cat
        (self.folder / "sh").symlink_to(sh)
        (self.folder / "cat").symlink_to(cat)

    def put(self, name: str, script: str) -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def make(self, environment: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(ROOT / ".ci" / "venv"), str(environment)],
            env={"PATH": str(self.folder)} | variables,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


TOO_OLD = "exit 1"
GOOD = f'exec "{sys.executable}" "$@"'
# Makes no environment, but says in whose name it was asked to.
WITNESS = f'[ "$2" = venv ] && echo "made by $0" || exec "{sys.executable}" "$@"'


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@posix
def test_without_a_fitting_python_the_message_says_what_to_install(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("python3", TOO_OLD)
    done = shelf.make(tmp_path / "env")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no Python 3.11 or newer")
    assert "Hint: install one" in done.stderr
    assert not (tmp_path / "env").exists()


@posix
def test_a_python_that_is_too_old_is_passed_over_for_one_that_is_not(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("python3", TOO_OLD)
    shelf.put("python3.12", WITNESS)
    shelf.put("python3.11", WITNESS)
    done = shelf.make(tmp_path / "env")
    assert done.stdout.splitlines()[-1].endswith("/python3.12")
    assert done.returncode == 0


@posix
def test_the_python_that_somebody_names_is_the_one_and_no_other(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("python3", WITNESS)
    shelf.put("mine", WITNESS)
    shelf.put("old", TOO_OLD)
    assert "/mine" in shelf.make(tmp_path / "env", PYTHON="mine").stdout
    refused = shelf.make(tmp_path / "env", PYTHON="old")
    assert refused.returncode == 1
    assert "looked for: old" in refused.stderr


@posix
@pytest.mark.slow
def test_an_environment_that_works_is_left_alone_and_a_broken_one_made_anew(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("python3", GOOD)
    environment = tmp_path / "env"
    assert shelf.make(environment).returncode == 0
    mark = environment / "mark"
    mark.touch()
    assert not shelf.make(environment).stdout
    assert mark.exists()
    (environment / "bin" / "python").unlink()
    assert shelf.make(environment).returncode == 0
    assert not mark.exists()
    assert (environment / "bin" / "python").exists()
