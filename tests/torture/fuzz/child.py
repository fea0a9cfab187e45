"""Talks with a bucket, one after the other, in a process of its own; run as a script.

    python -m tests.torture.fuzz.child '[{"endpoint": ..., "root": ..., "bucket": ...}]'

`provider`: s3 (the usual) or bunny. `do`: sync (the usual), look (make the plan only), "linode api"
or "bunny api". `full_at`: no file may grow beyond that. `stop_after`: ask to stop once so many keys
have come. `settings` go into the configuration, `words` are arguments of the sync. Prints how each
ended, and the most memory that it ever had; beyond a fence it is given none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import BuckiaError
from buckia.events import Event, Scanned
from tests.guarantees.child import fill_the_disk, peak
from tests.torture.fuzz.watching import SECRET

FENCE = 1536 << 20
"""Bytes."""


def fence(size: int) -> None:
    """The second line of defence: beyond it no memory is given at all."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def config(how: dict[str, Any]) -> BucketConfig:
    secrets = {
        "s3": {"access_key": "AKIA", "secret_key": SECRET},
        "bunny": {"storage_api_key": SECRET},
    }
    return BucketConfig(
        provider=how.get("provider", "s3"),
        bucket_name=how["bucket"],
        endpoint_url=how["endpoint"],
        credentials=secrets[how.get("provider", "s3")],
        **{"retries": 0, "timeout": 20, **how.get("settings", {})},
    )


class Talk:
    """What was seen, and the wish to stop."""

    def __init__(self, how: dict[str, Any]) -> None:
        self.how = how
        self.seen = 0
        self.failed: dict[str, str] = {}
        self.was_interrupted = False
        self.client: BuckiaClient | None = None

    def hear(self, event: Event) -> None:
        if isinstance(event, Scanned):
            self.seen = max(self.seen, event.right)
            if self.client is not None and self.seen >= self.how.get("stop_after", float("inf")):
                self.client.interrupt()

    def sync(self) -> None:
        how = self.how
        with BuckiaClient(config(how), local_path=Path(how["root"]), on_event=self.hear) as client:
            self.client = client
            if "full_at" in how:
                fill_the_disk(how["full_at"])
            words = how.get("words", {})
            result = client.status(**words) if how.get("do") == "look" else client.sync(**words)
            self.was_interrupted = result.interrupted
            self.failed = {one.path: one.error for one in result.failed}


def api(how: dict[str, Any]) -> None:
    if how["do"] == "linode api":
        from buckia_linode.api.client import LinodeApi

        LinodeApi(SECRET, address=how["endpoint"], timeout=20).buckets()
    else:
        from buckia_bunny.cdn.api import CoreApi

        CoreApi(SECRET, endpoint=how["endpoint"], timeout=20).storage_zones()


def talk(how: dict[str, Any]) -> dict[str, Any]:
    one, ended = Talk(how), "done"
    try:
        if how.get("do", "").endswith(" api"):
            api(how)
        else:
            one.sync()
    except BuckiaError as error:
        ended = error.kind
    ended = "interrupted" if one.was_interrupted else ended
    return {"ended": ended, "peak": peak() or 0, "failed": one.failed, "seen": one.seen}


def main(text: str) -> None:
    fence(FENCE)
    print(json.dumps([talk(how) for how in json.loads(text)]))  # noqa: T201 - a script


if __name__ == "__main__":
    main(sys.argv[1])
