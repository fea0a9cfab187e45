"""rclone, as it comes, with the flags that make it fast, and with those that miss nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.buckets import Bucket
from benchmarks.measured import Command

PLAIN: Sequence[str] = ()
_WIDE = ("--fast-list", "--transfers", "32", "--checkers", "32")
_SPARING = ("--s3-no-head", "--s3-no-check-bucket")
FAST = (
    # Times of the service instead of those of the files, which cost a request for each object;
    # what changed here since it was sent is newer than what is there. It sees no edit with an
    # older time, and none that was made there.
    *("--update", "--use-server-modtime", *_WIDE),
    *(*_SPARING, "--s3-disable-checksum"),
)
CAREFUL = ("--checksum", *_WIDE, *_SPARING)
"""The fastest that sees every edit on either side: it reads all files, and asks for no object."""


class Rclone:
    """With these flags."""

    def __init__(self, name: str, program: Path, flags: Sequence[str]) -> None:
        self.name = name
        self._program = program
        self._flags = flags

    def version(self) -> Command:
        return Command([self._program, "version"], Path.cwd())

    def up(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(["sync", folder, _remote(bucket)], bucket, home)

    def down(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(["sync", _remote(bucket), folder], bucket, home)

    def plan(self, folder: Path, bucket: Bucket, home: Path, /) -> Command:
        return self._asked(["sync", "--dry-run", folder, _remote(bucket)], bucket, home)

    def both(self, folder: Path, bucket: Bucket, home: Path, /) -> Command | None:
        if "--use-server-modtime" in self._flags:
            # Both ways it needs the times of the files.
            return None
        work = home / "bisync"
        begins = [] if work.exists() else ["--resync"]
        way: list[str | Path] = ["bisync", folder, _remote(bucket), "--workdir", work, *begins]
        return self._asked(way, bucket, home)

    def _asked(self, words: Sequence[str | Path], bucket: Bucket, home: Path) -> Command:
        home.mkdir(parents=True, exist_ok=True)
        settings = home / "rclone.conf"
        settings.touch()
        access = bucket.access
        told = {
            "RCLONE_CONFIG": str(settings),
            "RCLONE_CONFIG_BENCH_TYPE": "s3",
            "RCLONE_CONFIG_BENCH_PROVIDER": "Other",
            "RCLONE_CONFIG_BENCH_ENDPOINT": access.endpoint,
            "RCLONE_CONFIG_BENCH_REGION": access.region,
            "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": access.access_key,
            "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": access.secret_key,
            "RCLONE_CACHE_DIR": str(home / "cache"),
        }
        return Command([self._program, *words, *self._flags], home, told)


def _remote(bucket: Bucket) -> str:
    return f"bench:{bucket.name}"
