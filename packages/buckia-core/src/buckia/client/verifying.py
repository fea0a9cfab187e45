"""Comparing the bytes of both sides, whatever the base says about them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec

from buckia import digests
from buckia.align import Block, align
from buckia.compare import Comparison
from buckia.diff import Case, same
from buckia.engine.ahead import OnDemand
from buckia.engine.pair import Pair
from buckia.engine.scan import Seen, left_blocks, right_blocks
from buckia.engine.side import Side
from buckia.errors import StorageError, Unavailable
from buckia.events import Comparing, Tell
from buckia.model import Agreed, BasicEntry
from buckia.protocols import Digests, ability
from buckia.results import Difference, Verified

_DIFFER = "the bytes differ"


class _Found(msgspec.Struct):
    equal: int = 0
    read: int = 0
    bytes_read: int = 0
    differing: list[Difference] = msgspec.field(default_factory=list)


def verify(pair: Pair, *, fast: bool, algorithm: str, tell: Tell) -> Verified:
    """Look at every key of both sides. `fast` compares what is known without reading the bucket."""
    began = time.monotonic()
    seen, found = Seen(), _Found()
    root = pair.scope.roots[0].origin
    comparison = Comparison(pair.scope, root=root, left_traits=pair.left.traits(root))
    with (
        closing(OnDemand(left_blocks(pair.left, pair.scope, seen, pair.missing))) as left,
        closing(OnDemand(right_blocks(pair.right, pair.scope, seen))) as right,
        ThreadPoolExecutor(pair.right.traits("").concurrency) as pool,
    ):
        look = _Look(pair, algorithm, fast=fast)
        streams = (("the local folder", left), ("the base", _no_rows()), ("the bucket", right))
        for here, rows, there in align(*streams):
            compared = comparison.slice(here, rows, there)
            for case, looked in zip(compared.cases, pool.map(look, compared.cases), strict=True):
                _count(found, case, looked)
            tell(Comparing(objects=found.read, size=found.bytes_read))
    found.differing += [Difference(gap.key, gap.reason) for gap in comparison.gaps]
    return Verified(
        name=pair.name,
        equal=found.equal,
        differing=tuple(sorted(found.differing, key=lambda one: one.path)),
        skipped=tuple(comparison.skipped),
        bytes_read=found.bytes_read,
        seconds=time.monotonic() - began,
    )


def _count(found: _Found, case: Case, looked: _Looked) -> None:
    if looked.reason:
        found.differing.append(Difference(case.key, looked.reason))
    else:
        found.equal += 1
    found.read += looked.bytes_read > 0
    found.bytes_read += looked.bytes_read


class _Looked(msgspec.Struct, frozen=True):
    reason: str = ""
    """Why the key is not the same on both sides; empty where it is."""
    bytes_read: int = 0


class _Look:
    """Compares one key."""

    def __init__(self, pair: Pair, algorithm: str, *, fast: bool) -> None:
        self._pair = pair
        self._algorithm = algorithm
        self._fast = fast

    def __call__(self, case: Case) -> _Looked:
        if case.left is None:
            return _Looked("only in the bucket")
        if case.right is None:
            return _Looked("only here")
        if case.left.size != case.right.size:
            return _Looked(f"{case.left.size} bytes here, {case.right.size} in the bucket")
        try:
            if self._fast:
                return _Looked(self._fast_look(case, case.left, case.right))
            return _Looked(self._whole_look(case, case.left, case.right), case.right.size)
        except Unavailable:
            raise
        except StorageError as error:
            return _Looked(error.message)

    def _whole_look(self, case: Case, left: BasicEntry, right: BasicEntry) -> str:
        left = self._read(self._pair.left, left, case.origin, {self._algorithm})
        right = self._read(self._pair.right, right, case.origin, {self._algorithm})
        same_bytes = left.digests[self._algorithm] == right.digests[self._algorithm]
        return "" if same_bytes else _DIFFER

    def _fast_look(self, case: Case, left: BasicEntry, right: BasicEntry) -> str:
        listed = digests.computable({self._algorithm, *right.digests, *right.hints})
        left = self._read(self._pair.left, left, case.origin, listed)
        equal = same(left, right)
        if equal is None and ability(self._pair.right.mount("").storage, Digests) is not None:
            right = self._read(self._pair.right, right, case.origin, {self._algorithm})
            equal = same(left, right)
        if equal is None:
            asked = self._pair.right.stat(case.key, case.origin)
            equal = same(left, asked) if asked is not None else False
        if equal is None:
            return "no digest is stored to compare; `buckia verify` reads the bytes"
        return "" if equal else _DIFFER

    def _read(self, side: Side, entry: BasicEntry, origin: str, wanted: set[str]) -> BasicEntry:
        seen, known = side.digests(entry, origin, sorted(wanted))
        return msgspec.structs.replace(seen, digests={**entry.digests, **known})


def _no_rows() -> Iterator[Block[Agreed]]:
    return iter(())
