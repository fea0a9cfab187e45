"""One device: a folder, what its user sees in it, and the processes that sync it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from buckia import BuckiaClient
from tests.grounds import NAME, Ground, document


class Device:
    def __init__(self, folder: Path, bucket: Ground, *, policy: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        settings = {"delete_orphaned": True, "conflict_resolution": policy, "max_delete": "100%"}
        (folder / ".buckia").write_text(document(bucket, **settings))
        self._environment = {**os.environ, **bucket.secrets}

    def sync(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "buckia", "sync", "--force"]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def files(self) -> dict[str, str]:
        """What a user sees."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".buckia" not in path.relative_to(self.folder).parts[0]
        }

    def trash(self) -> set[str]:
        """What a user can bring back."""
        with BuckiaClient.from_file(self.folder / ".buckia", NAME) as client:
            return {item.path.read_text() for item in client.versions()}
