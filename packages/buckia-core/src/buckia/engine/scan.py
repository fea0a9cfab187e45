"""The two sides as sorted streams of blocks: every store's listing, cut and filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from buckia import keys
from buckia.align import Block, align
from buckia.closing import close
from buckia.compare import LeftItem, Located
from buckia.engine.abreast import abreast
from buckia.engine.limits import Limits
from buckia.engine.mount import Mount
from buckia.engine.moved import insist_here
from buckia.engine.side import Side
from buckia.errors import Corrupted, GuardStopped, NotFound
from buckia.filters import Verdict
from buckia.layers import layer_of
from buckia.model import Gap, Skipped
from buckia.protocols import Entry, ScansBetween, Storage, Survey, Surveys, ability
from buckia.scope import Place, Scope

T = TypeVar("T", Gap, Skipped)


class Seen(msgspec.Struct):
    """What the listings gave so far; `Review` and progress displays read it."""

    left: int = 0
    right: int = 0
    origins: Counter[str] = msgspec.field(default_factory=Counter)
    """Entries of the left side that take part, by root."""
    folders: Counter[str] = msgspec.field(default_factory=Counter)
    """Entries of the left side that take part, by synced folder ("" where none is named)."""
    secrets: set[str] = msgspec.field(default_factory=set)
    """Files of the left side that are left out because of what their names suggest."""
    filled: set[str] = msgspec.field(default_factory=set)
    """Synced folders in which the bucket holds anything ("" for the bucket itself)."""
    layers: set[str] = msgspec.field(default_factory=set)
    """Layers that give any file, where the bucket's folders lie one over the other."""


class Listing:
    """The pages of one listing; one that breaks off is asked for again and goes on where it was."""

    def __init__(
        self, storage: Storage, prefix: str, limits: Limits, *, after: str = "", until: str = ""
    ) -> None:
        self._storage = storage
        self._between = ability(storage, ScansBetween)
        self._prefix = prefix
        self._limits = limits
        self._after = after
        self._until = until
        self._pages: Iterator[Sequence[Entry]] | None = None
        self._last = ""
        self._again = False

    def __iter__(self) -> Iterator[Sequence[Entry]]:
        try:
            while page := self._limits.call(self._page, key=self._prefix):
                self._last = page[-1].key
                yield page
        finally:
            self._close()

    def _page(self) -> Sequence[Entry]:
        """The next page that is not empty; an empty one at the end."""
        try:
            if self._pages is None:
                self._pages = iter(self._asked())
            for page in self._pages:
                fresh = self._unseen(page) if self._again else page
                if fresh:
                    return fresh
        except BaseException:  # an interrupt too: this stream is of no use any more
            # Who asks once more gets a new one, which begins behind the last key that was seen.
            self._again = bool(self._last)
            self._close()
            raise
        return ()

    def _asked(self) -> Iterator[Sequence[Entry]]:
        after = self._last or self._after
        if self._between is None or not (after or self._until):
            return self._storage.scan(self._prefix)
        return self._between.scan_between(self._prefix, after, self._until)

    def _unseen(self, page: Sequence[Entry]) -> Sequence[Entry]:
        fresh = [entry for entry in page if entry.key > self._last]
        self._again = not fresh
        return fresh

    def _close(self) -> None:
        pages, self._pages = self._pages, None
        close(pages)


Marks = Callable[[str], Sequence[str]]
"""Keys below a folder at even distances, by which its listing can be cut; none in a small one."""


def right_blocks(
    side: Side, scope: Scope, seen: Seen, marks: Marks = lambda _folder: ()
) -> Iterator[Block[Entry]]:
    """The bucket's entries in key order: its listings, and mapped keys outside of them by name."""
    listed = _listed(side, scope, seen, marks)
    apart = sorted(key for key in scope.mapped if not scope.in_folders(key))
    if not apart:
        yield from listed
        return
    asked = _asked(side, apart)
    for one, other in align(("the bucket", listed), ("the bucket", asked)):
        yield _merged(one, other)


