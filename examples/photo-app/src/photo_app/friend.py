"""A friend of the user, who sends changes and has no other part in the library."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from photo_app.library import DATABASE

_SETTINGS = """\
{bucket}:
  provider: local
  root: ../buckets
  bucket_name: {bucket}
  folders: [{user}]
"""
_FORGED = "01941f29-7c00-7e54-8b2d-6a0c4d1f9e37"
_EDITED = "Edited.sqlite"
_OUTGOING = "outgoing"


class Friend:
    """Uses nothing but the command line. An app would write its change files itself."""

    def __init__(self, home: Path, user: str, bucket: str) -> None:
        self._home = home
        self._user = user
        (home / _OUTGOING).mkdir(parents=True)
        settings = _SETTINGS.format(user=user, bucket=bucket)
        (home / ".buckia").write_text(settings, encoding="utf-8")

    def change_file(self, *statements: str) -> Path:
        """What these do to the database, as a file for others; made on a copy of it."""
        self._buckia("get", f"{self._user}/{DATABASE}", DATABASE, "--force")
        shutil.copyfile(self._home / DATABASE, self._home / _EDITED)
        with closing(sqlite3.connect(self._home / _EDITED)) as edited, edited:
            for statement in statements:
                edited.execute(statement)
        self._buckia("app", "diff", DATABASE, _EDITED, "--out", _OUTGOING)
        # Their names grow, so the last one is the one that was made just now.
        return max((self._home / _OUTGOING).iterdir())

    def forged_file(self, table: str) -> Path:
        """A change file as no tool makes it."""
        change = {"table": table, "action": "delete", "key": {"id": "1"}}
        content = {
            "format": "buckia-changes/1",
            "id": _FORGED,
            "database": DATABASE,
            "changes": [change],
        }
        file = self._home / f"{_FORGED}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return file

    def send(self, file: Path) -> None:
        self._buckia("put", str(file), f"{self._user}/inbound/")

    def _buckia(self, *words: str) -> None:
        command = [sys.executable, "-m", "buckia", *words]
        done = subprocess.run(  # noqa: S603 - the words are our own
            command, cwd=self._home, capture_output=True, encoding="utf-8", check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"buckia {' '.join(words)}: {done.stderr}")
