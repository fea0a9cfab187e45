"""Whole syncs with a bucket whose listings are wrong: only what is told to be gone goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import BuckiaError
from buckia.standins import Reply, Request
from tests.guarantees.stage import files
from tests.torture.fuzz.canned import BUCKET, service
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.listings import Pages, _read_plainly, s3_page, s3_pages
from tests.torture.fuzz.watching import SECRET, ended, in_time, keeps_secret, nothing_outside

KEYS = ("a", "b/c", "d")
CONTENT = b"abc"
_ETAG = '"00000000000000000000000000000000"'


class Bucket:
    """Gives each object, and the listing that it is told to give. What changes it is noted."""

    def __init__(self) -> None:
        self.listing = Pages([s3_page(KEYS).encode()], ())
        self.listed = 0
        self.changed: list[str] = []

    def __call__(self, request: Request) -> Reply:
        if "list-type" in request.query:
            body = self.listing.bodies[min(self.listed, len(self.listing.bodies) - 1)]
            self.listed += 1
            return Reply(status=200, body=body, headers=self.listing.headers)
        if request.method in {"GET", "HEAD"}:
            return Reply(status=200, body=CONTENT, headers=(("ETag", _ETAG),))
        self.changed.append(f"{request.method} {request.path}")
        return Reply(status=501)


def play(place: Path, given: Pages) -> str:
    root = place / "inner" / "root"
    root.mkdir(parents=True)
    bucket = Bucket()
    service().answer = bucket
    with _client(root) as client:
        assert client.sync().exit_code == 0
        assert files(root) == dict.fromkeys(KEYS, CONTENT)
        bucket.listing, bucket.listed = given, 0
        try:
            with in_time(), nothing_outside(place, root):
                result = client.sync(force=True)
        except BuckiaError as error:
            assert set(files(root)) >= set(KEYS), "deleted though the listing is none"
            assert not bucket.changed
            return ended(error)
    _only_what_is_gone(files(root), given, bucket)
    keeps_secret(root, repr(result))
    return "synced" if result.exit_code == 0 else "synced in part"


def _client(root: Path) -> BuckiaClient:
    settings: dict[str, Any] = {"retries": 0, "delete_orphaned": True, "max_delete": "100%"}
    config = BucketConfig(
        provider="s3",
        bucket_name=BUCKET,
        endpoint_url=service().endpoint,
        credentials={"access_key": "AKIA4711", "secret_key": SECRET},
        **settings,
    )
    return BuckiaClient(config, local_path=root)


def _only_what_is_gone(here: Mapping[str, bytes], given: Pages, bucket: Bucket) -> None:
    """A key that any page tells of is not deleted here, and nothing in the bucket is changed."""
    told: set[str] = set()
    for body in given.bodies[: bucket.listed]:
        told |= _read_plainly(body)[0]
    gone = {key for key in KEYS if key not in here}
    assert not gone & told, f"deleted though it was told of: {gone & told}"
    assert not bucket.changed


SYNCS = Kind("syncs", s3_pages | st.builds(Pages, st.just([b""]), st.just(())), play, short=8)
