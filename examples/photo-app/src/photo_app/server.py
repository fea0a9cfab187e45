"""The operator's machine: it makes users, moves them, and applies what friends send."""

from __future__ import annotations

from pathlib import Path

from buckia import BuckiaClient
from photo_app.device import SETTINGS, Device

BUCKETS = ("common", "premium")
_TRIES = 5
_BUCKET = """\
{bucket}:
  provider: local
  root: ../buckets
  bucket_name: {bucket}
"""
_CHANGES_OF_OTHERS = """\
  exclude: ["*.part"]
  inbound:
    database: library/App.sqlite
    folder: {user}/inbound/
    tables: {{likes: "*", comments: "*"}}
"""


class Operator:
    """Whoever runs the app. Buckets are folders here; with others all else would be the same."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "operator" / ".buckia"
        self._file.parent.mkdir(parents=True)
        for bucket in BUCKETS:
            (folder / "buckets" / bucket).mkdir(parents=True)
        settings = "".join(_BUCKET.format(bucket=bucket) for bucket in BUCKETS)
        self._file.write_text(settings, encoding="utf-8")

    def new_user(self) -> str:
        """A folder in the bucket for everybody; its name is an ID that nobody can guess."""
        with self._client("common") as client:
            return client.new_user()

    def move(self, user: str, *, source: str, target: str) -> None:
        with self._client(source) as old, self._client(target) as new:
            # What a device wrote at the last moment is brought over by moving once more.
            for _ in range(_TRIES):
                if not old.move_user(user, new).left:
                    return
            raise RuntimeError("some files are left in the old bucket; a person must look at them")

    def _client(self, bucket: str) -> BuckiaClient:
        return BuckiaClient.from_file(self._file, bucket)


class Server(Device):
    """It syncs the user's folder like a device, and applies change files of friends on the way."""

    settings = SETTINGS + _CHANGES_OF_OTHERS
