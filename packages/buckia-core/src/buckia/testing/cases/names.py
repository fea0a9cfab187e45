"""Keys are names from strangers: odd ones are kept exactly, hostile ones reach nothing else."""

from __future__ import annotations

import contextlib

import pytest

from buckia import keys
from buckia.errors import InvalidKey, NotFound
from buckia.protocols import Storage
from buckia.testing.kit import Kit
from buckia.testing.steps import coexisting, get, holds, is_absent, listed, names, put

AWKWARD = {
    "a space": "with space.txt",
    "two spaces": "two  spaces.txt",
    "a plus": "plus+plus.txt",
    "a percent sign": "100%.txt",
    "a percent code": "percent%20code%2Fslash.txt",
    "a hash": "hash#fragment.txt",
    "a question mark": "question?mark=1.txt",
    "an ampersand": "this&that=more.txt",
    "a single quote": "it's.txt",
    "a double quote": 'say "hello".txt',
    "a semicolon and a comma": "semi;colon,comma.txt",
    "an at sign": "user@2x.png",
    "a dollar sign": "$HOME.txt",
    "a tilde": "~tilde~.txt",
    "brackets": "brackets[1]{2}(3).txt",
    "wildcards": "star*and_under.txt",
    "less and greater": "<tag>&amp;.txt",
    "a pipe": "pipe|caret^tick`.txt",
    "a colon inside": "12:30:00.txt",
    "a leading dot": ".hidden",
    "two leading dots": "..almost-up.txt",
    "dots inside": "three...dots.txt",
    "a leading dash": "-rf",
    "no extension": "README",
    "a composed letter": "caf\u00e9.txt",
    "a decomposed letter": "cafe\u0301.txt",
    "another alphabet": "\u4e2d\u6587/\u05e2\u05d1\u05e8\u05d9\u05ea/\u0440\u0443.txt",
    "an emoji": "party\U0001f389.png",
    "an emoji of several": "\U0001f468\u200d\U0001f469\u200d\U0001f467.png",
    "a capital sharp s": "stra\u1e9ee.txt",
    "zero": "0",
    "leading zeros": "007",
    "a float": "1e5",
    "a negative number": "-1",
    "null": "null",
    "an equals sign": "year=2024/month=01/part.csv",
    "a deep path": "/".join("abcdefghijklmnopqrstuvwxyz"),
    "a long name": "n" * 200 + ".txt",
    "a long path": "/".join(["folder" * 10] * 8) + "/file.txt",
}
"""Names that people and programs really make: kept, or ruled out by the traits."""

EXTREME = {
    "a line break": "line\nbreak.txt",
    "a carriage return": "line\rbreak.txt",
    "a tab": "tab\tstop.txt",
    "a control character": "bell\x07.txt",
    "a delete character": "delete\x7f.txt",
    "a line separator": "line\u2028separator.txt",
    "a byte order mark": "\ufeffmark.txt",
    "a leading space": " lead.txt",
    "a trailing space": "trail ",
    "a trailing dot": "trail.",
    "a device name": "CON",
    "a noncharacter": "last\uffff.txt",
    "the last code point": "last\U0010ffff.txt",
}
"""Names that some systems cannot hold: kept exactly or refused as InvalidKey, never altered."""

HOSTILE = {
    "the folder above": "../escape",
    "a way round": "a/../b",
    "an absolute path": "/absolute",
    "an empty segment": "a//b",
    "a dot segment": "./x",
    "a dot segment inside": "a/./b",
    "a folder marker": "a/",
    "only dots": "..",
    "one dot": ".",
    "a backslash": "a\\b",
    "a drive letter": "C:/x",
    "a NUL byte": "x\x00y",
    "half a surrogate pair": "half\ud800",
    "nothing at all": "",
}
BYSTANDERS = ("a/b", "absolute", "b", "escape", "x")