def _listed(side: Side, scope: Scope, seen: Seen, marks: Marks) -> Iterator[Block[Entry]]:
    mount = side.mount("")
    is_layered = bool(side.layers)
    for folder in scope.folders or ("",):
        for page in _pages(side, mount, folder, marks):
            names = _names(page, mount, mount.inside(folder))
            insist_here(side, folder, names)
            if is_layered:
                files = zip(names, page, strict=True)
                seen.layers.update(
                    layer_of(entry.version) for key, entry in files if keys.shows_a_file(key)
                )
            if folder not in seen.filled and any(map(keys.shows_a_file, names)):
                seen.filled.add(folder)
            seen.right += len(names)
            yield Block(names, list(page))


def _pages(side: Side, mount: Mount, folder: str, marks: Marks) -> Iterator[Sequence[Entry]]:
    """The listing of a folder; a large one in parts that are read at once."""
    storage, prefix = mount.storage, mount.inside(folder)
    if ability(storage, ScansBetween) is None:
        return iter(Listing(storage, prefix, side.limits))
    inner = [mount.inside(mark) for mark in marks(folder)]
    bounds = zip(["", *inner], [*inner, ""], strict=True)
    parts = (
        iter(Listing(storage, prefix, side.limits, after=after, until=until))
        for after, until in bounds
    )
    return abreast(parts) if inner else next(parts)


def _names(page: Sequence[Entry], mount: Mount, prefix: str) -> list[str]:
    """The engine's keys of a page; a store that lists what nobody asked for is not believed."""
    if prefix and not all(entry.key.startswith(prefix) for entry in page):
        raise Corrupted(f"the listing of {prefix} holds keys that are not below it")
    if mount.inner == mount.outer:
        return [entry.key for entry in page]
    cut = len(mount.inner)
    return [mount.outer + entry.key[cut:] for entry in page]


def _asked(side: Side, wanted: Sequence[str]) -> Iterator[Block[Entry]]:
    found = [(key, entry) for key in wanted if (entry := side.stat(key, "")) is not None]
    yield Block([key for key, _ in found], [entry for _, entry in found])


def _merged(one: Block[Entry], other: Block[Entry]) -> Block[Entry]:
    if not other.keys:
        return one
    both = sorted(
        [*zip(one.keys, one.items, strict=True), *zip(other.keys, other.items, strict=True)],
        key=lambda pair: pair[0],
    )
    return Block([key for key, _ in both], [entry for _, entry in both])


def left_blocks(
    side: Side, scope: Scope, seen: Seen, absent: Sequence[str] = ()
) -> Iterator[Block[LeftItem]]:
    """The local side in key order; roots named in `absent` do not exist yet and count as empty."""
    roots = [place for place in scope.roots if place.origin not in absent]
    streams = [(place, _root(side, scope, place, seen)) for place in roots]
    mapped = _mapped(side, scope, seen)
    if len(streams) == 1 and not mapped:
        yield from streams[0][1]
        return
    named = [(place.origin, blocks) for place, blocks in streams]
    files = [(origin, iter([block])) for origin, block in mapped.items()]
    everything = [*named, *files]
    origins = [origin for origin, _ in everything]
    for parts in align(*everything):
        yield _overlaid(origins, parts)


def _root(side: Side, scope: Scope, place: Place, seen: Seen) -> Iterator[Block[LeftItem]]:
    mount = side.mount(place.origin)
    pick = _Picking(scope, place, mount, seen)
    surveying = ability(mount.storage, Surveys)
    try:
        if surveying is None:
            for page in Listing(mount.storage, mount.inner, side.limits):
                side.limits.stop.check()
                yield pick.entries(page)
            return
        for survey in surveying.survey(mount.inner):
            side.limits.stop.check()
            yield pick.survey(survey)
    except NotFound as error:
        raise GuardStopped(
            f"the folder {place.origin} does not exist",
            hint=error.hint or "bring it back, or take it out of `paths`",
        ) from error


