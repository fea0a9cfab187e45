"""The base as it will be once the wishes of a run that was cut off are settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from buckia.model import Agreed, Forgotten
from buckia.state.manifest import SqliteManifest


class RecalledBase:
    """The stored rows with some changes that are not written down yet; these are few."""

    def __init__(self, manifest: SqliteManifest, changes: Iterable[Agreed | Forgotten]) -> None:
        self._manifest = manifest
        self._now = {
            change.key: change if isinstance(change, Agreed) else None for change in changes
        }
        self._more = {
            key: (row is not None) - (manifest.get(key) is not None)
            for key, row in self._now.items()
        }

    def get(self, key: str) -> Agreed | None:
        return self._now[key] if key in self._now else self._manifest.get(key)

    def count_under(self, prefix: str) -> int:
        more = sum(count for key, count in self._more.items() if key.startswith(prefix))
        return self._manifest.count_under(prefix) + more

    def has_below(self, prefix: str) -> bool:
        return self.count_under(prefix) > 0 if self._more else self._manifest.has_below(prefix)

    def scan(self, prefix: str = "") -> Iterator[Sequence[Agreed]]:
        """The rows below the prefix, those that are changed last."""
        for block in self._manifest.scan(prefix):
            yield [row for row in block if row.key not in self._now]
        yield [row for key, row in self._now.items() if row is not None and key.startswith(prefix)]
