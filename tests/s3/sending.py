"""A process that sends one file in parts, and says at its end what was answered and what it took.

    python -m tests.s3.sending ENDPOINT ACCESS:SECRET BUCKET FILE NOTES

It is killed on purpose by tests, so it is a program of its own.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from buckia.body import FileBody
from buckia.errors import Unavailable
from buckia.protocols import Entry
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.connection import Connection
from buckia_s3.opening import opened
from buckia_s3.options import Options
from buckia_s3.parts import SMALLEST_PART, Sizes
from buckia_s3.store import S3Store


def main(endpoint: str, keys: str, bucket: str, file: Path, notes: Path) -> None:
    asked: Counter[str] = Counter()
    real = Connection.call

    def counted(self: Connection, operation: str, key: str = "", /, **more: Any) -> dict[str, Any]:
        answer = real(self, operation, key, **more)
        asked[operation] += 1
        return answer

    Connection.call = counted  # type: ignore[method-assign]  # counting is all that this is for
    access, secret = keys.split(":")
    store = opened(
        Options(access_key=Secret(access), secret_key=Secret(secret)),
        Context(bucket_name=bucket, base=file.parent, endpoint_url=endpoint, notes=notes),
        sizes=Sizes(single=SMALLEST_PART, part=SMALLEST_PART),
    )
    store.probe("")
    entry = sent(store, file)
    store.close()
    found = {"asked": asked, "peak": peak("self"), "digests": dict(entry.digests)}
    print(json.dumps(found))  # noqa: T201 - a program


def peak(process: int | Literal["self"]) -> int:
    """The most memory that a process has had, in bytes. Its usage, as the system tells it, would
    count that of the process which it was forked from.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def sent(store: S3Store, file: Path) -> Entry:
    """Tried again as a run does it; a server on a busy machine may be slow to answer."""
    for _ in range(4):
        try:
            return store.write(file.name, FileBody(path=file, size=file.stat().st_size))
        except Unavailable:
            continue
    return store.write(file.name, FileBody(path=file, size=file.stat().st_size))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
