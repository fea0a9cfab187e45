"""The listings of all layers as one, in which each key is that of the nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from buckia.align import Block, align
from buckia.closing import close
from buckia.errors import Corrupted
from buckia.protocols import Entry
from buckia.stores.layered.layer import Layer

Pages = Iterator[Sequence[Entry]]


def merged(listings: Sequence[tuple[Layer, Pages]], prefix: str) -> Pages:
    """The nearest layer comes first. Where a listing fails its error is raised, as for any other.

    None of them gives what does not begin with `prefix`.
    """
    with ExitStack() as stack:
        streams = []
        for layer, pages in listings:
            blocks = _blocks(layer, prefix, iter(pages))
            stack.callback(close, blocks)
            streams.append((layer.inner, blocks))
        layers = [layer for layer, _ in listings]
        for parts in align(*streams):
            yield _nearest([one for one in zip(layers, parts, strict=True) if one[1].keys])


def _blocks(layer: Layer, prefix: str, pages: Pages) -> Iterator[Block[Entry]]:
    begin = layer.inside(prefix)
    try:
        while True:
            with layer.faults:
                page = next(pages, None)
            if page is None:
                return
            if not all(entry.key.startswith(begin) for entry in page):
                raise Corrupted(f"the listing of {begin} holds keys that are not below it")
            # What bears the name of the layer's folder only marks it, and is no key of the tree.
            found = [entry for entry in page if entry.key != layer.inner]
            yield Block([layer.outside(entry.key) for entry in found], found)
    finally:
        close(pages)


def _nearest(parts: Sequence[tuple[Layer, Block[Entry]]]) -> Sequence[Entry]:
    """The entries of one range of keys, each of the first layer that has it."""
    if len(parts) == 1:
        [(layer, part)] = parts
        return [layer.told(entry) for entry in part.items]
    found: dict[str, tuple[Layer, Entry]] = {}
    for layer, part in parts:
        for key, entry in zip(part.keys, part.items, strict=True):
            found.setdefault(key, (layer, entry))
    return [layer.told(entry) for _, (layer, entry) in sorted(found.items())]
