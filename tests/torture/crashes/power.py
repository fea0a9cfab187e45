"""Makes folders look as a disk may look when the power was away while a process was at work.

A file that is as it was is not touched. One that the disk gives back otherwise keeps its number
where it is still there; only what it looks like otherwise, above all when it was changed last, is
not what the real disk would show, and always new.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.histories.judge import insist
from tests.torture.crashes.disk import INDEX, Disk, File, Found, Image, live
from tests.torture.effects.effects import recorded


def told(disk: Disk, record: Path) -> None:
    """Bring the model to where the process ended; it is then what is seen there."""
    for effect in recorded(record):
        disk.apply(effect)
    seen = {
        path: path.read_bytes()
        for top in disk.tops
        for path in top.rglob("*")
        if path.is_file() and not path.name.endswith(INDEX)
    }
    known = {path: bytes(file.data) for path, file in live(disk).items() if path in seen}
    strange = sorted(str(path) for path in seen if seen[path] != known.get(path))
    missing = [path for path in live(disk) if not path.exists()]
    insist(not strange and not missing, "the record does not tell of", strange, missing)


def lose(disk: Disk, image: Image, holding: Path) -> None:
    """Make the watched folders, which are as the model says, look like the image."""
    holding.mkdir(exist_ok=True)
    held = _taken(live(disk), image, holding)
    _remove_folders(disk, image)
    for folder in image.folders:
        folder.mkdir(parents=True, exist_ok=True)
    places: dict[int, Path] = {
        id(file): path for path, file in image.files.items() if live(disk).get(path) is file
    }
    for path, file in image.files.items():
        if live(disk).get(path) is file:
            continue
        if id(file) in held:
            held.pop(id(file)).rename(path)
        elif id(file) in places:
            os.link(places[id(file)], path)
        else:
            path.touch()
        places.setdefault(id(file), path)
    for path, file in image.files.items():
        _give(path, file, image.content[id(file)])


def _taken(seen: dict[Path, File], image: Image, holding: Path) -> dict[int, Path]:
    """Take away whatever is not where it is to be; what has another place is kept for it."""
    wanted = {id(file) for file in image.files.values()}
    held: dict[int, Path] = {}
    for path, file in seen.items():
        if image.files.get(path) is file:
            continue
        if id(file) in wanted and id(file) not in held:
            held[id(file)] = path.rename(holding / str(len(held)))
        else:
            path.unlink()
    return held


def _remove_folders(disk: Disk, image: Image) -> None:
    for top in disk.tops:
        folders = (path for path in top.rglob("*") if path.is_dir() and path not in image.folders)
        for path in sorted(folders, reverse=True):
            path.rmdir()


def _give(path: Path, file: File, found: Found) -> None:
    """The bytes, mode and time that the disk gives back."""
    if found.data != bytes(file.data) or path.stat().st_size != len(found.data):
        path.chmod(0o600)
        path.write_bytes(found.data)
    if path.stat().st_mode & 0o777 != found.mode:
        path.chmod(found.mode)
    if found.mtime_ns is not None and path.stat().st_mtime_ns != found.mtime_ns:
        os.utime(path, ns=(found.mtime_ns, found.mtime_ns))
