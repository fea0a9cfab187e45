"""Which store has which keys."""

from __future__ import annotations

import msgspec

from buckia.protocols import Storage


class Mount(msgspec.Struct, frozen=True):
    """A store and the part of the key space it serves: `outer` there is `inner` in the store."""

    storage: Storage
    outer: str = ""
    inner: str = ""

    def inside(self, key: str) -> str:
        return self.inner + key[len(self.outer) :]

    def outside(self, key: str) -> str:
        return self.outer + key[len(self.inner) :]
