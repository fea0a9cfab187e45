"""A folder is moved while a device of its user syncs it."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import GuardStopped
from buckia.testing.faults import At, unavailable
from tests.engine import provider
from tests.engine.bench import Bench
from tests.people.tiers import ID, Meddling, Tier, Tiers

FILES = {"a.txt": "a", "b.txt": "b", "d/c.txt": "c"}


def device(tier: Tier, folder: Path, **place: object) -> BuckiaClient:
    """Nothing that it deletes can be brought back."""
    config = BucketConfig(
        provider="bench",
        bucket_name=tier.name,
        delete_orphaned=True,
        max_delete=1000,
        trash_days=0,
        retries=1,
        max_workers=1,
        **place,  # type: ignore[arg-type]  # keys of the configuration
    )
    return BuckiaClient(config, local_path=folder, plugins=provider.plugins())


def filled(folder: Path) -> Tiers:
    tiers = Tiers(folder)
    for key, data in FILES.items():
        tiers.common.put(key, data)
    return tiers


def names(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith(".buckia")}


def test_a_move_in_the_midst_of_a_sync_deletes_nothing_on_the_device(tmp_path: Path) -> None:
    for nth in count(1):
        tiers = filled(tmp_path / f"{nth}")
        here = tmp_path / f"device {nth}"
        here.mkdir()
        with device(tiers.common, here, folders=[ID]) as client:
            assert client.sync().exit_code == 0
            for key in FILES:
                tiers.common.put(key, f"{key}, edited by another device")
            # The operator has a way of their own to the same buckets.
            stores = tiers.common.memory, tiers.premium.memory
            meddling = Meddling(nth, Tiers(tmp_path / f"operator {nth}", *stores).move)
            tiers.common.store.plan = meddling  # type: ignore[assignment]
            with suppress(GuardStopped):
                client.sync()
        assert names(here / ID) == FILES.keys(), nth
        if meddling.left > 0:
            break
    assert nth > len(FILES), "or it was never in the midst"


def test_what_was_deleted_in_the_bucket_is_deleted_on_the_device_as_ever(tmp_path: Path) -> None:
    tiers = filled(tmp_path / "tiers")
    here = tmp_path / "device"
    here.mkdir()
    with device(tiers.common, here, folders=[ID]) as client:
        client.sync()
        tiers.common.drop("a.txt")
        assert client.sync().deleted_local == 1
    assert names(here / ID) == {"b.txt", "d/c.txt"}


def test_where_nobody_can_say_whether_it_was_moved_nothing_is_deleted(tmp_path: Path) -> None:
    one = Bench(tmp_path, delete_orphaned=True, retries=1)
    for name in "abc":
        one.put_there(name, name)
    one.done()
    one.drop_there("a", "b")
    one.script(At("stat", unavailable(), key=".buckia-moved"))
    result = one.sync()
    assert [(each.path, each.error) for each in result.failed] == [
        ("a", "Unavailable"),
        ("b", "Unavailable"),
    ]
    assert one.here().keys() == set("abc")
    one.script()
    assert one.done().deleted_local == 2


def test_a_device_that_has_the_folder_as_its_prefix_is_told_too(tmp_path: Path) -> None:
    tiers = filled(tmp_path / "tiers")
    here = tmp_path / "device"
    here.mkdir()
    with device(tiers.common, here, prefix=ID) as client:
        client.sync()
        tiers.move()
        with pytest.raises(GuardStopped, match="the folder 7k2m… was moved to premium") as caught:
            client.sync(force=True)
        assert f"sync it with {tiers.premium.name} instead" in (caught.value.hint or "")
    assert names(here) == FILES.keys()
