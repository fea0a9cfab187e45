"""A program that does to a bucket what runs do, and tells which modules it holds in the end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from buckia.body import FileBody
from buckia.errors import NotFound
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.opening import opened
from buckia_s3.options import Options
from buckia_s3.parts import SMALLEST_PART, Sizes


def main(endpoint: str, bucket: str, folder: Path) -> None:
    access, secret = Secret("me"), Secret("not-told")
    store = opened(
        Options(access_key=access, secret_key=secret),
        Context(bucket_name=bucket, base=folder, endpoint_url=endpoint, region="us-east-1"),
        sizes=Sizes(single=SMALLEST_PART, part=SMALLEST_PART),
    )
    store.probe("")
    small, large = folder / "small", folder / "large"
    small.write_bytes(b"small")
    large.write_bytes(b"large" * (SMALLEST_PART // 4))
    for file in (small, large):
        made = store.write(file.name, FileBody(path=file, size=file.stat().st_size))
        store.copy(file.name, f"copy of {file.name} & ä", source_version=made.version)
    with store.read("copy of small & ä") as reading:
        assert reading.read(9) == b"small"
    found = [entry.key for page in store.scan() for entry in page]
    store.delete("small")
    failed = store.delete_many([key for key in found if key != "small"])
    try:
        store.stat("small")
    except NotFound:
        found.append("no small")
    left = [entry.key for page in store.scan() for entry in page]
    store.close()
    told = {"found": found, "failed": list(failed), "left": left, "loaded": sorted(sys.modules)}
    print(json.dumps(told))  # noqa: T201 - a program


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
