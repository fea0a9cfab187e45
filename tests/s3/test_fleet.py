"""Several processes and one bucket: all agree in the end, and nothing that was written is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fleet.fleet import Fleet
from tests.grounds import S3Ground
from tests.s3.servers.access import Server
from tests.wanted import chosen

HISTORIES = int(os.environ.get("BUCKIA_SEEDS", "1"))
"""How many of each kind."""


@pytest.fixture(params=["moto", "gateway", "secure_gateway"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, HISTORIES + 1))
@pytest.mark.parametrize(("devices", "rounds"), chosen("ceph", [(2, 5), (8, 2)], [(2, 5)]))
def test_devices_that_sync_at_once_agree_and_lose_nothing(
    server: Server, tmp_path: Path, devices: int, rounds: int, seed: int
) -> None:
    fleet = Fleet(tmp_path, S3Ground(server.access), devices=devices, seed=seed)
    for _ in range(rounds):
        fleet.round(kills=0.3)
    fleet.settle()
    assert fleet.lost() == set()
    assert fleet.at_stake(), "a history in which nothing was at stake proves nothing"