def cases_of(table: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("key", table.values(), ids=table.keys())


class Names(Kit):
    @cases_of(AWKWARD)
    def test_an_awkward_key_is_kept_exactly(self, storage: Storage, key: str) -> None:
        """Quoting once too often or too seldom writes a file under another name."""
        holds(storage, key)
        entry = put(storage, key, key.encode())
        assert entry.key == key
        assert storage.stat(key).key == key
        assert get(storage, key) == key.encode()
        assert names(storage) == [key]
        storage.delete(key)
        assert is_absent(storage, key)

    @cases_of(EXTREME)
    def test_an_extreme_key_is_kept_exactly_or_refused(self, storage: Storage, key: str) -> None:
        """A name that is quietly altered is a deletion and a new file at the next sync."""
        holds(storage, key)
        try:
            put(storage, key, b"kept")
        except InvalidKey:
            assert names(storage) == []
            return
        assert names(storage) == [key]
        assert get(storage, key) == b"kept"
        storage.delete(key)
        assert names(storage) == []

    def test_awkward_keys_live_side_by_side(self, storage: Storage) -> None:
        """Two names that become one on the way to the store cost one of the two files."""
        together = coexisting(list(AWKWARD.values()), storage.traits)
        for key in reversed(together):
            put(storage, key, key.encode())
        assert names(storage) == together
        assert [get(storage, key).decode() for key in together] == together

    @pytest.mark.parametrize(
        "pair",
        [("Photo.JPG", "photo.jpg"), ("caf\u00e9", "cafe\u0301"), ("a b", "a+b"), ("a%20b", "a b")],
        ids=["by case", "by Unicode form", "by a plus", "by a percent code"],
    )
    def test_two_names_that_look_alike_are_two_objects(
        self, storage: Storage, pair: tuple[str, str]
    ) -> None:
        """Where two names are one, the traits must say so, or one of two files is overwritten."""
        one, other = pair
        is_one = keys.folded(one, storage.traits) == keys.folded(other, storage.traits)
        put(storage, one, b"one")
        put(storage, other, b"other")
        if is_one:
            assert len(names(storage)) == 1
            assert get(storage, one) == get(storage, other) == b"other"
        else:
            assert names(storage) == sorted(pair)
            assert (get(storage, one), get(storage, other)) == (b"one", b"other")

    @pytest.mark.parametrize("limit", ["max_key_bytes", "max_name_bytes"])
    def test_the_longest_key_that_traits_allow_is_held(self, storage: Storage, limit: str) -> None:
        """A limit that is not the real one makes files fail that were planned."""
        key = self._at_limit(storage, limit, 0)
        put(storage, key, b"long")
        assert listed(storage, key).size == 4

    @pytest.mark.parametrize("limit", ["max_key_bytes", "max_name_bytes"])
    def test_a_key_beyond_the_traits_is_refused(self, storage: Storage, limit: str) -> None:
        """A name that is cut short by the service overwrites its neighbour."""
        key = self._at_limit(storage, limit, 1)
        with pytest.raises(InvalidKey):
            put(storage, key, b"long")
        assert names(storage) == []

    def test_a_forbidden_character_is_refused(self, storage: Storage) -> None:
        """What the traits forbid is reported as skipped; a store that alters it loses it."""
        forbidden = storage.traits.forbidden
        if not forbidden:
            pytest.skip("the traits forbid no character")
        for character in forbidden:
            with pytest.raises(InvalidKey):
                put(storage, f"file{character}.txt", b"bytes")
        assert names(storage) == []

    def test_a_refused_key_is_named_in_the_error(self, storage: Storage) -> None:
        """The report of a run says which file could not be stored."""
        with pytest.raises(InvalidKey) as caught:
            put(storage, "half\ud800", b"bytes")
        assert caught.value.key == "half\ud800"

    @cases_of(HOSTILE)
    def test_a_hostile_key_is_kept_exactly_or_refused(self, storage: Storage, key: str) -> None:
        """An HTTP library that tidies `a/../b` up writes over `b`, which is somebody else's."""
        before = self._with_bystanders(storage)
        try:
            put(storage, key, b"hostile")
        except InvalidKey:
            assert names(storage) == before
        else:
            assert names(storage) == sorted([*before, key])
            assert get(storage, key) == b"hostile"
        assert [get(storage, name).decode() for name in before] == before

    @cases_of(HOSTILE)
    def test_a_hostile_key_finds_and_deletes_nothing(self, storage: Storage, key: str) -> None:
        """Deleting the empty key must not empty the bucket, nor `a/` the folder `a`."""
        before = self._with_bystanders(storage)
        with pytest.raises((NotFound, InvalidKey)):
            storage.stat(key)
        with pytest.raises((NotFound, InvalidKey)):
            get(storage, key)
        # Nothing of that name is there, so there is nothing to do; refusing it is fine, too.
        with contextlib.suppress(InvalidKey):
            storage.delete(key)
        assert names(storage) == before

    def test_a_file_and_a_folder_of_one_name_are_as_the_traits_say(self, storage: Storage) -> None:
        """In a flat bucket both are objects; in a tree the second is refused, the first stays."""
        put(storage, "a", b"file")
        put(storage, "b/c", b"below")
        if storage.traits.flat:
            put(storage, "a/c", b"below")
            put(storage, "b", b"file")
            assert names(storage) == ["a", "a/c", "b", "b/c"]
            return
        with pytest.raises(InvalidKey):
            put(storage, "a/c", b"below")
        with pytest.raises(InvalidKey):
            put(storage, "b", b"file")
        assert names(storage) == ["a", "b/c"]
        assert (get(storage, "a"), get(storage, "b/c")) == (b"file", b"below")

    def _with_bystanders(self, storage: Storage) -> list[str]:
        for name in BYSTANDERS:
            put(storage, name, name.encode())
        return list(BYSTANDERS)

    def _at_limit(self, storage: Storage, limit: str, beyond: int) -> str:
        """A key as long as this trait allows, or so many bytes longer."""
        length: int | None = getattr(storage.traits, limit)
        if length is None:
            pytest.skip(f"the traits set no {limit}")
        if limit == "max_name_bytes":
            return "n" * (length + beyond)
        name = min(storage.traits.max_name_bytes or 200, 200) - 1
        return "".join(
            "/" if place % (name + 1) == name and place < length - 1 else "n"
            for place in range(length + beyond)
        )
