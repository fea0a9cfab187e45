"""What the command line does not load, it does not wait for."""

from __future__ import annotations

import json
import subprocess
import sys

import buckia

SDKS = {
    "aiohttp",
    "boto3",
    "botocore",
    "buckia_bunny",
    "buckia_linode",
    "buckia_s3",
    "httpx",
    "obstore",
    "requests",
    "urllib3",
}

# What the installed script `buckia` does, and at the end, on standard error, what it loaded.
COMMAND = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
sys.argv = ["buckia", *sys.argv[1:]]
from buckia.cli import main
sys.exit(main())
"""

LIBRARY = """
import json, sys
import buckia
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def ran(program: str, *words: str) -> tuple[str, set[str]]:
    """Standard output, and the modules that a fresh Python held in the end."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, set(json.loads(done.stderr.splitlines()[-1]))


def test_the_version_is_told_without_click_rich_entry_points_or_any_sdk() -> None:
    output, loaded = ran(COMMAND, "--version")
    assert buckia.__version__ in output
    assert not loaded & (SDKS | {"click", "importlib.metadata", "rich"})


def test_help_is_given_without_rich_or_any_sdk() -> None:
    output, loaded = ran(COMMAND, "--help")
    assert "sync" in output
    assert not loaded & (SDKS | {"rich"})


def test_the_library_is_imported_without_click_rich_entry_points_or_any_sdk() -> None:
    _, loaded = ran(LIBRARY)
    assert "buckia" in loaded
    assert not loaded & (SDKS | {"click", "importlib.metadata", "rich"})


def test_what_is_loaded_is_noticed() -> None:
    _, loaded = ran("import rich\n" + LIBRARY)
    assert "rich" in loaded
