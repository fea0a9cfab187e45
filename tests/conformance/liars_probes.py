"""Stores that probe their endpoint badly."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from buckia.body import BytesBody
from buckia.results import Check
from tests.conformance.liar import Liar, caught_by

FOUND = (Check("conditions", ok=True, message="honoured"),)


class Probing(Liar):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        del folder, anew
        return FOUND


@caught_by("a_probe_leaves_no_trace")
class LeavesItsObject(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        self.write(f"{folder}.buckia-probe-1", BytesBody(data=b"probe"))
        return FOUND


@caught_by("a_probe_leaves_no_trace")
class TriesTheUsersObjects(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        for stored in self._shelf.starting_with(folder):
            self.write(stored.entry.key, BytesBody(data=b"probe"))
        return FOUND


@caught_by("a_probe_says_in_words_what_it_found")
class SaysNothing(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        return ()


@caught_by("a_probe_says_in_words_what_it_found")
class SaysNoMore(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        return (Check("conditions", ok=True, message=""),)


@caught_by("a_probe_that_is_repeated_finds_the_same")
class ForgetsWhatItFound(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        lacks = frozenset({"WritesConditionally"}) - self.traits.lacks
        self.traits = msgspec.structs.replace(self.traits, lacks=lacks)
        return FOUND


@caught_by("a_probe_that_is_repeated_finds_the_same")
class ChangesItsWords(Probing):
    def probe(self, folder: str, *, anew: bool = False) -> Sequence[Check]:
        self._writes += 1
        return (Check("conditions", ok=True, message=f"honoured {self._writes}"),)
