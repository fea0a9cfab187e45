"""Digests of content: computing them, packing them, and what they prove."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

ALGORITHMS = ("sha256", "md5", "sha1", "blake2b")


class Hash(Protocol):
    def update(self, data: bytes | bytearray | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


def new(algorithm: str) -> Hash:
    """A fresh hash object; MD5 and SHA-1 tell edits apart here and protect nobody."""
    return hashlib.new(algorithm, usedforsecurity=False)


def of(chunks: Iterable[bytes], algorithm: str) -> str:
    hasher = new(algorithm)
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest()


def pack(digests: Mapping[str, str]) -> str:
    """One line for a state row: `md5:... sha256:...`."""
    return " ".join(f"{name}:{value}" for name, value in sorted(digests.items()))


def unpack(packed: str) -> dict[str, str]:
    return dict(item.split(":", 1) for item in packed.split())


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool | None:
    """Whether two sets of proven digests speak of the same bytes; None where they share none."""
    common = one.keys() & other.keys()
    if not common:
        return None
    return all(one[name].lower() == other[name].lower() for name in common)
