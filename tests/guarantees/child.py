"""One sync with a bucket that is a folder, in a process of its own; run as a script.

    python -m tests.guarantees.child '{"root": ..., "bucket": ..., ...}'

`bound`: root obeys permissions like anybody else. `full_at`: no file may grow beyond that many
bytes, as on a full disk. `kill`: die of SIGKILL right after the first such change of the bucket.
`look`: show the plan only. `runs`: sync so often, and show the last. All other keys are arguments
of `sync`. Prints the result as JSON, with the most memory that this process ever had, where the
system tells it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from buckia.body import BytesBody
from buckia.client import BuckiaClient
from buckia.config import BucketConfig
from buckia.errors import BuckiaError
from buckia.protocols import Body
from buckia.stores.local.staging import StagedFile
from buckia.stores.local.store import LocalStore


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def obey_permissions() -> None:
    """Give up root's privilege to read and write what nobody may."""
    if os.geteuid() != 0:
        return
    system = ctypes.CDLL(None, use_errno=True)
    header, held = _Header(0x20080522, 0), (_Capabilities * 2)()
    if system.capget(ctypes.byref(header), held) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    override_and_search = 0b110
    held[0].effective &= ~override_and_search
    held[0].permitted &= ~override_and_search
    if system.capset(ctypes.byref(header), held) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def fill_the_disk(size: int) -> None:
    """Writes beyond this size fail, as they do when nothing is free."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def die_after(operation: str) -> None:
    """SIGKILL right after the bucket did this, and before anybody heard of it."""
    real: Callable[..., Any] = getattr(LocalStore, operation)

    def deadly(self: LocalStore, *given: Any, **how: Any) -> Any:
        found = real(self, *given, **how)
        if _is_bucket(self):
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(LocalStore, operation, deadly)


def die_after_commit() -> None:
    """The same, where a file of the bucket became visible."""
    real = LocalStore.stage_unsettled

    def staged(self: LocalStore, key: str, body: Body) -> StagedFile:
        found = real(self, key, body)
        commit = found.commit

        def deadly(**how: Any) -> None:
            commit(**how)
            os.kill(os.getpid(), signal.SIGKILL)

        if _is_bucket(self):
            found.commit = deadly  # type: ignore[assignment, method-assign]
        return found

    LocalStore.stage_unsettled = staged  # type: ignore[method-assign]


def _is_bucket(store: LocalStore) -> bool:
    """And not the folder, which is a store of the same class."""
    return "Stages" in store.traits.lacks


def peak() -> int | None:
    """The most bytes of memory that this process ever had."""
    try:
        told = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return next(
        int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmHWM")
    )


def main(text: str) -> None:
    how: dict[str, Any] = json.loads(text)
    root, bucket = Path(how.pop("root")), Path(how.pop("bucket"))
    look, runs = how.pop("look", False), how.pop("runs", 1)
    config = BucketConfig(
        provider="local",
        bucket_name=bucket.name,
        options={"root": str(bucket.parent)},
        retries=1,
        **how.pop("config", {}),
    )
    with BuckiaClient(config, local_path=root) as client:
        # What is imported late must be there before the disk is full.
        BytesBody(data=b"")
        if how.pop("bound", False):
            obey_permissions()
        if "full_at" in how:
            fill_the_disk(how.pop("full_at"))
        if "kill" in how:
            operation = how.pop("kill")
            die_after(operation) if operation != "commit" else die_after_commit()
        try:
            result = client.status(**how) if look else client.sync(**how)
            for _ in range(runs - 1):
                result = client.sync(**how)
        except BuckiaError as error:
            print(json.dumps({"raised": error.kind, "exit_code": error.exit_code}))  # noqa: T201 - a script
            return
    shown = {**msgspec.to_builtins(result), "exit_code": result.exit_code, "peak": peak()}
    print(json.dumps(shown))  # noqa: T201 - a script


if __name__ == "__main__":
    main(sys.argv[1])
