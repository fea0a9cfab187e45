"""The kit is there for those who ask for it, and for nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest

import buckia.testing


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_importing_buckia_imports_no_kit() -> None:
    done = run(
        "import sys, buckia, buckia.protocols, buckia.provider, buckia.stores.memory.store;"
        "assert not {'buckia.testing', 'pytest', 'hypothesis'} & set(sys.modules)"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "tool"),
    [
        ("buckia.testing", "pytest"),
        ("buckia.testing.faults", "pytest"),
        ("buckia.testing.model", "hypothesis"),
    ],
)
def test_a_missing_tool_is_named_with_what_to_install(module: str, tool: str) -> None:
    done = run(f"import sys; sys.modules[{tool!r}] = None; import {module}")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f"{module.removesuffix('.faults')} needs {tool}" in last
    assert "pip install 'buckia-core[testing]'" in last


def test_the_kit_alone_needs_no_hypothesis() -> None:
    done = run("import sys; sys.modules['hypothesis'] = None; import buckia.testing.faults")
    assert done.returncode == 0, done.stderr


def test_a_subclass_that_forgets_the_fixture_is_told() -> None:
    with pytest.raises(NotImplementedError, match="must override the fixture `storage`"):
        buckia.testing.StorageConformance.storage.__wrapped__(  # type: ignore[attr-defined]
            buckia.testing.StorageConformance()
        )
