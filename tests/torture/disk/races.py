"""Folders that are exchanged for links, and files that change, while they are synced.

They race in earnest: another process does it, as quickly as it can. That one side is a folder and
the other a bucket makes no difference to a link, so each side is raced against.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from random import Random

from buckia.body import CHUNK
from buckia.stores.local import system
from tests.histories.judge import insist
from tests.histories.world import contents, fingerprint
from tests.stores.local.crashes import in_child
from tests.torture.disk.pair import Pair, put
from tests.torture.effects.effects import NotHere

SECRET = b"outside: nobody may read, write or delete this "
NAMES = tuple(f"{number}.txt" for number in range(6))
SECONDS = 4.0
GROWS = "grows.log"
SEQUENCE = b"".join(b"%015d\n" % number for number in range(200_000))
"""A file that only grows and shrinks at its end is always a beginning of this."""


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Another process does this again and again, to the end of a turn."""
    stopping, stop = os.pipe()

    def forever() -> None:
        os.close(stop)
        os.set_blocking(stopping, False)
        while True:
            with suppress(BlockingIOError):
                os.read(stopping, 1)
                return
            work()

    child = in_child(forever)
    os.close(stopping)
    try:
        yield
    finally:
        os.close(stop)
        _, status = os.waitpid(child, 0)
        insist(status == 0, "the other process failed")


def exchanged(real: Path, link: Path) -> None:
    """The folder becomes a link, and then a folder again, each at one instant."""
    rename = system.special_rename("exchange")
    if rename is None:
        raise NotHere("two names cannot change places here")
    place, other = (os.open(path.parent, os.O_RDONLY) for path in (real, link))
    try:
        for _ in range(2):
            rename(place, real.name, other, link.name)
    finally:
        os.close(place)
        os.close(other)


def links(folder: Path, seed: int, seconds: float = SECONDS) -> Counter[str]:
    """A folder of one side is a link to the outside every now and then."""
    chance = Random(seed)
    pair = Pair(folder, trash_days=30, retries=1)
    side = chance.choice((pair.here, pair.there))
    outside, link = folder / "outside", folder / "link"
    for name in NAMES:
        put(outside / "d" / name, SECRET + name.encode())
        put(pair.here / "d" / name, f"agreed {name}".encode())
    put(pair.here / "rest", b"rest")
    link.symlink_to(outside / "d")
    pair.agree()
    before, ended = fingerprint(outside), Counter[str]()
    # Edits go past the names that are exchanged, so no edit is ever made outside.
    other = pair.there if side is pair.here else pair.here
    end = time.monotonic() + seconds
    exchanged(side / "d", link)
    with meanwhile(lambda: exchanged(side / "d", link)):
        while time.monotonic() < end:
            _edit(other / "d", chance)
            ended[pair.tried()] += 1
            _insist_apart(pair, outside, before)
    insist((side / "d").is_dir() and not (side / "d").is_symlink(), "the race was not ended well")
    pair.agree()
    _insist_apart(pair, outside, before)
    return ended


def _edit(folder: Path, chance: Random) -> None:
    name = chance.choice(NAMES)
    match chance.randrange(4):
        case 0:
            (folder / name).unlink(missing_ok=True)
        case 1 if (folder / name).exists():
            (folder / name).rename(folder / f"renamed {name}")
        case _:
            put(folder / name, chance.randbytes(chance.choice((10, 1000, CHUNK * 3))))


def _insist_apart(pair: Pair, outside: Path, before: object) -> None:
    insist(fingerprint(outside) == before, "something was done outside")
    for side in (pair.here, pair.there):
        for path in side.rglob("*"):
            if path.parent.is_symlink() or "d" in path.relative_to(side).parts[:-1]:
                continue
            with suppress(FileNotFoundError, IsADirectoryError):
                insist(SECRET not in path.read_bytes(), f"{path} came from outside")
    for data in pair.kept():
        insist(SECRET not in data, "the trash holds what came from outside")


def whole(data: bytes) -> bool:
    """Whether these bytes are one version, as `version` makes them."""
    return data[:32] == sha256(data[32:]).digest()


def version(chance: Random) -> bytes:
    rest = chance.randbytes(chance.choice((0, 100, CHUNK - 32, CHUNK * 2, CHUNK * 5)))
    return sha256(rest).digest() + rest


def saved(path: Path, data: bytes) -> None:
    """As careful programs save."""
    aside = path.with_name(f".saving-{path.name}")
    aside.write_bytes(data)
    aside.replace(path)


def changing_files(folder: Path, seed: int, seconds: float = SECONDS) -> Counter[str]:
    """Files are saved, vanish, and become folders, links and pipes, as quickly as it goes.

    Whatever arrives on the other side is one version, and no mixture of two.
    """
    chance = Random(seed)
    pair = Pair(folder, exclude=["**/.saving-*"], retries=1)
    side, other = chance.sample((pair.here, pair.there), 2)
    for name in NAMES:
        put(side / "d" / name, version(chance))
    put(pair.here / "rest", b"rest")
    put(side / GROWS, SEQUENCE[:1000])
    pair.agree()
    ended = Counter[str]()
    end = time.monotonic() + seconds
    with meanwhile(lambda: _meddle(side / "d", chance)):
        while time.monotonic() < end:
            ended[pair.tried(conflict_resolution="keep_both")] += 1
            _insist_whole(other)
    (side / "d").mkdir(exist_ok=True)
    for path in (side / "d").iterdir():
        _clear(path)
    for name in NAMES:
        saved(side / "d" / name, version(chance))
    for name, data in pair.agree().items():
        insist(name == "rest" or _is_one(name, data), f"{name} is a mixture")
    return ended


def _insist_whole(side: Path) -> None:
    for name, data in contents(side).items():
        if name != "rest" and ".saving-" not in name and "/.buckia-" not in name:
            insist(_is_one(name, data), f"{name} is a mixture of two versions")


def _is_one(name: str, data: bytes) -> bool:
    return SEQUENCE.startswith(data) if name == GROWS else whole(data)


def _clear(path: Path) -> None:
    """Whatever it is that has no place in a calm sync."""
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            inner.unlink()
        path.rmdir()
    elif path.is_symlink() or not path.is_file() or path.name.startswith(".saving-"):
        path.unlink()


def _meddle(folder: Path, chance: Random) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / chance.choice(NAMES)
    with suppress(OSError):
        match chance.randrange(10):
            case 8:
                with (folder.parent / GROWS).open("ab") as file:
                    size = file.tell()
                    file.write(SEQUENCE[size : size + chance.randrange(CHUNK)])
            case 9:
                size = (folder.parent / GROWS).stat().st_size
                os.truncate(folder.parent / GROWS, chance.randrange(size + 1))
            case 0:
                _clear(path)
                path.unlink(missing_ok=True)
            case 1:
                path.unlink(missing_ok=True)
                put(path / "inner", version(chance))
            case 2:
                path.unlink(missing_ok=True)
                path.symlink_to("/etc/passwd")
            case 3:
                path.unlink(missing_ok=True)
                os.mkfifo(path)
            case _:
                _clear(path)
                saved(path, version(chance))
