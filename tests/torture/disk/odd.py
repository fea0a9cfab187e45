"""Trees that a disk can hold and hardly anybody makes: long, deep, old, sparse, many."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.histories.judge import insist
from tests.histories.world import contents
from tests.torture.disk.pair import Pair, put
from tests.torture.effects.effects import NotHere

SECOND = 1_000_000_000
FIT = Counter({"as it should be": 1})
LONGEST = 255
"""Bytes of a name on nearly every disk."""


def long_names(folder: Path, _seed: int) -> Counter[str]:
    """Names of 255 bytes: there is room for temporary names, swaps and conflict copies."""
    pair = Pair(folder)
    names = ["n" * LONGEST, "\u00e9" * 127, f"{'x' * 251}.txt", f"{'d' * LONGEST}/{'e' * LONGEST}"]
    for name in names:
        put(pair.here / name, b"agreed")
    put(pair.here / "rest", b"rest")
    pair.agree()
    for name in names:
        put(pair.here / name, b"mine " + name.encode())
        put(pair.there / name, b"theirs " + name.encode())
    held = pair.agree()
    insist(len(held) == 1 + 2 * len(names), "copies are missing:", len(held))
    for name in names:
        insist(held[name] == b"theirs " + name.encode(), "the bucket's keeps the name")
        insist(b"mine " + name.encode() in held.values(), "the one here is kept beside it")
        (pair.there / name).unlink()
    held = pair.agree()
    insist(not set(names) & held.keys(), "deletions did not travel")
    return FIT


def deep(folder: Path, _seed: int) -> Counter[str]:
    """Two hundred folders in one another: a path that no call takes as a whole."""
    pair = Pair(folder)
    put(pair.here / "rest", b"rest")
    steps = [f"{number:03}-of-two-hundred-folders" for number in range(200)]
    _bury(pair.here, steps, "treasure", b"deep down")
    result = pair.sync()
    insist(result.exit_code == 0, result.failed)
    insist(_dig(pair.there, steps, "treasure") == b"deep down", "it did not arrive")
    _bury(pair.there, steps, "treasure", b"edited there")
    insist(pair.sync().exit_code == 0, "the edit failed")
    insist(_dig(pair.here, steps, "treasure") == b"edited there", "the edit did not arrive")
    _bury(pair.there, steps, "treasure", None)
    insist(pair.sync().exit_code == 0, "the deletion failed")
    insist(not (pair.here / steps[0]).exists(), "the folders that became empty are still there")
    insist(b"edited there" in pair.kept(), "the deleted file is not in the trash")
    insist(not pair.sync().actions, "there is something left to do")
    return FIT


def _enter(folder: Path, steps: list[str], *, make: bool) -> int:
    handle = os.open(folder, os.O_RDONLY)
    for step in steps:
        if make:
            with suppress(FileExistsError):
                os.mkdir(step, dir_fd=handle)
        inner = os.open(step, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    return handle


def _bury(folder: Path, steps: list[str], name: str, data: bytes | None) -> None:
    handle = _enter(folder, steps, make=True)
    try:
        if data is None:
            os.unlink(name, dir_fd=handle)
            return
        file = os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, dir_fd=handle)
        os.write(file, data)
        os.close(file)
    finally:
        os.close(handle)


def _dig(folder: Path, steps: list[str], name: str) -> bytes:
    handle = _enter(folder, steps, make=False)
    try:
        file = os.open(name, os.O_RDONLY, dir_fd=handle)
        with os.fdopen(file, "rb") as opened:
            return opened.read()
    finally:
        os.close(handle)


LAST = 2**63 - 1
"""The last nanosecond that every system can be handed: the year 2262."""
TIMES = {
    "the first second": 0,
    "before 1970": -86_400 * SECOND,
    "the year 1900": -2_208_988_800 * SECOND,
    "the year 2500": 16_725_225_600 * SECOND,
    "a nanosecond before 1970": -1,
    "now and a bit": 2_000_000_000 * SECOND + 1,
}


def times(folder: Path, _seed: int) -> Counter[str]:
    """Files from before and long after the time of computers."""
    pair = Pair(folder)
    kept: dict[str, int] = {}
    for name, when in TIMES.items():
        put(pair.here / name, name.encode())
        with suppress(OSError, OverflowError):
            os.utime(pair.here / name, ns=(when, when))
        kept[name] = (pair.here / name).stat().st_mtime_ns
    pair.agree()
    for name, when in kept.items():
        found = (pair.there / name).stat().st_mtime_ns
        insist(found == min(when, LAST), f"{name!r} got another time:", found, when)
        # The same time and size: only a look at the bytes can tell.
        for side, text in ((pair.here, b"mine"), (pair.there, b"your")):
            put(side / name, text + name.encode())
            with suppress(OSError, OverflowError):
                os.utime(side / name, ns=(when, when))
    held = pair.agree()
    for name in kept:
        for text in (b"mine", b"your"):
            insist(text + name.encode() in held.values(), f"{text!r} of {name!r} is gone")
    shutil.rmtree(pair.there / "d", ignore_errors=True)
    for name in kept:
        (pair.there / name).unlink()
    pair.agree()
    insist(all(b"your" + name.encode() in pair.kept() for name in kept), "not in the trash")
    return FIT


def hard_links(folder: Path, _seed: int) -> Counter[str]:
    """Two names of one file: what happens to one of them never happens to the other unasked."""
    pair = Pair(folder)
    for name in ("replaced", "deleted", "edited", "rest"):
        put(pair.here / name, b"agreed " + name.encode())
        os.link(pair.here / name, folder / f"outside {name}")
        os.link(pair.here / name, pair.here / f"twin of {name}")
    pair.agree()
    put(pair.there / "replaced", b"from there")
    (pair.there / "deleted").unlink()
    (pair.here / "edited").write_bytes(b"edited by one of its names")
    held = pair.agree()
    insist(held["replaced"] == b"from there", "the new version did not come")
    insist(held["twin of replaced"] == b"agreed replaced", "its twin changed with it")
    insist(held["twin of deleted"] == b"agreed deleted", "the twin went with it")
    insist(held["twin of edited"] == b"edited by one of its names", "the twin is stale")
    for name, data in (("replaced", b"agreed replaced"), ("deleted", b"agreed deleted")):
        insist((folder / f"outside {name}").read_bytes() == data, "a name outside was written to")
    return FIT


def special_files(folder: Path, _seed: int) -> Counter[str]:
    """Pipes, sockets and devices are told, and nothing takes their place."""
    pair = Pair(folder)
    put(pair.here / "rest", b"rest")
    for side in (pair.here, pair.there):
        (side / "d").mkdir()
        os.mkfifo(side / "d/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        _bound(listening, pair.here / "d/socket")
        names = {"d/pipe", "d/socket"}
        with suppress(OSError):
            os.mknod(pair.here / "d/device", 0o020600, os.makedev(1, 5))
            names.add("d/device")
        told = {one.path for one in pair.sync().skipped}
        insist(told == names, "told were", told)
        for name in names - {"d/pipe"}:
            put(pair.there / name, b"a file of that name")
        for _ in range(2):
            pair.tried()
            insist(not (pair.here / "d/socket").is_file(), "a file took the place of a socket")
            insist((pair.there / "d/socket").read_bytes() == b"a file of that name", "it is gone")
    return FIT


def _bound(listening: socket.socket, path: Path) -> None:
    try:
        listening.bind(str(path))
    except OSError as error:
        raise NotHere(f"a socket cannot be made in {path.parent}: {error}") from error


def sparse(folder: Path, seed: int) -> Counter[str]:
    """Files that are mostly holes arrive with all their bytes."""
    chance = Random(seed)
    pair = Pair(folder)
    put(pair.here / "rest", b"rest")
    for number, size in enumerate((1 << 20, 5 << 20, 48 << 20)):
        with (pair.here / f"holes {number}").open("wb") as file:
            for _ in range(3):
                file.seek(chance.randrange(size))
                file.write(chance.randbytes(10))
            file.truncate(size)
    pair.agree()
    return FIT


def endless(folder: Path, _seed: int) -> Counter[str]:
    """A hole of a terabyte takes hours, so whoever sees that must be able to stop it."""
    pair = Pair(folder)
    put(pair.here / "rest", b"rest")
    with (pair.here / "hole").open("wb") as file:
        try:
            file.truncate(1 << 40)
        except OSError as error:
            raise NotHere(f"no file can be that large here: {error}") from error
    with pair.client() as client:
        timer = threading.Timer(1.0, client.interrupt)
        timer.start()
        begun = time.monotonic()
        result = client.sync()
        timer.join()
    insist(result.exit_code == 130, "it did not stop:", result.exit_code)
    insist(time.monotonic() - begun < 60, "it took too long to stop")
    left = [key for key in contents(pair.there) if key != "rest"]
    insist(not left, "half of it is in the bucket:", left)
    (pair.here / "hole").unlink()
    pair.agree()
    return FIT


def many(folder: Path, _seed: int, count: int = 100_000) -> Counter[str]:
    """A hundred thousand files in one folder, of which then some change on both sides."""
    pair = Pair(folder)
    for place in (pair.here, pair.there):
        (place / "d").mkdir()
        for number in range(count):
            (place / "d" / f"{number:07}").write_bytes(b"%d" % number)
    result = pair.sync()
    insist(result.exit_code == 0, result.failed)
    insist(not result.bytes_up + result.bytes_down, "equal files were sent")
    for number in range(0, count, count // 20):
        put(pair.here / "d" / f"{number:07}", b"edited here")
        put(pair.there / "d" / f"{number + 1:07}", b"edited there")
        (pair.here / "d" / f"{number + 2:07}").unlink()
    result = pair.sync()
    insist(result.exit_code == 0, result.failed)
    insist((result.uploaded, result.downloaded) == (20, 20), "other files were sent")
    insist(result.deleted_remote == 20, "other files were deleted")
    insist(not pair.sync().actions, "there is something left to do")
    return FIT
