"""What every case of the kit stands on: the fixture to override and the knobs to turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from buckia.protocols import Storage

Described = tuple[str | None, Mapping[str, str]]
"""An object's content type and its metadata."""


class Kit:
    """Override `storage`. The rest has defaults that suit most stores."""

    large: int = 12 * 2**20
    """Bytes of a large object: more than one part where uploads go in parts."""
    many: int = 1_050
    """Objects in a crowd: more than any service lists, or deletes, in one answer."""
    largest_page: int = 1_000
    """The most entries that one page of a listing may hold."""
    settling: float = 0.0
    """Seconds until versions hold still; timestamps of a disk prove nothing before they are old."""
    racers: int = 8
    """How many threads do the same thing at the same instant."""

    @pytest.fixture
    def storage(self) -> Iterator[Storage]:
        """A fresh and empty store for each case."""
        raise NotImplementedError(
            f"{type(self).__name__} must override the fixture `storage`: "
            "it gives a fresh and empty store to each case"
        )

    def reopen(self) -> Storage | None:
        """The same bucket, opened anew after it was closed; None where that cannot be.

        The fixture runs on the same instance, so it may leave a path here in an attribute.
        """
        return None

    def described(self, storage: Storage, key: str) -> Described | None:
        """What the store keeps of an object's content type and metadata; None where it is silent.

        The Protocols have no word for it, so a store with `keeps_metadata` shows it here.
        """
        del storage, key
        return None

    def visited(self, url: str) -> bytes | None:
        """What a visitor of that address gets; None where the kit cannot visit it."""
        del url
        return None

    def description(self, storage: Storage, key: str) -> Described:
        """As `described` tells it; the case is skipped where nothing is kept or told."""
        if not storage.traits.keeps_metadata:
            pytest.skip("the traits say that no metadata is kept")
        described = self.described(storage, key)
        if described is None:
            pytest.skip("the kit's subclass does not show what is kept with an object")
        content_type, metadata = described
        return content_type, dict(metadata)
