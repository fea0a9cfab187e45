"""The tour's bucket as a phone has it: reached past all commands, whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from buckia import keys, protocols
from buckia.body import BytesBody, proven
from buckia.cli.tour.venue import BUCKET
from buckia.config import load
from buckia.media import content_type
from buckia.plugins import Plugins
from buckia.protocols import Storage, ability
from buckia.secrets import Secrets


class Bucket:
    """`file` is the `.buckia` file that leads there; it need not be there yet."""

    def __init__(self, file: Path, plugins: Plugins) -> None:
        self._file = file
        self._plugins = plugins

    def tree(self) -> dict[str, bytes]:
        """All objects by their keys, but for those that Buckia keeps for itself."""
        with self._opened() as storage:
            found = [entry.key for page in storage.scan() for entry in page]
            return {key: _content(storage, key) for key in found if not keys.is_ours(key)}

    def put(self, key: str, content: bytes) -> None:
        with self._opened() as storage:
            storage.write(key, BytesBody(data=content, content_type=content_type(key)))

    def delete(self, key: str) -> None:
        with self._opened() as storage:
            storage.delete(key)

    def renames(self) -> bool:
        """Whether an object gets another name without being sent again."""
        ways: tuple[type[object], ...] = (
            protocols.MovesInside,
            protocols.CopiesInside,
            protocols.CopiesConditionally,
        )
        with self._opened() as storage:
            return any(ability(storage, way) is not None for way in ways)

    @contextmanager
    def _opened(self) -> Iterator[Storage]:
        """Opened anew each time, so that it knows of the sync no more than a phone would."""
        from buckia.client.reaching import reached

        config = load(self._file).bucket(BUCKET)
        provider = self._plugins.provider(config.provider)
        # All that leads there stands in the file.
        secrets = Secrets({}, keyring=lambda: None, scheme=self._plugins.secret)
        found = reached(config, provider.options, plugins=self._plugins, secrets=secrets)
        with closing(provider.open(found.options, found.context)) as storage:
            yield storage


def _content(storage: Storage, key: str) -> bytes:
    with storage.read(key) as reading:
        return b"".join(proven(reading))
