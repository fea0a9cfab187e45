"""What is not there, and what goes wrong, is told in our words only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buckia.errors import NotFound, StorageError
from buckia.protocols import Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import get, names, put

ASKS: dict[str, Callable[[Storage, str], object]] = {
    "stat": lambda storage, key: storage.stat(key),
    "read": get,
    "read with a version": lambda storage, key: get(storage, key, "some-version"),
}
asking = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
Ask = Callable[[Storage, str], object]


class Absences(Kit):
    @asking
    def test_what_never_was_is_not_found(self, storage: Storage, ask: Ask) -> None:
        """The caller tells a missing object from a failing store by the class alone."""
        with pytest.raises(NotFound) as caught:
            ask(storage, "no/such/file")
        assert caught.value.key == "no/such/file"

    @asking
    def test_what_was_deleted_is_not_found(self, storage: Storage, ask: Ask) -> None:
        """A cache of entries must forget."""
        put(storage, "file", b"bytes")
        ask_first = storage.stat("file")
        storage.delete("file")
        with pytest.raises(NotFound):
            ask(storage, "file")
        assert ask_first.key == "file"

    @asking
    @pytest.mark.parametrize("name", ["a", "a/b"])
    def test_a_folder_is_not_found(self, storage: Storage, ask: Ask, name: str) -> None:
        """A folder is no object, and opening one on a disk fails in words of its own."""
        put(storage, "a/b/c", b"bytes")
        with pytest.raises(NotFound):
            ask(storage, name)

    @asking
    def test_what_lies_below_an_object_is_not_found(self, storage: Storage, ask: Ask) -> None:
        """A path through a file fails in other words again."""
        put(storage, "a", b"bytes")
        with pytest.raises(NotFound):
            ask(storage, "a/b/c")

    @asking
    @pytest.mark.parametrize("name", ["fil", "file.tx", "file.txt.bak", "FILE.TXT2", "ile.txt"])
    def test_a_near_name_is_not_found(self, storage: Storage, ask: Ask, name: str) -> None:
        """A lookup by prefix or pattern finds a neighbour."""
        put(storage, "file.txt", b"bytes")
        with pytest.raises(NotFound):
            ask(storage, name)

    def test_an_empty_object_is_found(self, storage: Storage) -> None:
        """No bytes is not the same as no object, and an empty value is false."""
        version = put(storage, "empty", b"").version
        assert storage.stat("empty").size == 0
        assert get(storage, "empty") == b""
        assert get(storage, "empty", version) == b""
        assert names(storage) == ["empty"]

    @asking
    def test_asking_for_what_is_absent_makes_nothing(self, storage: Storage, ask: Ask) -> None:
        """A mapping with defaults, or a file opened for writing, leaves an empty object."""
        with pytest.raises(StorageError):
            ask(storage, "folder/file")
        assert names(storage) == []
