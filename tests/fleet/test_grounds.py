"""What is put into a bucket from outside is what Buckia syncs, on every ground."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.client import BuckiaClient
from tests.grounds import GROUNDS, config


@pytest.mark.parametrize("kind", GROUNDS)
def test_a_bucket_is_seen_from_outside_as_buckia_sees_it(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "here"
    root.mkdir()
    (root / "mine.txt").write_bytes(b"mine")
    with GROUNDS[kind](tmp_path) as ground:
        ground.put("d/theirs.txt", b"theirs")
        ground.put("gone.txt", b"gone")
        ground.remove("gone.txt")
        with BuckiaClient(config(ground), local_path=root) as client:
            assert client.sync().exit_code == 0
        assert ground.objects() == {"mine.txt": b"mine", "d/theirs.txt": b"theirs"}
        assert ground.unfinished() == []
    assert (root / "d/theirs.txt").read_bytes() == b"theirs"
