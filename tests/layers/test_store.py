"""The store of a tree by itself: which layer answers, and that only the last is ever written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import (
    AccessDenied,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    VersionMismatch,
)
from buckia.layers import is_lent, is_own, layer_of, marked, unmarked
from buckia.model import Traits
from buckia.protocols import (
    ABSENT,
    BeginsWrites,
    CopiesConditionally,
    DeletesMany,
    Entry,
    Outlines,
    ReadsRanges,
    Surveys,
    Sweeps,
    WritesConditionally,
    ability,
)
from buckia.stores.layered import LayeredStore
from buckia.stores.local.store import LocalStore
from buckia.stores.memory import MemoryStore
from buckia.testing.faults import Faulty

PREFIX = "app/"
LAYERS = ("default", "team-7", "me")
CHANGES = {"write", "write_if", "delete", "delete_if", "copy", "copy_if", "move", "sweep"}
LOWER = {
    "app/default/a": b"default a",
    "app/default/b": b"default b",
    "app/team-7/b": b"team b",
    "app/team-7/c": b"team c",
}
AROUND = {
    "a": b"around",
    "app/a": b"around",
    "app/me2/a": b"around",
    "app/mea": b"around",
    "me/a": b"around",
}


@pytest.fixture
def bucket() -> Faulty:
    store = MemoryStore(page_size=2)
    for key, data in {**LOWER, **AROUND, "app/me/c": b"my c"}.items():
        store.write(key, BytesBody(data=data))
    return Faulty(store)


@pytest.fixture
def tree(bucket: Faulty) -> Iterator[LayeredStore]:
    yield LayeredStore(bucket, PREFIX, LAYERS)
    changed = [key for call in bucket.calls if call.operation in CHANGES for key in call.keys[-1:]]
    assert [key for key in changed if not key.startswith("app/me/")] == []
    store = bucket.store
    assert isinstance(store, MemoryStore)
    left = store.contents()
    assert {key: data for key, data in left.items() if not key.startswith("app/me/")} == {
        **LOWER,
        **AROUND,
    }


def body(data: bytes) -> BytesBody:
    return BytesBody(data=data)


def content(tree: LayeredStore, key: str, version: str | None = None) -> bytes:
    with tree.read(key, version=version) as reading:
        return b"".join(reading)


def test_the_listing_shows_the_nearest_of_each_key_and_asks_for_nothing_else(
    tree: LayeredStore, bucket: Faulty
) -> None:
    found = [entry for page in tree.scan("app/") for entry in page]
    assert [(one.key, layer_of(one.version), is_lent(one.version)) for one in found] == [
        ("app/a", "default", True),
        ("app/b", "team-7", True),
        ("app/c", "me", False),
    ]
    assert bucket.called("scan") == ["app/me/", "app/team-7/", "app/default/"]
    assert [
        entry.key for page in tree.scan_between("app/", "app/a", "app/b") for entry in page
    ] == ["app/b"]


def test_a_marker_of_a_layers_folder_is_no_key(bucket: Faulty) -> None:
    for key in ("me/", "team-7/", "team-7/x/", "team-7/x/a"):
        bucket.store.write(key, body(b""))
    tree = LayeredStore(bucket, "", LAYERS)
    assert [entry.key for page in tree.scan() for entry in page] == ["a", "x/", "x/a"]


def test_a_listing_of_what_nobody_asked_for_is_not_believed() -> None:
    class Loose(MemoryStore):
        def scan(self, prefix: str = "") -> Iterator[Sequence[Entry]]:
            return super().scan(prefix.rstrip("/"))

    store = Loose()
    for key in ("me/a", "mean/b"):
        store.write(key, body(b""))
    with pytest.raises(Corrupted, match="the listing of me/ holds keys that are not below it"):
        list(LayeredStore(store, "", LAYERS).scan())


def test_objects_are_the_nearest_unless_a_version_says_which(tree: LayeredStore) -> None:
    assert content(tree, "app/b") == b"team b"
    entry = tree.stat("app/b")
    tree.write_if("app/b", body(b"my b"), expect=entry.version)
    assert content(tree, "app/b") == b"my b"
    assert content(tree, "app/b", entry.version) == b"team b"
    assert tree.digest("app/b", "sha256", version=entry.version) == entry.digests["sha256"]
    assert tree.digest("app/b", "sha256") != entry.digests["sha256"]
    with tree.read_range("app/b", 1, 2, version=entry.version) as reading:
        assert reading.read() == b"ea"
        assert reading.entry.version == entry.version
    assert tree.url("app/b").endswith("app/me/b")
    assert tree.url("app/a").endswith("app/default/a")
    assert tree.url("app/new").endswith("app/me/new")


def test_a_key_that_changes_its_layer_changes_its_version(tree: LayeredStore) -> None:
    before = tree.stat("app/a").version
    made = tree.copy_if("app/a", "app/a", source_version=before, expect=before)
    assert content(tree, "app/a") == b"default a"
    assert made.version == tree.stat("app/a").version != before
    tree.delete_if("app/a", expect=made.version)
    assert tree.stat("app/a").version == before


def test_what_a_lower_layer_gives_is_neither_deleted_nor_moved(tree: LayeredStore) -> None:
    version = tree.stat("app/a").version
    deeds: list[Callable[[], object]] = [
        lambda: tree.delete("app/a"),
        lambda: tree.delete_if("app/a", expect=version),
        lambda: tree.move("app/a", "app/z", source_version=version),
    ]
    for deed in deeds:
        with pytest.raises(AccessDenied, match="app/a lies in the layer default") as caught:
            deed()
        assert caught.value.key == "app/a"
        assert caught.value.hint
    tree.delete("app/nothing")


def test_a_write_over_a_lower_version_insists_on_it(tree: LayeredStore, bucket: Faulty) -> None:
    seen = tree.stat("app/b").version
    tree.write("app/b", body(b"my b"))
    with pytest.raises(VersionMismatch):
        tree.write_if("app/b", body(b"another"), expect=seen)
    assert tree.begin_write("app/b", body(b"another"), expect=seen) is None
    with pytest.raises(VersionMismatch):
        tree.copy_if("app/c", "app/b", source_version=tree.stat("app/c").version, expect=seen)
    with pytest.raises(VersionMismatch):
        tree.write_if("app/gone", body(b"another"), expect=seen)
    assert content(tree, "app/b") == b"my b"
    begun = tree.begin_write("app/b", body(b"again"), expect=tree.stat("app/b").version)
    assert begun is not None
    assert begun.end().version == tree.stat("app/b").version
    with pytest.raises(VersionMismatch):
        tree.write_if("app/b", body(b"over nothing"), expect=ABSENT)


def test_a_lower_file_that_is_too_young_for_a_sure_version_is_what_was_seen(
    tmp_path: Path,
) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "team/a").write_bytes(b"team a")
    with closing(LayeredStore(LocalStore(tmp_path, tag="me"), "", ("team", "me"))) as tree:
        seen = tree.stat("a").version
        assert tree.stat("a").version != seen, "or it is sure already"
        tree.write_if("a", body(b"my a"), expect=seen)
        assert content(tree, "a") == b"my a"
    assert (tmp_path / "team/a").read_bytes() == b"team a"


def test_versions_of_layers_that_are_gone_are_versions_that_nothing_has(
    tree: LayeredStore,
) -> None:
    former = marked("team-8", "1", is_own=False)
    with pytest.raises(VersionMismatch):
        content(tree, "app/c", former)
    with pytest.raises(NotFound):
        content(tree, "app/a", former)


def test_a_body_replaces_parts_of_what_is_ones_own_alone(bucket: Faulty) -> None:
    told: list[tuple[str, str] | None] = []

    class Telling(MemoryStore):
        def outline(self, body: object, *, over: tuple[str, str] | None = None) -> None:
            told.append(over)

    store = Telling()
    for key in ("team-7/a", "me/b"):
        store.write(key, body(b"1"))
    tree = LayeredStore(store, "", LAYERS)
    for key in ("a", "b"):
        tree.outline(body(b"2"), over=(key, tree.stat(key).version))
    assert told == [None, ("me/b", store.stat("me/b").version)]


def test_a_sweep_looks_into_the_nearest_layer_alone() -> None:
    told: list[str] = []

    class Sweeping(MemoryStore):
        def sweep(self, prefix: str = "") -> int:
            told.append(prefix)
            return 3

    assert LayeredStore(Sweeping(), PREFIX, LAYERS).sweep(PREFIX) == 3
    assert LayeredStore(Sweeping(), "", LAYERS).sweep() == 3
    assert told == ["app/me/", "me/"]


def test_the_empty_key_is_none(tree: LayeredStore) -> None:
    deeds: list[Callable[[], object]] = [
        lambda: tree.stat("app/"),
        lambda: tree.write("app/", body(b"x")),
        lambda: tree.delete("app/"),
    ]
    for deed in deeds:
        with pytest.raises(InvalidKey):
            deed()


def test_traits_are_those_of_the_bucket_with_room_for_the_layer() -> None:
    lacks = frozenset({"ReadsRanges", "CopiesConditionally"})
    store = MemoryStore(traits=Traits(lacks=lacks, max_key_bytes=100, flat=False))
    tree = LayeredStore(store, PREFIX, LAYERS)
    assert tree.traits is tree.traits
    assert not tree.traits.flat
    # What comes with the prefix is counted by whoever asks, who knows it.
    assert tree.traits.max_key_bytes == 100 - len("me/")
    assert ability(tree, WritesConditionally) is tree
    assert ability(tree, Outlines) is tree
    for kind in (ReadsRanges, CopiesConditionally, Surveys, DeletesMany, Sweeps):
        assert ability(tree, kind) is None, kind
    store.traits = Traits(lacks=lacks | {"BeginsWrites"})
    assert ability(tree, BeginsWrites) is None


def test_what_a_bucket_lacks_is_said_by_name() -> None:
    tree = LayeredStore(MemoryStore(traits=Traits(lacks=frozenset({"Digests"}))), "", LAYERS)
    with pytest.raises(StorageError, match="lacks Digests"):
        tree.digest("a", "sha256")


def test_a_layer_is_bare_without_files(bucket: Faulty) -> None:
    store = bucket.store
    for key in ("empty/.buckia-user", "empty/x/"):
        store.write(key, body(b""))
    tree = LayeredStore(bucket, "", ("none", "empty", "app", "me"))
    assert [tree.is_bare(one) for one in tree.layers] == [True, True, False, False]


@pytest.mark.parametrize("version", ["1", "a/b", "=", "<x", ""])
@pytest.mark.parametrize("own", [False, True])
def test_a_version_tells_its_layer(version: str, own: bool) -> None:
    told = marked("team-7", version, is_own=own)
    assert unmarked(told) == ("team-7", version)
    assert layer_of(told) == "team-7"
    assert (is_own(told), is_lent(told)) == (own, not own)


def test_versions_of_other_stores_are_of_no_layer() -> None:
    for version in ("", "1", "=", "<", "=x", "<x", "12.34.5"):
        assert not is_own(version)
        assert not is_lent(version)
