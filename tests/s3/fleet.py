"""Several devices with folders of their own and one bucket: real processes, random edits, kills.

Every text that a user writes is unlike all others. A user who writes over a file, or deletes it,
knows what it held: that text may vanish. All other texts must be found at the end, in a folder, in
the bucket or in a trash.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.s3.buckets import Bucket

STATE = ".buckia.state"
_NAMES = ("a", "b", "c/d", "c/e", "f")
_CONFIG = """\
fleet:
  provider: s3
  bucket_name: {bucket}
  endpoint_url: {endpoint}
  access_key: env:FLEET_ACCESS
  secret_key: env:FLEET_SECRET
  {trust}
  delete_orphaned: true
  conflict_resolution: {policy}
  max_delete: "100%"
"""
_FINE = {0, 1, 5}
"""All done; some keys changed under our hands; conflicts wait. None of them loses anything."""


class Device:
    """One folder and the processes that sync it."""

    def __init__(self, folder: Path, bucket: Bucket, policy: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        access = bucket.server.access
        trust = f"ca_bundle: {access.ca_bundle}" if access.ca_bundle else ""
        (folder / ".buckia").write_text(
            _CONFIG.format(bucket=bucket.name, endpoint=access.endpoint, trust=trust, policy=policy)
        )
        self._environment = {
            **os.environ,
            "FLEET_ACCESS": access.access_key,
            "FLEET_SECRET": access.secret_key,
        }

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

    def texts(self) -> Iterator[str]:
        """All that is anywhere below the folder, the trash included."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.read_text(errors="replace")


class Fleet:
    """A number of devices, and what their users have written and seen vanish."""

    def __init__(self, folder: Path, bucket: Bucket, *, devices: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.bucket = bucket
        policies = ["keep_both", "local_wins", "remote_wins", "newest_wins"]
        self.devices = [
            Device(folder / f"device-{n}", bucket, self.chance.choice(policies))
            for n in range(devices)
        ]
        self.written: set[str] = set()
        self.given_up: set[str] = set()
        self._numbers = count(1)

    def edit(self, device: Device) -> None:
        """A few edits, as a user makes them."""
        for _ in range(self.chance.randint(0, 3)):
            present = device.files()
            key = self.chance.choice([*_NAMES, *present])
            path = device.folder / key
            if key in present:
                self.given_up.add(present[key])
            if key in present and self.chance.random() < 0.25:
                path.unlink()
                continue
            text = f"text {next(self._numbers)} {self.chance.random()}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.written.add(text)

    def round(self, *, kills: float) -> None:
        """All sync at the same time while their users go on; some processes are killed."""
        for device in self.devices:
            self.edit(device)
        running = [(device, device.sync()) for device in self.devices]
        for _device, process in running:
            if self.chance.random() < kills:
                try:
                    # The instant is meant to be any.
                    process.wait(self.chance.uniform(0.2, 1.5))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
        for device, process in running:
            said, _ = process.communicate(timeout=120)
            assert process.returncode in {*_FINE, -signal.SIGKILL}, f"{device.folder}: {said}"

    def settle(self) -> None:
        """Everybody syncs in turn until all agree."""
        said = ""
        for _ in range(4):
            for device in self.devices:
                process = device.sync()
                said, _ = process.communicate(timeout=120)
                assert process.returncode in _FINE, said
            first, *others = [device.files() for device in self.devices]
            if all(other == first for other in others):
                break
        else:
            raise AssertionError(f"they do not agree: {said}")
        objects = self.objects()
        assert objects == first, f"only one side has {objects.items() ^ first.items()}"

    def objects(self) -> dict[str, str]:
        client, name = self.bucket.client, self.bucket.name
        rows = client.list_objects_v2(Bucket=name).get("Contents", ())
        return {
            row["Key"]: client.get_object(Bucket=name, Key=row["Key"])["Body"].read().decode()
            for row in rows
        }

    def lost(self) -> set[str]:
        """Texts that nobody gave up and that are nowhere."""
        found = {text for device in self.devices for text in device.texts()}
        found |= set(self.objects().values())
        return self.written - self.given_up - found
