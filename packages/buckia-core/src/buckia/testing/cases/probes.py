"""Cases of endpoints that are tried before they are trusted."""

from __future__ import annotations

from buckia.protocols import Probes, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import get, listing, names, offered, put


class Probing(Kit):
    def test_a_probe_leaves_no_trace(self, storage: Storage) -> None:
        """It writes where the user's objects are, before each run that writes."""
        probing = offered(storage, Probes)
        for key in ("a", "folder/a", "folder/b", "folder-a"):
            put(storage, key, key.encode())
        before = listing(storage)
        probing.probe("folder/", anew=True)
        probing.probe("", anew=True)
        assert [(e.key, e.version) for e in listing(storage)] == [
            (e.key, e.version) for e in before
        ]
        assert [get(storage, key) for key in names(storage)] == [e.key.encode() for e in before]

    def test_a_probe_says_in_words_what_it_found(self, storage: Storage) -> None:
        """A person who asks for it wants to know what is done, and what is done instead."""
        found = offered(storage, Probes).probe("", anew=True)
        assert found
        assert len({check.name for check in found}) == len(found)
        assert all(check.name and check.message for check in found)

    def test_a_probe_that_is_repeated_finds_the_same(self, storage: Storage) -> None:
        """What one run relies on must not be news to the next."""
        probing = offered(storage, Probes)
        first, traits = probing.probe(""), storage.traits
        assert probing.probe("") == first
        assert storage.traits == traits
        # Who asks anew may hear more, but nothing else.
        assert set(first) <= set(probing.probe("", anew=True))
        assert storage.traits == traits
