"""A file of five gibibytes: in little memory, and continued after a kill."""

from __future__ import annotations

import faulthandler
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia import digests
from tests.s3 import sending
from tests.s3.buckets import Bucket
from tests.s3.servers import ceph
from tests.s3.servers.access import NotHere
from tests.wanted import hint, wanted

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
SIZE = 5 * 1024 * MIB
PARTS = 1024
LITTLE = 200 * 10**6
AT_ONCE = 16
"""Parts on their way at any time."""
LONG = 1800.0
"""Seconds; on a machine that does nothing else a tenth of it is enough."""


@pytest.fixture
def gateway_on_disk(tmp_path: Path) -> Iterator[ceph.Cluster]:
    """A gateway that does not keep in memory what is sent to it."""
    # What takes minutes is not what hangs; each wait below has an end of its own.
    faulthandler.cancel_dump_traceback_later()
    if not wanted("ceph"):
        pytest.skip(hint("ceph", "needs 15 GB of disk and some minutes"))
    try:
        cluster = ceph.start(tmp_path / "ceph", store="bluestore")
    except NotHere as reason:
        pytest.skip(str(reason))
    with cluster:
        yield cluster


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Most of it takes no room, and no two parts are equal."""
    file = tmp_path / "large.bin"
    with file.open("wb") as target:
        target.truncate(SIZE)
        for number in range(PARTS):
            target.seek(number * 5 * MIB)
            target.write(f"part {number}".encode())
    return file


@pytest.mark.slow
def test_a_large_file_to_ceph_takes_little_memory_and_goes_on_after_a_kill(
    gateway_on_disk: ceph.Cluster, large: Path, tmp_path: Path
) -> None:
    bucket = Bucket(gateway_on_disk, tmp_path)
    access = gateway_on_disk.access
    keys = f"{access.access_key}:{access.secret_key}"
    words = [access.endpoint, keys, bucket.name, str(large), str(tmp_path / "notes")]
    command = [sys.executable, "-m", "tests.s3.sending", *words]
    first = subprocess.Popen(command, cwd=ROOT)
    latest = time.monotonic() + LONG
    while (sent := _sent(bucket)) < PARTS // 3:
        assert first.poll() is None, "it ended before it was killed"
        assert time.monotonic() < latest, f"only {sent} parts were sent"
        time.sleep(0.1)  # parts arrive by themselves, and nothing tells of it
    before = sending.peak(first.pid)
    first.send_signal(signal.SIGKILL)
    first.wait()
    sent = _sent(bucket)
    assert PARTS // 3 <= sent < PARTS

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=LONG
    )
    said = json.loads(done.stdout)
    # What was on its way when the process was killed may have arrived after it was counted.
    assert PARTS - sent - AT_ONCE <= said["asked"]["upload_part"] <= PARTS - sent
    assert said["asked"]["complete_multipart_upload"] == 1
    assert max(said["peak"], before) < LITTLE
    with large.open("rb") as source:
        true = digests.of_chunks(iter(lambda: source.read(MIB), b""), "sha256")
    assert said["digests"] == {"sha256": true}
    head = bucket.client.head_object(Bucket=bucket.name, Key=large.name)
    assert head["ContentLength"] == SIZE
    assert head["ETag"].endswith(f'-{PARTS}"')
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def _sent(bucket: Bucket) -> int:
    """Parts that are there by now."""
    uploads = bucket.client.list_multipart_uploads(Bucket=bucket.name, Prefix="large.bin")
    found = 0
    for upload in uploads.get("Uploads", ()):
        pages = bucket.client.get_paginator("list_parts").paginate(
            Bucket=bucket.name, Key=upload["Key"], UploadId=upload["UploadId"]
        )
        found += sum(len(page.get("Parts", ())) for page in pages)
    return found
