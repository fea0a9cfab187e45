"""Stores that clear badly what is kept of them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from buckia.results import Failure
from tests.conformance.liar import Liar, caught_by

STALE = (Failure("a", "Unavailable", "nobody knows it yet"),)


class Publishing(Liar):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        del pause
        return ()


@caught_by("publishing_changes_nothing_in_the_bucket")
class ClearsTheBucket(Publishing):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        for stored in self._shelf.starting_with("folder/"):
            self.delete(stored.entry.key)
        return ()


@caught_by("publishing_changes_nothing_in_the_bucket")
class FailsAtNothing(Publishing):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        return STALE


@caught_by("what_is_published_is_done_with")
class NeverEnds(Publishing):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        return STALE if self._writes else ()


@caught_by("what_is_published_is_done_with")
class ForgetsThatItIsDone(Publishing):
    def publish(self, pause: Callable[[float], None]) -> Sequence[Failure]:
        self._writes += 1
        return STALE if self._writes > 2 else ()
