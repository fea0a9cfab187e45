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
from buckia_s3.copying import Copying, tags_of
from buckia_s3.ground import Ground, is_encrypted
from buckia_s3.parts import SMALLEST_PART, Part, count

_DIGEST = "sha256"


class _OtherTag(Exception):
    """The object would get another ETag, and nothing is known by which to prove its bytes."""


class InPlace(Copying):
    """`version` of `key`, to be stored anew with `said`: all that a request says of an object.

    What makes an ordinary copy safe is not enough. Its source can be looked at afterwards, and a
    copy of the wrong bytes can be thrown away; here both are the same object. So the bytes have
    the same ETag afterwards, or are read and have the same digest, and nothing is ever removed.
    """

    def __init__(self, ground: Ground, key: str, version: str, said: Mapping[str, Any]) -> None:
        super().__init__(ground, key, key, version)
        self._said = said
        self._part: int | None = None
        self._known: Mapping[str, str] = NOTHING_KNOWN

    def replaced(self) -> BasicEntry:
        """Do it; VersionMismatch where somebody else has written meanwhile."""
        seen = self._seen()
        self._part = self._told_part(seen["ContentLength"])
        self._known = self._ground.entry(self._source, seen).digests
        if not self._known and not self._keeps_tag(seen):
            self._known = self._read(self._version, {_DIGEST})
        try:
            return self.made(None)
        except _OtherTag:
            self._known = self._read(self._version, {_DIGEST})
        return self.made(None)

    def _told_part(self, size: int) -> int | None:
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
        return part if part >= SMALLEST_PART and count(size, part) == parts else None

    def _keeps_tag(self, seen: Mapping[str, Any]) -> bool:
        """Whether a copy in the same parts is expected to have the same ETag."""
        is_of_parts = etags.number_of_parts(self._version) is not None
        return is_of_parts and self._ground.habits.tags_of_parts and not is_encrypted(seen)

    # Where it differs from an ordinary copy

    def _dressed(self, _seen: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._said}

    def _part_size(self, size: int) -> int | None:
        return self._part or super()._part_size(size)

    def _tags(self) -> Mapping[str, str]:
        found = tags_of(self._ground.connection, self._source)
        if found is None:
            raise AccessDenied(
                f"{self._source}: these credentials may not see its tags, which would be lost",
                key=self._source,
                hint="an object of many parts has to be told its tags anew: "
                "allow s3:GetObjectTagging",
            )
        return found

    def _at_once(self, dressed: Mapping[str, Any], _expect: Expected | None) -> dict[str, Any]:
        is_honoured = self._ground.habits.copies
        return super()._at_once(dressed, self._version if is_honoured else None)

    def _in_parts(
        self, dressed: Mapping[str, Any], _expect: Expected | None, parts: tuple[Part, ...]
    ) -> dict[str, Any]:
        is_honoured = self._ground.habits.completes
        return super()._in_parts(dressed, self._version if is_honoured else None, parts)

    def _before_end(self, tags: Mapping[int, str]) -> None:
        # Of an object that was replaced between its parts, this would make a mixture.
        self._seen()
        has_tags_of_parts = all(map(etags.is_md5, tags.values()))
        made = etags.of_parts([tags[one] for one in sorted(tags)]) if has_tags_of_parts else ""
        if made != self._version and not self._known:
            raise _OtherTag

    def _insist_same(self, answer: Mapping[str, Any], etag: str) -> None:  # noqa: ARG002 - as for all copies
        """Raise where nothing proves that these are the bytes that were seen."""
        size = self._ground.entry(self._source, self._ground.head(self._source)).size
        hints = etags.hints(self._version, size)
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
