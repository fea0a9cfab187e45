"""One object copied onto itself: what is told of it becomes another, and its bytes stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buckia import digests
from buckia.body import digests_of
from buckia.errors import AccessDenied, StorageError, Unavailable, VersionMismatch
from buckia.model import NOTHING_KNOWN, BasicEntry
from buckia.protocols import Expected
from buckia_s3 import etags, reading
from buckia_s3.assembly import give_tags, untagged
from buckia_s3.copying import Copying, has_metadata, tags_of
from buckia_s3.ground import Ground, is_encrypted
from buckia_s3.parts import SMALLEST_PART, Part, count

DIGEST = "sha256"


class _OtherTag(Exception):
    """The object would get another ETag, and nothing is known by which to prove its bytes."""


class InPlace(Copying):
    """`version` of `key`, to be stored anew with `said`: all that a request says of an object.

    `tags` are those that it has and keeps; None where nobody may see them.

    What makes an ordinary copy safe is not enough. Its source can be looked at afterwards, and a
    copy of the wrong bytes can be thrown away; here both are the same object. So the bytes have
    the same ETag afterwards, or are read and have the same digest, and nothing is ever removed.
    """

    def __init__(
        self,
        ground: Ground,
        key: str,
        version: str,
        said: Mapping[str, Any],
        tags: Mapping[str, str] | None,
    ) -> None:
        super().__init__(ground, key, key, version)
        self._said = said
        self._tagged = tags
        self._size = 0
        self._part: int | None = None
        self._known: Mapping[str, str] = NOTHING_KNOWN

    def replaced(self) -> BasicEntry:
        """Do it; VersionMismatch where somebody else has written meanwhile."""
        seen = self._seen()
        self._size = seen["ContentLength"]
        self._part = self._told_part()
        self._known = self._ground.entry(self._source, seen).digests
        if not self._known and not self._keeps_tag(seen):
            self._known = self._read(self._version, {DIGEST})
        try:
            return self.made(None)
        except _OtherTag:
            self._known = self._read(self._version, {DIGEST})
        return self.made(None)

    def _told_part(self) -> int | None:
        """The size of the parts that it came in, where the service tells it."""
        parts = etags.number_of_parts(self._version) or 1
        if parts == 1 or not self._ground.habits.tags_of_parts:
            return None
        try:
            found = self._ground.connection.call("head_object", self._source, PartNumber=1)
        except Unavailable:
            raise
        except StorageError:
            # It knows no such question; then the size is guessed.
            return None
        part = int(found.get("ContentLength", 0))
        return part if part >= SMALLEST_PART and count(self._size, part) == parts else None

    def _keeps_tag(self, seen: Mapping[str, Any]) -> bool:
        """Whether a copy in the same parts is expected to have the same ETag."""
        if etags.number_of_parts(self._version) is None or is_encrypted(seen):
            return False
        return self._ground.habits.tags_of_parts and self._part_size(self._size) is not None

    # Where it differs from an ordinary copy

    def _dressed(self, _seen: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._said}

    def _part_size(self, size: int) -> int | None:
        return self._part or super()._part_size(size)

    def _tags(self) -> Mapping[str, str]:
        if self._tagged is None:
            raise AccessDenied(
                f"{self._source}: these credentials may not see its tags, which would be lost",
                key=self._source,
                hint="the object has to be told its tags anew: allow s3:GetObjectTagging",
            )
        return self._tagged

    def _at_once(self, dressed: Mapping[str, Any], _expect: Expected | None) -> dict[str, Any]:
        is_honoured = self._ground.habits.copies
        return super()._at_once(dressed, self._version if is_honoured else None)

    def _in_parts(
        self, dressed: Mapping[str, Any], _expect: Expected | None, parts: tuple[Part, ...]
    ) -> dict[str, Any]:
        is_honoured = self._ground.habits.completes
        return super()._in_parts(dressed, self._version if is_honoured else None, parts)

    def _after_all(self, dressed: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """It was there before, so nothing tells whether it was copied; but it has its tags."""
        found = self._ground.head(self._source)
        if etags.of(found) == self._version or has_metadata(found, dressed):
            self._give_back(tags, found)

    def _give_back(self, _tags: Mapping[str, str], answer: Mapping[str, Any]) -> None:
        if not self._tagged:
            return
        ground, key = self._ground, self._source
        # Where the endpoint was never tried, nobody knows whether it forgets them.
        if not ground.habits.loses_tags and tags_of(ground.connection, key) == self._tagged:
            return
        try:
            give_tags(ground, key, self._tagged, answer)
        except VersionMismatch:
            raise
        except StorageError as error:
            raise untagged(key, error) from error

    def _before_end(self, tags: Mapping[int, str]) -> None:
        # Of an object that was replaced between its parts, this would make a mixture.
        self._seen()
        has_tags_of_parts = all(map(etags.is_md5, tags.values()))
        made = etags.of_parts([tags[one] for one in sorted(tags)]) if has_tags_of_parts else ""
        if made != self._version and not self._known:
            raise _OtherTag

    def _insist_same(self, answer: Mapping[str, Any], etag: str) -> None:  # noqa: ARG002 - as for all copies
        """Raise where nothing proves that these are the bytes that were seen."""
        hints = etags.hints(self._version, self._size)
        found = self._read(etag, {*self._known, *hints})
        if digests.agree(found, self._known) or digests.hinted(hints, found):
            return
        raise VersionMismatch(
            f"somebody wrote {self._source} at the same moment: the bytes are theirs, "
            "and what is told of them is what was told of the bytes before",
            key=self._source,
            hint="look at the object, and let whoever wrote it write it again",
        )

    def _read(self, version: str, algorithms: set[str]) -> dict[str, str]:
        """Digests of the bytes, which all come here for it."""
        with reading.read(self._ground, self._source, version) as found:
            wanted = sorted(digests.computable(algorithms))
            return digests_of(found, wanted, moved=lambda _count: None)
