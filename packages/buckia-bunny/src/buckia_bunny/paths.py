"""Keys as paths of the service, and back."""

from __future__ import annotations

from threading import Lock

from buckia import keys
from buckia.errors import InvalidKey, StorageError
from buckia_bunny import names

LONGEST_PATH = 6000
"""Characters."""


class Paths:
    """Which path each key has. Safe to use from many threads.

    Other programs write names that ours would be written otherwise; where a listing has shown
    one, its key leads there.
    """

    def __init__(self) -> None:
        self._strange: dict[str, str] = {}
        self._lock = Lock()

    def of(self, key: str) -> str:
        """The path of a key; one that nobody may act upon is refused."""
        sound(key)
        return self._strange.get(key) or written(key)

    def of_folder(self, key: str) -> str:
        """The path of a folder to be listed, whatever it is called: looking harms nobody."""
        path = self._strange.get(key.removesuffix("/")) or written(key.removesuffix("/"))
        if len(path) > LONGEST_PATH:
            # No service holds it, so each folder is said to be in itself, or another one in it.
            raise StorageError(
                f"the folders of the zone have no end: there is one of {len(path)} characters",
                hint="something on the way may have answered: check endpoint_url",
            )
        return path

    def seen(self, key: str, path: str) -> None:
        """The service shows that key under this path."""
        with self._lock:
            if path != written(key):
                self._strange[key] = path
            else:
                self._strange.pop(key, None)


def written(key: str) -> str:
    return "/".join(map(names.written, key.split("/")))


def sound(key: str) -> None:
    """Refuse a key that the service cannot hold.

    An empty segment or a slash at the end would make a path of a folder, and the deletion of a
    folder takes with it all that is below.
    """
    if problem := keys.problem(key):
        raise InvalidKey(f"{key!r} cannot be stored: {problem}", key=key)
    if len(written(key)) > LONGEST_PATH:
        raise InvalidKey(f"the key is longer than {LONGEST_PATH} characters", key=key)
