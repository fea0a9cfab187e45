"""A folder as a `Storage`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from buckia import digests
from buckia.body import digest_of
from buckia.errors import StorageError
from buckia.model import Traits
from buckia.protocols import Body, Expected, Reading
from buckia.stores.local import identity, leftovers, moving, names, removing
from buckia.stores.local.digesting import Version, digests_together
from buckia.stores.local.drafts import Draft
from buckia.stores.local.expected import regular
from buckia.stores.local.faults import faults
from buckia.stores.local.folding import GUESS, Folding, folding
from buckia.stores.local.ground import Ground
from buckia.stores.local.leftovers import Leftovers
from buckia.stores.local.reading import ReadingBegun, open_reading
from buckia.stores.local.staging import StagedFile, stage
from buckia.stores.local.survey import Block, Walk, Wish
from buckia.stores.local.versions import LocalEntry, is_settled

_LITTLE = 4 << 20
"""Bytes that are read without being asked for, to give an unsettled version its proof."""


class LocalStore:
    """The files below a folder; their keys are their paths relative to it.

    Nothing is opened before the first operation, and the folder itself is never created. The
    traits `lacks` make the same class a bucket: what is left then is what other stores offer.

    `probe` is a folder of ours on the same file system (normally the state's), where its clock,
    its precision and its treatment of case can be tried; without it the worst is assumed.
    `prune` is asked for each folder's key, without a slash at its end, whether to leave it out of
    listings.
    `within` are the beginnings of keys outside of which no folder is ever listed; none: anywhere.
    """

    def __init__(
        self,
        root: Path,
        *,
        tag: str,
        follow_symlinks: bool = False,
        prune: Callable[[str], bool] | None = None,
        lacks: frozenset[str] = frozenset(),
        probe: Path | None = None,
        folds: Folding | None = None,
        missing_hint: str = "create it, or check the path",
        within: Sequence[str] = (),
    ) -> None:
        if not (tag.isalnum() and tag.isascii()):
            raise ValueError(f"a tag is made of letters and digits, not {tag!r}")
        self._ground = Ground(
            root, tag=tag, follow=follow_symlinks, probe=probe, missing=missing_hint
        )
        self._prune = prune
        self._lacks = lacks
        self._probe = probe
        self._within = within
        self._leftovers = Leftovers()
        self._folds = folds
        self._traits: Traits | None = None

    @property
    def root(self) -> Path:
        """The folder itself."""
        return Path(self._ground.root.path)

    @property
    def traits(self) -> Traits:
        if self._traits is None:
            folds = self._folds or self._found_folding()
            traits = Traits(
                keeps_mtime=True,
                flat=False,
                folds_case=(folds or GUESS).case,
                folds_form=(folds or GUESS).form,
                max_name_bytes=255,
                forbidden=names.FORBIDDEN,
                concurrency=64,
                lacks=self._lacks,
            )
            if folds is None:
                # The folder cannot be asked; it will say so itself when it is needed.
                return traits
            self._traits = traits
        return self._traits

    def _found_folding(self) -> Folding | None:
        try:
            with faults(""), self._ground.root.folder() as root:
                names = [begin.split("/", 1)[0] for begin in self._within]
                return folding(root, self._probe, self._ground.tag, names)
        except StorageError:
            return None

    def scan(self, prefix: str = "") -> Iterator[Sequence[LocalEntry]]:
        """Complete, or it raises. What is no file (links, pipes) is no object and not listed."""
        walk = Walk(self._ground, Wish(prefix, True, self._prune), self._leftovers)
        return (block.entries for block in walk.blocks() if block.entries)

    def survey(self, prefix: str = "") -> Iterator[Block]:
        return Walk(self._ground, self._wish(prefix), self._leftovers).blocks()

    def _wish(self, prefix: str) -> Wish:
        return Wish(prefix, False, self._prune)

    def stat(self, key: str) -> LocalEntry:
        """As `Storage.stat`; a small file that changed just now is read, to prove its version."""
        names.insist(key)
        with faults(key):
            place = self._ground.place(key)
            with place.folder as folder:
                follow = self._ground.follow
                entry = self._ground.patiently(
                    folder,
                    lambda: self._ground.observe(key, lambda: regular(key, place, follow=follow)),
                )
        if not is_settled(entry.version) and entry.size <= _LITTLE:
            self._witness(entry)
        return entry

    def _witness(self, entry: LocalEntry) -> None:
        try:
            with self.read(entry.key, version=entry.version) as reading:
                for _ in reading:
                    pass
        except StorageError:
            # Unreadable, or changed once more: then its version stays without proof.
            return

    def read(self, key: str, *, version: str | None = None) -> Reading:
        names.insist(key)
        return open_reading(self._ground, key, version)

    def read_range(
        self, key: str, start: int, length: int, *, version: str | None = None
    ) -> Reading:
        if start < 0 or length < 0:
            raise ValueError(f"there is no range of {length} bytes from {start}")
        names.insist(key)
        return open_reading(self._ground, key, version, (start, length))

    def digest(self, key: str, algorithm: str, *, version: str | None = None) -> str:
        if algorithm not in digests.ALGORITHMS:
            known = ", ".join(digests.ALGORITHMS)
            raise StorageError(f"no {algorithm} can be computed here, only {known}", key=key)
        with self.read(key, version=version) as reading:
            return digest_of(reading, algorithm)

    def digests_together(
        self, versions: Sequence[Version], algorithms: Collection[str]
    ) -> Sequence[Mapping[str, str] | None]:
        return list(digests_together(self._ground, versions, algorithms, self._leaves))

    def _leaves(self, _data: bytes) -> bool:
        """Whether these bytes of a file are not what is to be read of it."""
        return False

    def stage(self, key: str, body: Body) -> StagedFile:
        names.insist(key)
        return stage(self._ground, key, body, made=self._staged)

    def stage_unsettled(self, key: str, body: Body) -> StagedFile:
        names.insist(key)
        return stage(self._ground, key, body, can_wait=True, made=self._staged)

    def _staged(self, ground: Ground, key: str, draft: Draft, *, can_wait: bool) -> StagedFile:
        return StagedFile(ground, key, draft, can_wait=can_wait)

    def settle(self) -> None:
        with faults(""):
            self._ground.root.flush()

    def begin_read(self, key: str, *, version: str | None = None) -> ReadingBegun:
        return ReadingBegun(lambda: self.read(key, version=version))

    def write(self, key: str, body: Body) -> LocalEntry:
        return self.stage(key, body).commit_over()

    def write_if(self, key: str, body: Body, *, expect: Expected) -> LocalEntry:
        return self.stage(key, body).commit(expect=expect)

    def copy(self, source: str, target: str, *, source_version: str) -> LocalEntry:
        return self._staged_copy(source, target, source_version).commit_over()

    def copy_if(
        self, source: str, target: str, *, source_version: str, expect: Expected
    ) -> LocalEntry:
        return self._staged_copy(source, target, source_version).commit(expect=expect)

    def _staged_copy(self, source: str, target: str, version: str) -> StagedFile:
        names.insist(source)
        names.insist(target)
        return moving.stage_copy(self._ground, source, target, version)

    def move(self, source: str, target: str, *, source_version: str) -> LocalEntry:
        names.insist(source)
        names.insist(target)
        return moving.move(self._ground, source, target, source_version)

    def delete(self, key: str) -> None:
        names.insist(key)
        removing.delete(self._ground, key)

    def delete_if(self, key: str, *, expect: str) -> None:
        names.insist(key)
        removing.delete_if(self._ground, key, expect)

    def retire(self, key: str, *, expect: str, slot: Path) -> None:
        names.insist(key)
        removing.retire(self._ground, key, expect, slot)

    def sweep(self, prefix: str = "") -> int:
        """Clear away what killed runs left in the folders that were listed since the last call."""
        return leftovers.sweep(self._ground, self._leftovers.take(prefix))

    def identity(self, *, create: bool = False) -> str | None:
        if create and not self._within:
            # A kill while the name was given may have left a draft where no listing comes by. Who
            # may not look there leaves it to those who may.
            leftovers.sweep_root(self._ground)
        return identity.identity(self._ground, create=create)

    def close(self) -> None:
        self._ground.close()
