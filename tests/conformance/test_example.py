"""The example is a distribution like any other: it installs, is found, and keeps its promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "buckia-onefile"

pytestmark = pytest.mark.slow


def run(words: Sequence[str | Path], folder: Path, more: Mapping[str, str]) -> str:
    """The output of a command that has to succeed, with the tools of this very Python."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        env={**variables, "PYTHONUTF8": "1", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the example is installed, alone; nothing is taken from an index."""
    assert find_spec("hatchling"), "the environment lacks hatchling, which builds the example"
    folder = tmp_path_factory.mktemp("example")
    pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    alone = ["--no-deps", "--no-build-isolation", "--target", str(folder / "site")]
    run([*pip, *alone, EXAMPLE], folder, {})
    return {"PYTHONPATH": str(folder / "site")}


def test_it_is_found_through_its_entry_point(installed: dict[str, str], tmp_path: Path) -> None:
    program = (
        "from importlib.metadata import entry_points\n"
        "from pathlib import Path\n"
        "from buckia.provider import Context\n"
        "[point] = set(entry_points(group='buckia', name='onefile'))\n"
        "provider = point.load().buckia_provider()\n"
        "import sys; assert 'sqlite3' not in sys.modules\n"
        "options = provider.options(file='x/b.sqlite')\n"
        "Path('x').mkdir()\n"
        "storage = provider.open(options, Context(bucket_name='b', base=Path.cwd()))\n"
        "assert list(storage.scan()) == []\n"
        "print(provider.name, storage.traits.digests)"
    )
    assert run(["-c", program], tmp_path, installed) == "onefile frozenset({'sha256'})\n"
    assert (tmp_path / "x" / "b.sqlite").is_file()


def test_a_folder_that_is_missing_is_an_error_with_a_hint(
    installed: dict[str, str], tmp_path: Path
) -> None:
    program = (
        "from pathlib import Path\n"
        "from buckia.errors import ConfigError\n"
        "from buckia.provider import Context\n"
        "from buckia_onefile.plugin import buckia_provider as provided\n"
        "context = Context(bucket_name='b', base=Path.cwd())\n"
        "try:\n"
        "    provided().open(provided().options(file='no/b.sqlite'), context)\n"
        "except ConfigError as error:\n"
        "    print(error.hint)"
    )
    assert "`file`" in run(["-c", program], tmp_path, installed)


def test_it_passes_the_kit(installed: dict[str, str], tmp_path: Path) -> None:
    words: list[str | Path] = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    output = run([*words, "--rootdir", EXAMPLE, EXAMPLE / "tests"], tmp_path, installed)
    passed = int(output.rpartition(" passed")[0].split()[-1])
    assert passed > 250


def test_buckia_sync_keeps_a_folder_and_its_bucket_in_step(
    installed: dict[str, str], tmp_path: Path
) -> None:
    app, other = tmp_path / "app", tmp_path / "other"
    for folder in (app, other):
        folder.mkdir()
        (folder / ".buckia").write_text(
            "notes:\n  provider: onefile\n  bucket_name: notes\n  file: ../bucket.sqlite\n"
            "  delete_orphaned: true\n"
        )

    def buckia(folder: Path, *words: str) -> str:
        return run(["-m", "buckia", *words], folder, installed)

    (app / "sub").mkdir()
    (app / "sub" / "ours.txt").write_text("written here")
    (app / "old.txt").write_text("renamed soon")
    buckia(app, "sync")
    buckia(other, "sync")
    assert (other / "sub" / "ours.txt").read_text() == "written here"
    (other / "sub" / "ours.txt").write_text("written there")
    (other / "old.txt").rename(other / "new.txt")
    assert "renamed" in buckia(other, "sync")
    buckia(app, "sync")
    assert (app / "sub" / "ours.txt").read_text() == "written there"
    assert not (app / "old.txt").exists()
    assert (app / "new.txt").read_text() == "renamed soon"
    (app / "new.txt").unlink()
    buckia(app, "sync")
    buckia(other, "sync")
    assert not (other / "new.txt").exists()
    assert "2 files are equal" not in buckia(app, "verify")
    buckia(app, "status", "--exit-code")


def test_it_refuses_what_would_not_fit_into_memory(
    installed: dict[str, str], tmp_path: Path
) -> None:
    program = (
        "from pathlib import Path\n"
        "from buckia.errors import StorageError\n"
        "from buckia.testing.bodies import OddBody\n"
        "from buckia_onefile.store import LARGEST, OneFile\n"
        "body = OddBody(b'', size=LARGEST + 1)\n"
        "try:\n"
        "    OneFile(Path('b.sqlite')).write('a', body)\n"
        "except StorageError as error:\n"
        "    print(error.key, body.opened)"
    )
    assert run(["-c", program], tmp_path, installed) == "a 0\n"


@pytest.mark.parametrize(
    ("damage", "kind"),
    [("not a database at all" * 100, "Corrupted"), (None, "Unavailable")],
    ids=["another file", "no file"],
)
def test_what_sqlite_says_is_told_in_the_words_of_buckia(
    installed: dict[str, str], tmp_path: Path, damage: str | None, kind: str
) -> None:
    if damage is None:
        (tmp_path / "b.sqlite").mkdir()
    else:
        (tmp_path / "b.sqlite").write_text(damage, encoding="utf-8")
    program = (
        "from pathlib import Path\n"
        "from buckia.errors import StorageError\n"
        "from buckia_onefile.store import OneFile\n"
        "try:\n"
        "    OneFile(Path('b.sqlite')).stat('a')\n"
        "except StorageError as error:\n"
        "    print(error.kind, error.key)"
    )
    assert run(["-c", program], tmp_path, installed) == f"{kind} a\n"


def test_a_method_that_is_missing_is_found_by_mypy(tmp_path: Path) -> None:
    package = tmp_path / "buckia_onefile"
    shutil.copytree(EXAMPLE / "src" / "buckia_onefile", package)
    store = package / "store.py"
    whole = store.read_text(encoding="utf-8")
    words = ["-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(package)]
    store.write_text(whole.replace("def stat(", "def stats("), encoding="utf-8")
    variables = {"PYTHONPATH": str(tmp_path)}
    with pytest.raises(AssertionError, match=r"plugin\.py:\d+: error: Incompatible return value"):
        run(words, tmp_path, variables)
    store.write_text(whole, encoding="utf-8")
    run(words, tmp_path, variables)
