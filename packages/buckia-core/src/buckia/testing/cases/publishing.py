"""Cases of stores whose objects are kept elsewhere too."""

from __future__ import annotations

from buckia.protocols import Publishes, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import get, names, offered, put


class Publishing(Kit):
    def test_publishing_changes_nothing_in_the_bucket(self, storage: Storage) -> None:
        """It is asked after each run, also after those that did nothing."""
        publishing = offered(storage, Publishes)
        assert list(publishing.publish(_no_pause)) == []
        put(storage, "a", b"bytes")
        put(storage, "folder/b", b"others")
        storage.delete("a")
        publishing.publish(_no_pause)
        assert names(storage) == ["folder/b"]
        assert get(storage, "folder/b") == b"others"

    def test_what_is_published_is_done_with(self, storage: Storage) -> None:
        """What a run has shown to the world needs no second time."""
        publishing = offered(storage, Publishes)
        put(storage, "a", b"bytes")
        assert list(publishing.publish(_no_pause)) == []
        assert list(publishing.publish(_no_pause)) == []


def _no_pause(_seconds: float) -> None:
    """Nobody waits in a test."""
