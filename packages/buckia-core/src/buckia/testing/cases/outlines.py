"""Bodies that are read once before they are written: they are written as they were read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest

from buckia.errors import StorageError
from buckia.protocols import ABSENT, Body, Outlines, Storage, WritesConditionally, ability
from buckia.testing.bodies import OddBody
from buckia.testing.cases.traits import FINE
from buckia.testing.kit import Kit
from buckia.testing.steps import content, described_body, get, is_still, names, offered, put, same

OLD = b"the old object"
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "at its beginning": lambda data: b"edited" + data[6:],
    "at its end": lambda data: data[:-6] + b"edited",
    "a byte less": lambda data: data[:-1],
    "a byte more": lambda data: data + b"!",
}


class Outlining(Kit):
    def test_an_outline_tells_digests_of_the_very_bytes(self, storage: Storage) -> None:
        """They are written down before anything is sent, so that a kill is understood."""
        data = content(self.large)
        known = _outlined(storage, OddBody(data)).digests
        assert known
        computed = {name: hashlib.new(name, data).hexdigest() for name in known}
        assert known == computed

    def test_an_outline_changes_nothing_in_the_store(self, storage: Storage) -> None:
        """It is asked for before anybody has decided what gives way."""
        version = put(storage, "file", OLD).version
        _outlined(storage, OddBody(content(self.large)))
        assert names(storage) == ["file"]
        assert is_still(storage, "file", version)

    def test_what_was_outlined_is_written_as_often_as_it_takes(self, storage: Storage) -> None:
        """A second try goes on with what is known from before the first."""
        data = content(self.large)
        odd = OddBody(data)
        outlined = _outlined(storage, odd)
        for key in ("a", "b"):
            assert storage.write(key, outlined).size == len(data)
            same(get(storage, key), data)
        assert odd.opened == odd.closed

    def test_what_was_outlined_is_written_under_a_condition(self, storage: Storage) -> None:
        """Mostly it is."""
        conditional = offered(storage, WritesConditionally)
        limit = storage.traits.conditional_write_limit
        data = content(self.large if limit is None else min(self.large, limit))
        version: object = ABSENT
        for _ in range(2):
            outlined = offered(storage, Outlines).outline(OddBody(data)) or OddBody(data)
            version = conditional.write_if("file", outlined, expect=version).version  # type: ignore[arg-type]  # one of both
        same(get(storage, "file"), data)

    def test_an_outline_keeps_what_is_told_of_a_body(self, storage: Storage) -> None:
        """Its time and its type go with it, as without an outline."""
        page = described_body(content(self.large), {"colour": "green"})
        outlined = _outlined(storage, page)
        assert (outlined.content_type, outlined.metadata) == (page.content_type, page.metadata)
        assert outlined.size == page.size
        timed = _outlined(storage, OddBody(content(self.large), mtime_ns=FINE))
        assert timed.mtime_ns == FINE

    @pytest.mark.parametrize("change", CHANGES)
    def test_a_body_that_changes_after_its_outline_leaves_what_was_there(
        self, storage: Storage, change: str
    ) -> None:
        """The file was edited between its two readings; neither version may be half of one."""
        version = put(storage, "file", OLD).version
        odd = OddBody(content(self.large))
        outlined = _outlined(storage, odd)
        odd.data = CHANGES[change](odd.data)
        writes: Sequence[Callable[[], object]] = [lambda: storage.write("file", outlined)]
        conditional = ability(storage, WritesConditionally)
        limit = storage.traits.conditional_write_limit
        if conditional is not None and (limit is None or limit >= odd.size):
            writes = [
                *writes,
                lambda: conditional.write_if("file", outlined, expect=version),
            ]
        for write in writes:
            with pytest.raises(StorageError):
                write()
        assert odd.opened == odd.closed
        assert get(storage, "file") == OLD
        assert is_still(storage, "file", version)

    @pytest.mark.parametrize("change", CHANGES)
    def test_what_replaces_an_object_much_like_it_arrives_whole(
        self, storage: Storage, change: str
    ) -> None:
        """What is the same need not be sent, and has to be there all the same."""
        outlining = offered(storage, Outlines)
        old = content(self.large)
        version = put(storage, "file", old).version
        new = CHANGES[change](old)
        outlined = outlining.outline(OddBody(new), over=("file", version)) or OddBody(new)
        entry = storage.write("file", outlined)
        same(get(storage, "file"), new)
        assert entry.size == len(new)
        assert is_still(storage, "file", entry.version)

    @pytest.mark.parametrize("fault", ["short", "long", "wrong digest"])
    def test_an_outline_of_a_bad_body_is_refused(self, storage: Storage, fault: str) -> None:
        """It changed just before it was read, and what was promised of it holds no more."""
        data = content(self.large)
        bad = {
            "short": OddBody(data, size=len(data) + 1),
            "long": OddBody(data, size=len(data) - 1),
            "wrong digest": OddBody(data, digests={"sha256": "0" * 64}),
        }[fault]
        outlining = offered(storage, Outlines)
        _outlined(storage, OddBody(data))
        with pytest.raises(StorageError):
            outlining.outline(bad)
        assert bad.opened == bad.closed

    @pytest.mark.parametrize("size", [0, 1, 5_000])
    def test_a_small_body_is_written_with_or_without_an_outline(
        self, storage: Storage, size: int
    ) -> None:
        """Where there is none, the body is as it was."""
        odd = OddBody(content(size))
        outlined = offered(storage, Outlines).outline(odd) or odd
        storage.write("file", outlined)
        same(get(storage, "file"), content(size))
        assert odd.opened == odd.closed


def _outlined(storage: Storage, body: Body) -> Body:
    """With its outline; a case is skipped where the store needs none."""
    outlined = offered(storage, Outlines).outline(body)
    if outlined is None:
        pytest.skip("a write of this size reads its body only once")
    return outlined
