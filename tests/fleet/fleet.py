"""Several devices with folders of their own and one bucket: real processes, random edits, kills.

Every text that a user writes is unlike all others. A user who writes over a file, or deletes it,
knows what it held: that text may vanish. All other texts must be found whenever nobody is at work:
in a folder, in the bucket, or in a trash from which it can be brought back.
"""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path

from tests.fleet.device import Device
from tests.grounds import Ground

_NAMES = ("a", "b", "c/d", "c/e", "f")
POLICIES = ("keep_both", "local_wins", "remote_wins", "newest_wins")
_FINE = frozenset({0, 1, 5})
"""All done; some keys changed under our hands; conflicts wait. None of them loses anything."""
UNREACHABLE = 4
"""The bucket did not answer, however often it was asked. That loses nothing either."""
PATIENCE = 120.0


class Fleet:
    """A number of devices, and what their users have written and seen vanish."""

    def __init__(
        self,
        folder: Path,
        bucket: Ground,
        *,
        devices: int,
        seed: int,
        policies: Sequence[str] = POLICIES,
    ) -> None:
        self.chance = random.Random(seed)
        self.bucket = bucket
        self.devices = [
            Device(folder / f"device-{n}", bucket, policy=self.chance.choice(policies))
            for n in range(devices)
        ]
        self.written: set[str] = set()
        self.given_up: set[str] = set()
        self._numbers = count(1)

    def edit(self, device: Device) -> None:
        """A few edits, as a user makes them while nothing syncs the folder."""
        for _ in range(self.chance.randint(0, 3)):
            present = device.files()
            key = self.chance.choice([*_NAMES, *present])
            what = self.chance.random()
            if key not in present or what < 0.6:
                self.write(device, key)
            elif what < 0.8:
                self.delete(device, key)
            else:
                self.rename(device, key, self.chance.choice([*_NAMES, "g", "c/h"]))

    def write(self, device: Device, key: str) -> str:
        """A new text over whatever is there, which is known; returns it."""
        path = device.folder / key
        self._give_up(path)
        text = f"text {next(self._numbers)} {self.chance.random()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.written.add(text)
        return text

    def delete(self, device: Device, key: str) -> None:
        path = device.folder / key
        self._give_up(path)
        path.unlink()

    def rename(self, device: Device, key: str, other: str) -> None:
        """Give a file another name, over whatever has it."""
        if key == other:
            return
        target = device.folder / other
        self._give_up(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        (device.folder / key).replace(target)

    def _give_up(self, path: Path) -> None:
        if path.exists():
            self.given_up.add(path.read_text())

    def round(self, *, kills: float, also: Collection[int] = ()) -> None:
        """All users edit, then all devices sync at the same time; some processes are killed.

        `also` are exit codes that are fine besides the usual.
        """
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
        fine = {*_FINE, *also, -signal.SIGKILL}
        for device, process in running:
            said, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode in fine, f"{device.folder}: {said}"
        assert self.lost() == set()

    def settle(self) -> None:
        """Everybody syncs in turn until all agree."""
        said = ""
        for _ in range(4):
            for device in self.devices:
                process = device.sync()
                said, _ = process.communicate(timeout=PATIENCE)
                assert process.returncode in _FINE, said
            first, *others = [device.files() for device in self.devices]
            if all(other == first for other in others):
                break
        else:
            raise AssertionError(f"they do not agree: {said}")
        objects = self.texts()
        assert objects == first, f"only one side has {objects.items() ^ first.items()}"

    def texts(self) -> dict[str, str]:
        """What is in the bucket."""
        return {key: content.decode() for key, content in self.bucket.objects().items()}

    def lost(self) -> set[str]:
        """Texts that nobody gave up and that are nowhere where a user would find them."""
        found = set(self.texts().values())
        for device in self.devices:
            found |= {*device.files().values(), *device.trash()}
        return self.written - self.given_up - found

    def at_stake(self) -> set[str]:
        """Texts that must still be somewhere; a history without any proves nothing."""
        return self.written - self.given_up
