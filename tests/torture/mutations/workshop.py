"""A copy of all packages, in which measures are taken away; the checkout is not touched."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode

from tests.torture.mutations.mutation import Mutation, Unfit, mutated

ROOT = Path(__file__).parents[3]
_ASK = "import buckia, buckia_bunny, buckia_s3; print(buckia.__path__[0])"
_ASK_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_ASK!r}])"


def sources() -> list[Path]:
    """The folders that the packages are imported from."""
    return sorted((ROOT / "packages").glob("*/src"))


def found(file: str, among: list[Path]) -> Path:
    """The one source folder that has such a file, with its name."""
    there = [folder / file for folder in among if (folder / file).is_file()]
    if len(there) != 1:
        raise Unfit(f"{file} is in {len(there)} packages")
    return there[0]


class Workshop:
    """`environment` is that of processes which import the copy."""

    def __init__(self, folder: Path) -> None:
        self._copies = [self._copied(source, folder) for source in sources()]
        self._settle()

    @property
    def environment(self) -> Mapping[str, str]:
        places = [*map(str, self._copies), os.environ.get("PYTHONPATH", "")]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}

    @contextmanager
    def without(self, mutation: Mutation) -> Iterator[None]:
        """The copy lacks this measure inside, and has it again afterwards."""
        path = found(mutation.file, self._copies)
        whole = path.read_text("utf-8")
        path.write_text(mutated(mutation, whole), "utf-8")
        try:
            yield
        finally:
            path.write_text(whole, "utf-8")

    def insist(self) -> None:
        """Raise unless processes, and those that they start in turn, import the copy."""
        for question in (_ASK, _ASK_A_CHILD):
            told = subprocess.run(
                [sys.executable, "-c", question],
                cwd=ROOT,
                env=self.environment,
                capture_output=True,
                text=True,
                check=True,
            )
            if Path(told.stdout.strip()).parent not in self._copies:
                raise Unfit(f"not the copy would be asked, but {told.stdout.strip()}")

    @staticmethod
    def _copied(source: Path, folder: Path) -> Path:
        copy = folder / source.parent.name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        return copy

    def _settle(self) -> None:
        """Compiled once; what is compiled is told by its text, for a file may change and change
        back within one tick of the clock.
        """
        for copy in self._copies:
            compileall.compile_dir(
                copy, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH
            )
