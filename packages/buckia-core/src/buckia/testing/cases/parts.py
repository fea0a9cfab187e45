"""Cases of listings that can be asked for in parts."""

from __future__ import annotations

from itertools import pairwise

from buckia.protocols import ScansBetween, Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import fill, offered


class PartsOfScans(Kit):
    KEYS = ("a", "b/1", "b/2", "b/3", "b!", "c", "d", "\u00e9")

    def test_a_part_of_a_listing_keeps_to_its_bounds(self, storage: Storage) -> None:
        """A key at a bound belongs to one part; in two it is doubled, in none it is lost."""
        listing = offered(storage, ScansBetween)
        fill(storage, self.KEYS)
        for after in ("", "a", "b", "b/1", "b/11", "zz"):
            for until in ("", "a", "b/2", "b/21", "zz"):
                pages = listing.scan_between("", after, until)
                found = [entry.key for page in pages for entry in page]
                expected = [k for k in sorted(self.KEYS) if k > after and (not until or k <= until)]
                assert found == expected, (after, until)

    def test_a_part_of_a_listing_keeps_to_its_prefix(self, storage: Storage) -> None:
        """What lies between the bounds, but not below the folder, is another bucket's part."""
        listing = offered(storage, ScansBetween)
        fill(storage, self.KEYS)
        for prefix, after, until, expected in (
            ("b/", "", "", ["b/1", "b/2", "b/3"]),
            ("b/", "a", "c", ["b/1", "b/2", "b/3"]),
            ("b/", "b/1", "b/2", ["b/2"]),
            ("b/", "c", "", []),
            ("c", "b/2", "c", ["c"]),
        ):
            pages = listing.scan_between(prefix, after, until)
            assert [entry.key for page in pages for entry in page] == expected

    def test_parts_of_a_listing_put_together_are_the_whole(self, storage: Storage) -> None:
        """A large bucket is read in several parts at once."""
        listing = offered(storage, ScansBetween)
        wanted = [f"{number:05}" for number in range(self.many)]
        fill(storage, wanted)
        bounds = ["", *wanted[::200], ""]
        found = [
            entry.key
            for after, until in pairwise(bounds)
            for page in listing.scan_between("", after, until)
            for entry in page
        ]
        assert found == wanted
