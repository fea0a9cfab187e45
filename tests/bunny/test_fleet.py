"""Several processes and one storage zone: all agree in the end, and nothing written is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from buckia_bunny.testing import Answers, FakeBunny, Fault, LosesAnswer, StaleListing
from tests.bunny.gates import Gate, Meeting
from tests.fleet.fleet import PATIENCE, POLICIES, UNREACHABLE, Fleet
from tests.grounds import BunnyGround
from tests.wanted import hint, wanted

HISTORIES = int(os.environ.get("BUCKIA_SEEDS", "1"))
"""How many of each kind."""
SOON = (("Retry-After", "0.05"),)
FAULTS: dict[str, tuple[Fault, ...]] = {
    "calm": (),
    "lost answers": (LosesAnswer(on="put delete", nth=range(1, 10**6, 3)),),
    "storms of 429": (Answers(429, headers=SOON, nth=range(1, 10**6, 3)),),
    "stale listings": (StaleListing(requests=3),),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, HISTORIES + 1))
@pytest.mark.parametrize(
    ("devices", "rounds", "trouble"),
    [(8, 2, "calm"), *((2, 5, trouble) for trouble in FAULTS)],
)
def test_devices_that_sync_at_once_agree_and_lose_nothing(
    fake: FakeBunny, tmp_path: Path, devices: int, rounds: int, trouble: str, seed: int
) -> None:
    if (devices > 2 or trouble == "storms of 429") and not wanted("bunny"):
        pytest.skip(hint("bunny", "takes half a minute"))
    # As far away as a service is: long enough for others to come between a look and a write.
    fake.latency = 0.03
    fleet = Fleet(tmp_path, BunnyGround(fake), devices=devices, seed=seed)
    fake.faults = FAULTS[trouble]
    for _ in range(rounds):
        fleet.round(kills=0.3, also=[UNREACHABLE] if trouble != "calm" else [])
    fake.faults = ()
    fleet.settle()
    assert fleet.lost() == set()
    assert fleet.at_stake(), "a history in which nothing was at stake proves nothing"


KEY = "a"


class Two:
    """Two devices that hold the same file, and what became of it when both did something."""

    def __init__(self, folder: Path, fake: FakeBunny, policy: str) -> None:
        self.fleet = Fleet(folder, BunnyGround(fake), devices=2, seed=1, policies=[policy])
        self.one, self.other = self.fleet.devices
        self.fleet.write(self.one, KEY)
        self.fleet.settle()
        self._fake = fake

    def sync_at_once(self, meeting: Meeting) -> list[str]:
        """What both said, when their changes of the file met in the zone."""
        self._fake.faults = (Gate(on="put delete describe", key=KEY, through=meeting),)
        running = [device.sync() for device in (self.one, self.other)]
        said = [process.communicate(timeout=PATIENCE)[0] for process in running]
        assert [process.returncode for process in running] == [0, 0], said
        self._fake.faults = ()
        assert self.fleet.lost() == set()
        return said


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
def test_a_version_that_is_overwritten_between_a_look_and_a_write_is_not_lost(
    fake: FakeBunny, tmp_path: Path, policy: str, noticed: bool
) -> None:
    two = Two(tmp_path, fake, policy)
    texts = {two.fleet.write(device, KEY) for device in two.fleet.devices}
    meeting = Meeting(noticed=noticed)
    said = two.sync_at_once(meeting)
    assert meeting.done == ["put", "put"]
    assert any("conflict" in one for one in said) is noticed
    two.fleet.settle()
    assert two.fleet.lost() == set()
    assert texts <= two.fleet.at_stake()


@pytest.mark.slow
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
@pytest.mark.parametrize("deed", ["delete", "rename"])
def test_a_version_that_is_deleted_between_a_look_and_a_deletion_is_not_lost(
    fake: FakeBunny, tmp_path: Path, deed: str, noticed: bool
) -> None:
    two = Two(tmp_path, fake, "keep_both")
    if deed == "delete":
        two.fleet.delete(two.one, KEY)
    else:
        two.fleet.rename(two.one, KEY, "g")
    text = two.fleet.write(two.other, KEY)
    meeting = Meeting(noticed=noticed)
    two.sync_at_once(meeting)
    assert meeting.done == ["put", "delete"]
    two.fleet.settle()
    assert two.fleet.lost() == set()
    seen = text in two.fleet.texts().values()
    assert seen is noticed, "who saw the deletion at once has brought the file back"
    assert seen or text in two.other.trash()
