"""Change files in a tree of layers: one's own go when they were applied, all others stay."""

from __future__ import annotations

from pathlib import Path

from tests.inbound.devices import Bucket, Device, names
from tests.inbound.world import change_id, document, note


def send(bucket: Bucket, layer: str, number: int, text: str) -> Path:
    name = change_id(number)
    path = bucket.folder / layer / "inbound" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document([note(10 + number, text)], name))
    return path


def test_change_files_of_a_lower_layer_are_applied_once_by_each_and_stay(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "there")
    devices = [
        Device(tmp_path / own, bucket, layers=["team-7", own], max_delete=1000)
        for own in ("ann", "ben")
    ]
    for device in devices:
        device.sync()
    given = send(bucket, "team-7", 1, "for everybody")
    content = given.read_bytes()
    send(bucket, "ann", 2, "for Ann")
    applied = [2, 1]
    for device, count in zip(devices, applied, strict=True):
        result = device.sync()
        assert result.inbound is not None
        assert (result.exit_code, len(result.inbound.applied)) == (0, count)
        for _ in range(2):
            again = device.sync()
            assert again.inbound is not None
            assert (again.exit_code, again.inbound.applied) == (0, ())
            assert (again.uploaded, again.downloaded, again.deleted) == (0, 0, 0)
    assert given.read_bytes() == content
    assert names(bucket.folder / "ann/inbound") == []
    ann, ben = (device.world.texts() for device in devices)
    assert (ann[11], ann[12]) == ("for everybody", "for Ann")
    assert ben[11] == "for everybody"
    assert 12 not in ben
    assert not (bucket.folder / "team-7/App.sqlite").exists()
