"""Lies about bodies that were read before they are written."""

from __future__ import annotations

from typing import Any

from buckia.body import BodyAround, BytesBody, KnownBody
from buckia.protocols import Body, Entry, Expected, Source
from tests.conformance.liar import Liar, caught_by, taken


@caught_by("an_outline_tells_digests_of_the_very_bytes")
class OutlinesOtherBytes(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        super().outline(body)
        return KnownBody(body, {"sha256": "0" * 64})


@caught_by("an_outline_changes_nothing_in_the_store")
class OutlinesAndStores(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        self.force("outline", b"")
        return super().outline(body)


class _Once(KnownBody):
    is_used = False

    def open(self) -> Source:
        source = super().open()
        if self.is_used:
            source.read()
        self.is_used = True
        return source


@caught_by("what_was_outlined_is_written_as_often_as_it_takes")
class OutlinesForOneTry(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        outlined = super().outline(body)
        return outlined and _Once(body, outlined.digests)


@caught_by("what_was_outlined_is_written_under_a_condition")
class OutlinedOnlyWithoutCondition(Liar):
    def write_if(self, key: str, body: Body, *, expect: Expected) -> Entry:
        if isinstance(body, KnownBody):
            return self.force(key, b"")
        return super().write_if(key, body, expect=expect)


class _Bare(KnownBody):
    mtime_ns = None


@caught_by("an_outline_keeps_what_is_told_of_a_body")
class ForgetsTimeInOutlines(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        outlined = super().outline(body)
        return outlined and _Bare(body, outlined.digests)


class _Trusting(Liar):
    """What was outlined once is taken as it comes."""

    def write(self, key: str, body: Body) -> Entry:
        return self.force(key, taken(body)) if isinstance(body, KnownBody) else self.held(key, body)

    def held(self, key: str, body: Body) -> Entry:
        return super().write(key, body)


@caught_by("a_body_that_changes_after_its_outline_leaves_what_was_there")
class WritesWhatBecameOfAnOutline(_Trusting):
    pass


@caught_by("what_replaces_an_object_much_like_it_arrives_whole")
class TakesOverAllOfIt(Liar):
    """What is replaced is taken for the same."""

    def outline(self, body: Body, **how: Any) -> Body | None:
        over = how.get("over")
        return BytesBody(data=self.stored(over[0]).data) if over else super().outline(body)


@caught_by("an_outline_of_a_bad_body_is_refused")
class OutlinesAnything(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        return KnownBody(body, {})


class _Empty(BodyAround):
    size = 0

    def open(self) -> Source:
        source = self.inner.open()
        source.read()
        return source


@caught_by("a_small_body_is_written_with_or_without_an_outline")
class OutlinesSmallOnesAway(Liar):
    def outline(self, body: Body, **how: Any) -> Body | None:
        return super().outline(body) if body.size > 10_000 else _Empty(body)
