"""Where a file stands after it was moved out of its place and before its fate is decided.

When the caller names a slot (the trash), the file stands there at once and nothing is left to
decide. Otherwise it stands in a *swap folder* beside its place, under its own name, so that a kill
at any instant leaves it where `sweep` finds it and can tell what it was:

    .buckia-swap-TAG-RANDOM_KIND_DRAFT_EXPECTED / name

KIND is what was under way; DRAFT and EXPECTED are marks (size, mtime, inode), or empty. A file with
the DRAFT's mark is our own and was never in place. One with EXPECTED's mark is what the caller had
asked to be removed or replaced; where looks prove nothing, EXPECTED is the digest of its bytes
behind an equals sign. Any other is a stranger's and is given back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from buckia import digests
from buckia.errors import Corrupted, StorageError, Unavailable
from buckia.stores.local import system
from buckia.stores.local.drafts import WITNESSED, digest_of_handle, digest_of_place
from buckia.stores.local.expected import Expectation
from buckia.stores.local.folders import Folder, open_folder
from buckia.stores.local.renames import Place
from buckia.stores.local.versions import is_of, is_settled, mark_of

PREFIX = ".buckia-swap-"
BYTES = "="
"""Before a digest that stands in the place of a mark."""


class Kind(StrEnum):
    REPLACE = "r"
    REMOVE = "d"
    MOVE = "m"


class SwapName(NamedTuple):
    """The name of a swap folder, taken apart."""

    tag: str
    kind: str
    draft: str
    expected: str


def swap_name(tag: str, kind: Kind, wanted: Expectation, draft: str = "") -> str:
    # What is moved must be somewhere at the end, so nothing of it may be removed.
    expected = "" if kind is Kind.MOVE else _proof(wanted)
    return f"{PREFIX}{tag}-{os.urandom(8).hex()}_{kind}_{draft}_{expected}"


def _proof(wanted: Expectation) -> str:
    """By what the expected file can be told after a kill; looks that prove nothing do not then."""
    if is_settled(wanted.version):
        return mark_of(wanted.version)
    return BYTES + wanted.digests[WITNESSED] if WITNESSED in wanted.digests else ""


def parse_swap_name(name: str) -> SwapName | None:
    """None for a name that is none of ours, or of a version that names them otherwise."""
    parts = name.removeprefix(PREFIX).split("_")
    if not name.startswith(PREFIX) or len(parts) != 4 or parts[1] not in tuple(Kind):
        return None
    return SwapName(parts[0].rpartition("-")[0], *parts[1:])


@contextmanager
def swap_folder(beside: Folder, name: str) -> Iterator[Folder]:
    """A new folder to park one file in; removed afterwards, unless something was left in it."""
    if not beside.make(name, 0o700):
        raise Unavailable(f"{beside.path}: {name} exists already")
    try:
        with beside.enter(name) as folder:
            if not system.lock(folder.fd):
                raise Unavailable(f"{folder.path} was swept away")
            yield folder
    finally:
        beside.remove(name)


@contextmanager
def slot_place(slot: Path) -> Iterator[Place]:
    """The place of a slot, whose folder is created if need be; the slot itself must be free."""
    parent, name = os.path.split(os.path.abspath(slot))
    os.makedirs(parent, 0o700, exist_ok=True)
    with open_folder(parent) as folder:
        if not folder.is_free(name):
            raise StorageError(f"{slot} is taken; nothing was moved there")
        yield Place(folder, name)


def copy_to_slot(source: Place, slot: Place, wanted: Expectation) -> Expectation:
    """A durable copy on another file system, read back and compared.

    Returns the expectation that the bytes copied add up to; on any failure no copy is left.
    """
    handle = source.folder.open(source.name, os.O_RDONLY)
    try:
        before = os.fstat(handle)
        if not is_of(before, wanted.version):
            raise wanted.mismatch()
        copied = _copy(handle, slot, before.st_mtime_ns)
        try:
            _compare(copied, os.fstat(handle), slot, wanted)
        except BaseException:  # a copy that is not proven must not look like one
            slot.folder.unlink(slot.name)
            raise
    finally:
        os.close(handle)
    if is_settled(wanted.version):
        return wanted
    return Expectation(wanted.key, wanted.version, {**wanted.digests, **copied})


@contextmanager
def copy_dropped_on_failure(copy: Place | None, parking: Place) -> Iterator[None]:
    """Around taking a file out of its place: when that fails, the copy in the slot goes again.

    Unless the file itself is still parked, for then the copy may be all that a sweep leaves of it.
    """
    try:
        yield
    except Exception:  # but not an interrupt, after which nobody knows how far it came
        if copy is not None and parking.folder.is_free(parking.name):
            copy.folder.unlink(copy.name)
        raise


def _compare(copied: dict[str, str], now: os.stat_result, slot: Place, wanted: Expectation) -> None:
    if not is_of(now, wanted.version):
        raise wanted.mismatch("changed while it was copied")
    if digests.agree(copied, wanted.digests) is False:
        raise wanted.mismatch()
    if digest_of_place(slot, copied) != copied:
        raise Corrupted(f"{slot}: what was written there is not what is read from it")


def _copy(source: int, slot: Place, mtime_ns: int) -> dict[str, str]:
    target = slot.folder.open(slot.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    try:
        copied = digest_of_handle(
            source, (WITNESSED,), lambda chunk: system.write_all(target, chunk)
        )
        where = target if os.utime in os.supports_fd else str(slot)
        os.utime(where, ns=(mtime_ns, mtime_ns))
        system.sync(target)
    except BaseException:  # half a copy must not stay, whatever broke it off
        with suppress(FileNotFoundError):
            slot.folder.unlink(slot.name)
        raise
    finally:
        os.close(target)
    slot.folder.sync()
    return copied
