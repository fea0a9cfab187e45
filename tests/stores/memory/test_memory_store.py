"""What the in-memory store does beyond the promises of every store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from buckia.body import BytesBody
from buckia.errors import Corrupted, InvalidKey, NotFound, StorageError, VersionMismatch
from buckia.model import Traits
from buckia.protocols import (
    ABSENT,
    BeginsReads,
    BeginsWrites,
    CopiesConditionally,
    CopiesInside,
    Entry,
    Identifies,
    Source,
    Storage,
    ability,
)
from buckia.stores.memory import MemoryStore
from buckia.testing.bodies import OddBody


def put(store: MemoryStore, key: str, data: bytes = b"bytes") -> Entry:
    return store.write(key, BytesBody(data=data))


def names(store: MemoryStore, prefix: str = "") -> list[str]:
    return [entry.key for page in store.scan(prefix) for entry in page]


def first(store: MemoryStore) -> Entry:
    return next(store.scan())[0]


def test_the_same_bytes_written_again_are_a_new_version() -> None:
    store = MemoryStore()
    versions = [put(store, "a").version, put(store, "b").version, put(store, "a").version]
    store.delete("a")
    versions.append(put(store, "a").version)
    assert versions == ["1", "2", "3", "4"]


def test_a_listing_carries_the_digests_that_were_asked_for() -> None:
    for lists in ((), ("sha256",), ("md5", "blake2b")):
        store = MemoryStore(lists=lists)
        put(store, "a")
        assert store.traits.digests == set(lists) == first(store).digests.keys()


def test_traits_alone_say_what_is_listed() -> None:
    assert MemoryStore(traits=Traits(flat=False)).traits.digests == frozenset()
    assert MemoryStore().traits.digests == {"sha256"}


def test_stat_can_tell_more_than_a_listing() -> None:
    store = MemoryStore(lists=(), tells=("sha256",), lists_mtime=False)
    written = store.write("a", BytesBody(data=b"bytes", mtime_ns=5))
    with store.read("a") as reading:
        told = [written, store.stat("a"), reading.entry]
    assert {entry.mtime_ns for entry in told} == {5}
    assert all(entry.digests.keys() == {"sha256"} for entry in told)
    assert (first(store).digests, first(store).mtime_ns) == ({}, None)


def test_hints_are_digests_that_prove_nothing_when_they_differ() -> None:
    store = MemoryStore(lists=(), hints=("md5",))
    put(store, "a")
    assert first(store).hints == {"md5": hashlib.md5(b"bytes").hexdigest()}
    assert first(store).digests == {}


def test_pages_have_the_size_that_was_asked_for() -> None:
    store = MemoryStore(page_size=3)
    for number in range(7):
        put(store, f"{number}")
    assert [len(page) for page in store.scan()] == [3, 3, 1]


def test_a_listing_is_of_one_instant() -> None:
    store = MemoryStore(page_size=1)
    put(store, "a")
    put(store, "b")
    pages = store.scan()
    next(pages)
    store.delete("b")
    put(store, "c")
    assert [entry.key for page in pages for entry in page] == ["b"]


@pytest.mark.parametrize("prefix", ["", "a", "a\U0010ffff", "\U0010ffff", "\ud7ff", "z"])
def test_a_prefix_holds_at_the_edges_of_the_code_points(prefix: str) -> None:
    store = MemoryStore()
    last = "\U0010ffff"
    held = ["a", f"a{last}", f"a{last}{last}", "b", "\ud7ff", "\ue000", last]
    for key in held:
        put(store, key)
    assert names(store, prefix) == [key for key in held if key.startswith(prefix)]


def test_a_flat_store_holds_nearly_every_hostile_name() -> None:
    store = MemoryStore()
    hostile = ["..", "../x", "/a", "C:/x", "a", "a/", "a//b", "a/../b", "a\\b", "nul\x00"]
    for key in hostile:
        put(store, key)
    assert names(store) == sorted(hostile)


@pytest.mark.parametrize("key", ["", "half\ud800"])
def test_no_store_holds_what_is_no_name(key: str) -> None:
    with pytest.raises(InvalidKey):
        put(MemoryStore(), key)


def test_limits_on_keys_are_honoured() -> None:
    traits = Traits(max_key_bytes=10, max_name_bytes=5, forbidden=":")
    for key in ("12345678901", "123456", "a:b", "\u00e9\u00e9\u00e9"):
        with pytest.raises(InvalidKey):
            put(MemoryStore(traits=traits), key)
    put(MemoryStore(traits=traits), "12345/1234")


def test_a_tree_refuses_a_file_in_the_place_of_a_folder() -> None:
    store = MemoryStore(traits=Traits(flat=False))
    put(store, "a/b/c")
    for key in ("a", "a/b", "a/b/c/d", "../x"):
        with pytest.raises(InvalidKey):
            put(store, key)
    entry = store.stat("a/b/c")
    with pytest.raises(InvalidKey):
        store.move("a/b/c", "a/b/c/d", source_version=entry.version)
    store.delete("a/b/c")
    put(store, "a")
    assert names(store) == ["a"]


def test_folders_of_a_tree_last_as_long_as_what_they_hold() -> None:
    store = MemoryStore(traits=Traits(flat=False))
    put(store, "a/b")
    put(store, "a/b")
    put(store, "a/c")
    store.delete("a/b")
    with pytest.raises(InvalidKey):
        put(store, "a")
    store.delete("a/c")
    put(store, "a")


def test_where_case_folds_the_first_spelling_is_listed() -> None:
    store = MemoryStore(traits=Traits(folds_case=True))
    old = put(store, "Photo.JPG", b"old")
    new = put(store, "photo.jpg", b"newer")
    assert (old.key, new.key) == ("Photo.JPG", "photo.jpg")
    assert names(store) == ["Photo.JPG"]
    assert store.stat("PHOTO.jpg").key == "PHOTO.jpg"
    assert store.stat("PHOTO.jpg").size == 5
    with pytest.raises(VersionMismatch):
        store.write_if("PHOTO.JPG", BytesBody(data=b""), expect=ABSENT)
    store.delete("PHOTO.JPG")
    assert names(store) == []


def test_where_form_folds_two_spellings_are_one_name() -> None:
    store = MemoryStore(traits=Traits(folds_form=True, flat=False))
    put(store, "cafe\u0301/menu")
    put(store, "caf\u00e9/menu")
    assert names(store) == ["cafe\u0301/menu"]
    with pytest.raises(InvalidKey):
        put(store, "caf\u00e9")


def test_a_name_can_be_respelled_where_it_folds() -> None:
    store = MemoryStore(traits=Traits(folds_case=True))
    entry = put(store, "readme")
    moved = store.move("readme", "README", source_version=entry.version)
    assert names(store) == [moved.key] == ["README"]
    with pytest.raises(VersionMismatch):
        store.move("README", "README", source_version=moved.version)
    assert names(store) == ["README"]


def test_what_the_traits_do_not_keep_is_not_kept() -> None:
    store = MemoryStore(traits=Traits())
    body = BytesBody(data=b"x", mtime_ns=5, content_type="text/plain", metadata={"a": "b"})
    store.write("a", body)
    stored = store.stored("a")
    assert (stored.entry.mtime_ns, stored.content_type, stored.metadata) == (None, None, {})


def test_an_ability_that_is_lacking_refuses_to_work() -> None:
    beginning = {"BeginsReads", "BeginsWrites"}
    lacks = frozenset({"CopiesInside", "CopiesConditionally", "Identifies", *beginning})
    store = MemoryStore(traits=Traits(lacks=lacks))
    entry = put(store, "a")
    for kind in (CopiesInside, CopiesConditionally, Identifies, BeginsReads, BeginsWrites):
        assert ability(store, kind) is None
    with pytest.raises(StorageError, match="CopiesInside"):
        store.copy("a", "b", source_version=entry.version)
    with pytest.raises(StorageError, match="CopiesConditionally"):
        store.copy_if("a", "b", source_version=entry.version, expect=ABSENT)
    with pytest.raises(StorageError):
        store.identity()
    with pytest.raises(StorageError, match="BeginsWrites"):
        store.begin_write("b", BytesBody(data=b"x"), expect=ABSENT).end()
    with pytest.raises(StorageError, match="BeginsReads"):
        store.begin_read("a").end()
    assert names(store) == ["a"]


def test_no_condition_is_pretended_beyond_the_limit() -> None:
    store = MemoryStore(traits=Traits(conditional_write_limit=4))
    store.write_if("a", BytesBody(data=b"1234"), expect=ABSENT)
    with pytest.raises(StorageError):
        store.write_if("b", BytesBody(data=b"12345"), expect=ABSENT)
    with pytest.raises(StorageError):
        store.begin_write("b", BytesBody(data=b"12345"), expect=ABSENT).end()
    assert names(store) == ["a"]


def test_no_write_is_begun_where_none_has_a_condition() -> None:
    store = MemoryStore(traits=Traits(lacks=frozenset({"WritesConditionally"})))
    assert ability(store, BeginsWrites) is None
    assert ability(store, BeginsReads) is store


def test_what_is_begun_has_happened_before_anybody_hears_of_it() -> None:
    store = MemoryStore()
    first = store.begin_write("a", BytesBody(data=b"first"), expect=ABSENT)
    assert store.contents() == {"a": b"first"}
    late = store.begin_write("a", BytesBody(data=b"late"), expect=ABSENT)
    seen = store.begin_read("a", version="1")
    put(store, "a", b"second")
    store.begin_write("b", BytesBody(data=b"nobody waits for it"), expect=ABSENT).close()
    assert first.end().version == "1"
    with pytest.raises(VersionMismatch):
        late.end()
    assert seen.end().read() == b"first"
    assert store.contents() == {"a": b"second", "b": b"nobody waits for it"}


def test_to_end_what_was_ended_or_closed_is_a_mistake_of_the_caller() -> None:
    store = MemoryStore()
    put(store, "a")
    ended, closed, refused = (store.begin_read(key) for key in ("a", "a", "none"))
    ended.end()
    closed.close()
    with pytest.raises(NotFound):
        refused.end()
    for begun in (ended, closed, refused):
        begun.close()
        with pytest.raises(RuntimeError, match="before"):
            begun.end()


def test_a_hopeless_write_never_opens_its_body() -> None:
    store = MemoryStore()
    put(store, "a")
    body = OddBody(b"bytes")
    with pytest.raises(VersionMismatch):
        store.write_if("a", body, expect=ABSENT)
    with pytest.raises(InvalidKey):
        store.write("", body)
    assert body.opened == 0


def test_a_condition_is_asked_again_when_the_bytes_are_there() -> None:
    store = MemoryStore()

    class Meddling(OddBody):
        def open(self) -> Source:
            put(store, "a", b"theirs")
            return super().open()

    with pytest.raises(VersionMismatch):
        store.write_if("a", Meddling(b"ours"), expect=ABSENT)
    assert store.contents() == {"a": b"theirs"}


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "sha1", "blake2b"])
def test_every_promised_digest_is_compared(algorithm: str) -> None:
    wrong = hashlib.new(algorithm, b"other").hexdigest()
    right = hashlib.new(algorithm, b"bytes").hexdigest()
    store = MemoryStore(lists=())
    with pytest.raises(Corrupted):
        store.write("a", BytesBody(data=b"bytes", digests={algorithm: wrong}))
    store.write("a", BytesBody(data=b"bytes", digests={algorithm: right.upper()}))
    assert store.digest("a", algorithm) == right


def test_contents_and_stored_show_what_is_inside() -> None:
    store = MemoryStore()
    store.write("a", BytesBody(data=b"x", content_type="text/plain", metadata={"a": "b"}))
    put(store, "b", b"")
    assert store.contents() == {"a": b"x", "b": b""}
    assert (store.stored("a").content_type, store.stored("a").metadata) == (
        "text/plain",
        {"a": "b"},
    )
    with pytest.raises(NotFound):
        store.stored("c")


def test_an_address_names_its_store_and_its_end() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    store = MemoryStore(name="my bucket", clock=lambda: noon)
    assert store.url("a b/c#d") == "memory://my%20bucket/a%20b/c%23d"
    assert store.url("a", expires=timedelta(hours=1)).endswith("/a?expires=20240501T130000Z")


def test_the_clock_says_when_something_changed() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    store = MemoryStore(clock=lambda: noon)
    assert put(store, "a").changed == store.stat("a").changed == first(store).changed == noon


def test_a_range_that_is_none_is_a_mistake_of_the_caller() -> None:
    store = MemoryStore()
    put(store, "a")
    for start, length in ((-1, 3), (0, -1)):
        with pytest.raises(ValueError, match="no range"):
            store.read_range("a", start, length)


def test_two_stores_are_two_buckets() -> None:
    one, other = MemoryStore(), MemoryStore()
    assert one.identity() is None
    assert one.identity(create=True) != other.identity(create=True)
    assert isinstance(one, Storage)
    assert repr(one) == "MemoryStore('memory')"
