"""What runs do that find everything written down, they do without the SDK, which is heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.s3.acting import like_aws
from tests.s3.buckets import Bucket
from tests.s3.servers.environments import ROOT
from tests.s3.servers.moto import Moto
from tests.s3.servers.proxy import Proxy

HEAVY = {"boto3", "botocore.client", "botocore.session", "botocore.parsers"}
SYNC = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
sys.argv = ["buckia", *sys.argv[1:]]
from buckia.cli import main
sys.exit(main())
"""


def environ(folder: Path) -> dict[str, str]:
    """No AWS settings, and no secrets of anybody's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    return {**kept, "AWS_CONFIG_FILE": str(folder / "none"), "XDG_STATE_HOME": str(folder)}


def run(folder: Path, *command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environ(folder),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_first_contact_and_all_that_follows_need_no_sdk(moto: Moto, tmp_path: Path) -> None:
    with Proxy(moto.access) as proxy:
        proxy.moods = like_aws()
        bucket = Bucket(proxy, tmp_path)
        done = run(tmp_path, "-m", "tests.s3.plain_run", proxy.endpoint, bucket.name, str(tmp_path))
        asked = {one.operation for one in proxy.requests}
    told = json.loads(done.stdout)
    copies = ["copy of large & ä", "copy of small & ä"]
    assert told["found"] == [*copies, "large", "small", "no small"]
    assert (told["failed"], told["left"]) == ([], [])
    assert {
        *("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"),
        *("CopyObject", "DeleteObject", "DeleteObjects", "ListMultipartUploads"),
    } <= asked
    assert not HEAVY & set(told["loaded"])


def test_a_sync_needs_no_sdk(moto: Moto, tmp_path: Path) -> None:
    bucket, folder = Bucket(moto, tmp_path), tmp_path / "folder"
    (folder / "files").mkdir(parents=True)
    for name in "abc":
        (folder / "files" / name).write_text(name)
    settings = {
        "provider": "s3",
        "paths": ["files"],
        "bucket_name": bucket.name,
        "endpoint_url": moto.endpoint,
        "region": "us-east-1",
        "access_key": "me",
        "secret_key": "not-told",
    }
    (folder / ".buckia").write_text(json.dumps({"assets": settings}))
    (folder / ".buckia").chmod(0o600)
    bucket.client.put_object(Bucket=bucket.name, Key="d", Body=b"d")
    done = run(tmp_path, "-c", SYNC, "sync", cwd=folder)
    assert not HEAVY & set(json.loads(done.stderr.splitlines()[-1]))
    assert (folder / "files" / "d").read_bytes() == b"d"
    found = bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]
    assert [one["Key"] for one in found] == ["a", "b", "c", "d"]