class _Picking:
    """Chooses from one root's listing what takes part, or what must be told of."""

    def __init__(self, scope: Scope, place: Place, mount: Mount, seen: Seen) -> None:
        self._verdict = scope.filters.verdict
        self._scope = scope
        self._place = place
        self._mount = mount
        self._seen = seen

    def entries(self, found: Sequence[Entry]) -> Block[LeftItem]:
        names = _names(found, self._mount, "")
        self._seen.left += len(names)
        verdict, takes, secret = self._verdict, Verdict.TAKES_PART, Verdict.SECRET
        verdicts = [verdict(name) for name in names]
        taking = verdicts.count(takes)
        self._count(names, verdicts, taking)
        if taking == len(names):
            return Block(names, list(found))
        triples = list(zip(names, found, verdicts, strict=True))
        runs = self._scope.run.takes
        self._seen.secrets.update(n for n, _, said in triples if said is secret and runs(n))
        picked = [
            # No filter applies to mapped keys.
            (name, entry)
            for name, entry, said in triples
            if said is takes or name in self._scope.mapped
        ]
        return Block([name for name, _ in picked], [entry for _, entry in picked])

    def _count(self, names: Sequence[str], verdicts: Sequence[Verdict], taking: int) -> None:
        if not taking:
            return
        self._seen.origins[self._place.origin] += taking
        for folder in self._scope.folders or ("",):
            if not self._seen.folders[folder] and any(
                said is Verdict.TAKES_PART and name.startswith(folder)
                for name, said in zip(names, verdicts, strict=True)
            ):
                self._seen.folders[folder] += 1

    def survey(self, survey: Survey) -> Block[LeftItem]:
        block = self.entries(survey.entries)
        unseen: list[tuple[str, Gap | Skipped]] = [
            (gap.key, gap) for gap in self._named(survey.gaps, lambda gap: gap.key)
        ]
        unseen += [(one.path, one) for one in self._named(survey.skipped, lambda one: one.path)]
        if not unseen:
            return block
        items = sorted(
            [*zip(block.keys, block.items, strict=True), *unseen], key=lambda pair: pair[0]
        )
        return Block([key for key, _ in items], [item for _, item in items], marked=True)

    def _named(self, found: Sequence[T], name: Callable[[T], str]) -> Iterator[T]:
        """Those of the unseen that would take part, under the engine's keys."""
        for one in found:
            key = self._mount.outside(name(one))
            if self._verdict(key) is Verdict.TAKES_PART and not self._scope.prunes(key):
                yield msgspec.structs.replace(one, **_renamed(one, key))


def _renamed(one: object, key: str) -> dict[str, str]:
    return {"key": key} if isinstance(one, Gap) else {"path": key}


def _mapped(side: Side, scope: Scope, seen: Seen) -> Mapping[str, Block[LeftItem]]:
    """The mapped files that are there, each as a stream of its own."""
    blocks: dict[str, Block[LeftItem]] = {}
    for key, place in sorted(scope.mapped.items()):
        if not scope.run.takes(key):
            continue
        entry = side.stat(key, place.origin)
        if entry is not None:
            blocks[place.origin] = Block([key], [entry])
            seen.left += 1
    return blocks


def _overlaid(origins: Sequence[str], parts: Sequence[Block[LeftItem]]) -> Block[LeftItem]:
    """Several roots as one stream: each key with all that have it, in the order of the roots."""
    found: dict[str, list[tuple[str, Entry]]] = {}
    unseen: dict[str, Gap | Skipped] = {}
    for origin, part in zip(origins, parts, strict=True):
        for key, item in zip(part.keys, part.items, strict=True):
            if isinstance(item, Gap):
                unseen[key] = item
            elif isinstance(item, Skipped):
                unseen.setdefault(key, item)
            else:
                assert not isinstance(item, Located)
                found.setdefault(key, []).append((origin, item))
    items: dict[str, LeftItem] = {key: Located(tuple(pairs)) for key, pairs in found.items()}
    items.update(unseen)
    names = sorted(items)
    return Block(names, [items[name] for name in names], marked=True)
