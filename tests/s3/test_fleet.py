"""Several processes and one bucket: all agree in the end, and nothing that was written is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.s3.buckets import Bucket
from tests.s3.fleet import Fleet
from tests.s3.servers.moto import Moto


@pytest.mark.slow
@pytest.mark.parametrize(("devices", "rounds", "seed"), [(2, 5, 1), (2, 5, 2), (8, 2, 3)])
def test_devices_that_sync_at_once_agree_and_lose_nothing(
    moto: Moto, tmp_path: Path, devices: int, rounds: int, seed: int
) -> None:
    fleet = Fleet(tmp_path, Bucket(moto, tmp_path), devices=devices, seed=seed)
    for _ in range(rounds):
        fleet.round(kills=0.3)
    fleet.settle()
    assert fleet.lost() == set()
    assert fleet.written - fleet.given_up, "a history in which nothing was at stake proves nothing"
