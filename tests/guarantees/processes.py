"""Syncs of two folders in processes of their own, which can be killed or stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.guarantees.stage import STATE, digest, files, rows, trash

ROOT = Path(__file__).parents[2]
QUIET = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


class Folders:
    """A local folder and a bucket that is a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root, self.bucket = folder / "here", folder / "buckets" / "there"
        self.root.mkdir(parents=True)
        self.bucket.mkdir(parents=True)

    @property
    def state(self) -> Path:
        return self.root / STATE

    def here(self) -> dict[str, bytes]:
        return files(self.root)

    def there(self) -> dict[str, bytes]:
        held = files(self.bucket)
        held.pop(".buckia-bucket", None)
        return held

    def trash(self) -> list[tuple[str, bytes]]:
        return [(kept.key, kept.data) for kept in trash(self.state)]

    def agreed(self, held: dict[str, bytes]) -> None:
        assert self.here() == held
        assert self.there() == held
        assert rows(self.state) == {key: digest(data) for key, data in held.items()}

    def child(self, **how: Any) -> subprocess.CompletedProcess[str]:
        words = {"root": str(self.root), "bucket": str(self.bucket), **how}
        return subprocess.run(
            [sys.executable, "-m", "tests.guarantees.child", json.dumps(words)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def sync(self, **how: Any) -> dict[str, Any]:
        done = self.child(**how)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def killed(self, **how: Any) -> None:
        done = self.child(**how)
        assert done.returncode == -signal.SIGKILL, (done.returncode, done.stdout, done.stderr)

    def configure(self, **more: object) -> None:
        """A `.buckia` file for the command line."""
        bucket = {
            "provider": "local",
            "bucket_name": self.bucket.name,
            "root": str(self.bucket.parent),
            **more,
        }
        (self.root / ".buckia.json").write_text(json.dumps({"pair": bucket}))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "buckia", *words],
            cwd=self.root,
            env=QUIET,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "buckia", *words],
            cwd=self.root,
            env=QUIET,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
