"""Lies about parts of listings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from buckia.protocols import Entry
from tests.conformance.liar import Liar, caught_by

Pages = Iterator[Sequence[Entry]]


@caught_by(
    "a_part_of_a_listing_keeps_to_its_bounds", "parts_of_a_listing_put_together_are_the_whole"
)
class BeginsWithItsBound(Liar):
    def scan_between(self, prefix: str, after: str, until: str) -> Pages:
        for page in self.scan(prefix):
            yield [e for e in page if e.key >= after and (not until or e.key <= until)]


@caught_by(
    "a_part_of_a_listing_keeps_to_its_bounds", "parts_of_a_listing_put_together_are_the_whole"
)
class EndsBeforeItsBound(Liar):
    def scan_between(self, prefix: str, after: str, until: str) -> Pages:
        for page in self.scan(prefix):
            yield [e for e in page if e.key > after and (not until or e.key < until)]


@caught_by("a_part_of_a_listing_keeps_to_its_bounds")
class TakesTheBoundForAFolder(Liar):
    def scan_between(self, prefix: str, after: str, until: str) -> Pages:
        for page in super().scan_between(prefix, after, until):
            yield [e for e in page if not after or not e.key.startswith(f"{after}/")]


@caught_by("a_part_of_a_listing_keeps_to_its_prefix")
class ForgetsThePrefix(Liar):
    def scan_between(self, prefix: str, after: str, until: str) -> Pages:
        return super().scan_between("" if after else prefix, after, until)


@caught_by("parts_of_a_listing_put_together_are_the_whole")
class GivesOnePage(Liar):
    def scan_between(self, prefix: str, after: str, until: str) -> Pages:
        for page in super().scan_between(prefix, after, until):
            yield page[:100]
