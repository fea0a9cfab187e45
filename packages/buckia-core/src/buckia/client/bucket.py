"""The bucket itself, by key: listing it, and single objects in and out, proven."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from buckia import digests, keys
from buckia.body import CHUNK, FileBody, WatchedBody, proven
from buckia.client.opening import listable
from buckia.closing import close
from buckia.config import BucketConfig
from buckia.databases import checks, copying, installing, peeking
from buckia.databases.faults import sqlite_faults
from buckia.diff import plain
from buckia.engine.pair import Pair, probe
from buckia.engine.publishing import publish
from buckia.engine.seen import check_received, expected
from buckia.errors import (
    ConfigError,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unsound,
    VersionMismatch,
)
from buckia.events import BytesMoved, Noticed, Planned, Tell, silence
from buckia.keys import TEMPORARY
from buckia.media import content_type
from buckia.model import BasicEntry, SideName
from buckia.protocols import GivesUrls, Storage, ability


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """How single objects are handled."""

    force: bool = False
    keep: bool = True
    """What is replaced or deleted goes to the trash first."""
    algorithm: str = "sha256"
    tell: Tell = silence

    def meter(self, pair: Pair, key: str) -> Callable[[int], None]:
        """Counts the bytes that pass, and keeps to the limits."""

        def moved(count: int) -> None:
            self.tell(BytesMoved(path=key, count=count))
            pair.limits.moved(count)

        return moved


def first_page(storage: Storage, prefix: str) -> None:
    """Ask for the beginning of a listing; raises what stands in the way."""
    pages = iter(storage.scan(prefix))
    next(pages, None)
    close(pages)


def beginnings(config: BucketConfig, prefix: str) -> Sequence[str]:
    """The listings that together show all keys with that prefix, and none outside the folders."""
    wanted = config.prefix + prefix
    found = [
        max(allowed, wanted, key=len)
        for allowed in listable(config)
        if allowed.startswith(wanted) or wanted.startswith(allowed)
    ]
    if not found:
        raise ConfigError(
            f"{prefix} lies outside the folders of {config.name}, and nothing else is listed",
            hint=f"see {' or '.join(f'{name}/' for name in config.folders)}, or change `folders`",
        )
    return found


def entries(storage: Storage, outer: str, begin: Sequence[str]) -> Iterator[BasicEntry]:
    """The entries of these listings, in key order, below the configured prefix."""
    for prefix in begin:
        pages = iter(storage.scan(prefix))
        try:
            for page in pages:
                for entry in page:
                    yield plain(entry, entry.key[len(outer) :])
        finally:
            close(pages)


def put(pair: Pair, file: Path, key: str, how: Transfer) -> BasicEntry:
    """Write a file into the bucket; over an object that is there only when forced."""
    _insist(key)
    old = pair.right.stat(key, "")
    if old is not None and not how.force:
        raise VersionMismatch(
            f"{key} is in the bucket already", key=key, hint="--force replaces it"
        )
    with _still(pair, file, key) as source:
        body, known = _body(source, key, how.algorithm)
        probe(pair)
        if old is not None and how.keep:
            _keep(pair, old, "replaced by put")
        how.tell(Planned(actions=1, bytes_up=body.size, bytes_down=0))
        sent = WatchedBody(body, algorithms=(how.algorithm,), moved=how.meter(pair, key))
        written = pair.right.write(key, "", sent, expect=expected(old))
    if sent.computed and digests.agree(sent.computed, known) is False:
        raise Corrupted(f"{file} changed while it was read", key=key, hint="put it again")
    check_received(written, known)
    _publish(pair)
    return written


@contextmanager
def _still(pair: Pair, file: Path, key: str) -> Iterator[Path]:
    """The file; or for a database a copy of it as it is now, for its app may go on writing."""
    if not peeking.peek(file):
        yield file
        return
    with TemporaryDirectory(dir=pair.folder.scratch) as folder:
        copy = Path(folder) / "copy"
        copying.copy(file, copy, key)
        seen = file.stat()
        os.utime(copy, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        yield copy


def _body(file: Path, key: str, algorithm: str) -> tuple[FileBody, dict[str, str]]:
    try:
        seen = file.stat()
        with file.open("rb") as source:
            known = {algorithm: digests.of_chunks(iter(lambda: source.read(CHUNK), b""), algorithm)}
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    body = FileBody(
        path=file,
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        digests=known,
        content_type=content_type(key),
    )
    return body, known


def get(pair: Pair, key: str, file: Path, how: Transfer) -> BasicEntry:
    """Read an object into a file; over one that is there only when forced."""
    entry = _there(pair, key)
    if file.is_dir():
        file /= key.rpartition("/")[2]
    if not how.force and os.path.lexists(file):
        raise VersionMismatch(f"{file} exists already", key=key, hint="--force replaces it")
    draft = file.with_name(f"{TEMPORARY}{os.getpid()}-{file.name}"[:200])
    try:
        mode = _mode_of(file)
        _begin(draft, mode)
        how.tell(Planned(actions=1, bytes_up=0, bytes_down=entry.size))
        meter = how.meter(pair, key)
        seen = pair.limits.call(lambda: _fetched(pair, entry, draft, meter), key=key)
        if mode is not None:
            draft.chmod(mode)
        _place(draft, file, seen, force=how.force)
    except FileExistsError:
        raise VersionMismatch(f"{file} exists already", key=key) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return seen


def _mode_of(file: Path) -> int | None:
    """The permissions of what will be replaced; None where that is nothing, or no file."""
    try:
        seen = file.lstat()
    except OSError:
        return None
    return seen.st_mode & 0o777 if stat.S_ISREG(seen.st_mode) and os.name != "nt" else None


def _begin(draft: Path, mode: int | None) -> None:
    """An empty file, never open to more people than the file that it becomes."""
    draft.unlink(missing_ok=True)
    # Without a file to replace it has the permissions of any program's new file at once.
    usual = 0o666 if mode is None else 0o600
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, usual))


def _there(pair: Pair, key: str) -> BasicEntry:
    entry = pair.right.stat(key, "")
    if entry is None:
        hint = f"see what there is with `buckia ls {key.rpartition('/')[0]}`"
        raise NotFound(f"{key} is not in the bucket", key=key, hint=hint)
    return entry


def _place(draft: Path, file: Path, entry: BasicEntry, *, force: bool) -> None:
    if entry.mtime_ns is not None:
        os.utime(draft, ns=(entry.mtime_ns, entry.mtime_ns))
    if force and peeking.peek(file):
        _enter(draft, file, entry.key)
    elif force:
        draft.replace(file)
    else:
        # A link is made only where nothing is, however quick somebody else was.
        os.link(draft, file)


def _enter(draft: Path, file: Path, key: str) -> None:
    """A database gets another content through SQLite: an app may have it open."""
    with sqlite_faults(key):
        is_database = peeking.peek(draft)
        wrong = checks.damage(draft, thorough=True) if is_database else "it is no database"
        if wrong:
            raise Unsound(
                f"{key} does not replace the database {file}: {wrong}",
                key=key,
                hint="get it under another name, or move the database out of the way",
            )
        if installing.can_enter(draft):
            installing.install(draft, file, key, lambda: True)
        else:
            installing.calm(file, key, lambda _connection: True)
            draft.replace(file)


def _fetched(
    pair: Pair, entry: BasicEntry, draft: Path, meter: Callable[[int], None]
) -> BasicEntry:
    mount = pair.right.mount("")
    with (
        mount.storage.read(mount.inside(entry.key), version=entry.version) as reading,
        draft.open("wb") as target,
    ):
        for chunk in proven(reading):
            target.write(chunk)
            meter(len(chunk))
        target.flush()
        os.fsync(target.fileno())
        return plain(reading.entry, entry.key)


def remove(pair: Pair, key: str, *, keep: bool) -> Path | None:
    """Delete an object, after a copy of it came into the trash; where that copy is."""
    entry = _there(pair, key)
    probe(pair)
    kept = _keep(pair, entry, "deleted by rm") if keep else None
    pair.right.remove(entry, "")
    _publish(pair)
    return kept


def _publish(pair: Pair) -> None:
    """The object itself is as it should be, so what fails here is only told."""
    for failure in publish(pair):
        pair.tell(Noticed(message=f"{failure.path}: {failure.message}"))


def _keep(pair: Pair, entry: BasicEntry, reason: str) -> Path:
    slot = pair.folder.trash.slot(
        entry.key,
        side=SideName.RIGHT,
        reason=reason,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        version=entry.version,
        digests=entry.digests,
    )
    pair.right.save(entry, "", slot, moved=pair.limits.moved)
    return slot.path


def url(storage: Storage, outer: str, key: str, expires: timedelta | None) -> str:
    """The address of an object below the configured prefix."""
    _insist(key)
    giving = ability(storage, GivesUrls)
    if giving is None:
        if isinstance(storage, GivesUrls):
            # Under other settings it may have them: then its own ConfigError says under which.
            with suppress(StorageError):
                storage.url(outer + key, expires=expires)
        raise ConfigError(
            "this bucket gives no addresses for its objects",
            hint="only buckets that are reached over the web have them",
        )
    return giving.url(outer + key, expires=expires)


def _insist(key: str) -> None:
    if wrong := keys.problem(key):
        raise InvalidKey(f"{key!r} can be no key: {wrong}", key=key)
