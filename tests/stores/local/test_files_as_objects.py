"""The contract of a storage, as plain files keep it."""

import errno
import os
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from buckia import digests
from buckia.body import BytesBody, FileBody, WatchedBody
from buckia.errors import (
    AccessDenied,
    Corrupted,
    InvalidKey,
    NotFound,
    StorageError,
    Unavailable,
    VersionMismatch,
)
from buckia.protocols import (
    ABSENT,
    Body,
    CopiesConditionally,
    CopiesInside,
    DeletesConditionally,
    Digests,
    Identifies,
    MovesInside,
    ReadsRanges,
    Retires,
    Stages,
    Storage,
    Surveys,
    Sweeps,
    WritesConditionally,
    ability,
)
from buckia.stores.local import LocalEntry, LocalStore
from buckia.stores.local.faults import faults

Put = Callable[..., LocalEntry]
OLD = 1_600_000_000_123_456_789


def keys_of(store: LocalStore) -> list[str]:
    return [entry.key for page in store.scan() for entry in page]


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_has_every_ability_that_a_folder_can_have(store: LocalStore) -> None:
    checked: Storage = store
    for kind in (
        ReadsRanges,
        WritesConditionally,
        DeletesConditionally,
        MovesInside,
        CopiesInside,
        CopiesConditionally,
        Digests,
        Surveys,
        Stages,
        Retires,
        Sweeps,
        Identifies,
    ):
        assert ability(checked, kind) is store


def test_abilities_that_it_is_told_to_lack_are_not_offered(root: Path) -> None:
    store = LocalStore(root, tag="me", lacks=frozenset({"Surveys"}))
    assert ability(store, Surveys) is None
    assert ability(store, Sweeps) is store


def test_making_a_store_touches_nothing_and_a_missing_root_is_not_found(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    store = LocalStore(missing, tag="me", missing_hint="mkdir it")
    body = BytesBody(data=b"x")
    attempts: list[Callable[[], object]] = [
        lambda: list(store.scan()),
        lambda: list(store.scan("a/")),
        lambda: list(store.survey()),
        lambda: store.stat("a"),
        lambda: store.read("a"),
        lambda: store.read_range("a", 0, 1),
        lambda: store.digest("a", "sha256"),
        lambda: store.write("a", body),
        lambda: store.write("deep/er/a", body),
        lambda: store.write_if("a", body, expect=ABSENT),
        lambda: store.stage("a", body),
        lambda: store.delete("a"),
        lambda: store.delete_if("a", expect="1.2.3.4"),
        lambda: store.move("a", "b", source_version="1.2.3.4"),
        lambda: store.copy("a", "b", source_version="1.2.3.4"),
        lambda: store.copy_if("a", "b", source_version="1.2.3.4", expect=ABSENT),
        lambda: store.retire("a", expect="1.2.3.4", slot=tmp_path / "slot"),
        lambda: store.identity(create=True),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound) as caught:
            attempt()
        assert caught.value.key == ""
        assert str(missing) in caught.value.message
        assert caught.value.hint == "mkdir it"
    assert store.traits.flat is False
    store.close()
    assert not missing.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_is_a_file_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "root").write_bytes(b"")
    with pytest.raises(NotFound, match="is no folder"):
        LocalStore(tmp_path / "root", tag="me").stat("a")


def test_what_was_written_is_read_and_listed_and_durable_under_its_name(
    store: LocalStore, root: Path, abilities: str
) -> None:
    body = BytesBody(data=b"bytes", mtime_ns=OLD)
    entry = store.write("folder/file.txt", body)
    assert (root / "folder/file.txt").read_bytes() == b"bytes"
    assert (root / "folder/file.txt").stat().st_mtime_ns == OLD
    assert (entry.key, entry.size, entry.mtime_ns) == ("folder/file.txt", 5, OLD)
    assert entry.changed is not None
    assert entry.changed.year == 2020
    assert entry.digests == entry.hints == {}
    assert store.stat("folder/file.txt").version.partition("~")[0] == entry.version
    with store.read("folder/file.txt", version=entry.version) as reading:
        assert reading.entry.size == 5
        assert list(reading) == [b"bytes"]
    assert keys_of(store) == ["folder/file.txt"]
    assert [path.name for path in (root / "folder").iterdir()] == ["file.txt"]


def test_a_large_body_comes_back_whole_in_pieces(store: LocalStore) -> None:
    data = os.urandom(3 * 1024 * 1024 + 17)
    entry = store.write("large", BytesBody(data=data))
    with store.read("large") as reading:
        pieces = list(reading)
    assert len(pieces) > 1
    assert b"".join(pieces) == data
    with store.read("large") as reading:
        assert reading.read(10) + reading.read() == data
        assert reading.read(10) == b""
    assert store.digest("large", "md5", version=entry.version) == digests.of(data, "md5")


def test_an_empty_file_is_an_object(store: LocalStore) -> None:
    entry = store.write("empty", BytesBody(data=b""))
    assert entry.size == 0
    assert store.read("empty").read() == b""
    assert store.digest("empty", "sha256") == digests.of(b"", "sha256")


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 3, b"012"), (3, 3, b"345"), (8, 9, b"89"), (10, 1, b""), (99, 5, b""), (4, 0, b"")],
)
def test_a_range_ends_where_the_object_ends(
    store: LocalStore, start: int, length: int, expected: bytes
) -> None:
    entry = store.write("digits", BytesBody(data=b"0123456789"))
    with store.read_range("digits", start, length, version=entry.version) as reading:
        assert reading.entry.size == 10
        assert reading.read() == expected


def test_a_negative_range_is_a_mistake_of_the_caller(store: LocalStore) -> None:
    store.write("digits", BytesBody(data=b"0123456789"))
    with pytest.raises(ValueError, match="no range"):
        store.read_range("digits", -1, 2)


def test_a_pinned_read_gives_that_version_or_none(store: LocalStore, put: Put) -> None:
    entry = put("a", b"one")
    put("a", b"two")
    for read in (store.read, lambda key, version: store.read_range(key, 0, 1, version=version)):
        with pytest.raises(VersionMismatch):
            read("a", version=entry.version)
    with pytest.raises(VersionMismatch):
        store.read("a", version="nonsense")


def test_a_file_that_changes_while_it_is_read_is_an_error_before_its_last_bytes(
    store: LocalStore, root: Path, put: Put
) -> None:
    put("a", b"x" * 600_000)
    got = 0
    with store.read("a") as reading, pytest.raises(VersionMismatch, match="while it was read"):
        chunks = iter(reading)
        got += len(next(chunks))
        with (root / "a").open("r+b") as file:
            file.write(b"y")
        for chunk in chunks:
            got += len(chunk)
    assert got < 600_000


def test_a_file_that_shrinks_while_it_is_read_is_an_error(
    store: LocalStore, root: Path, put: Put
) -> None:
    put("a", b"x" * 600_000)
    with store.read("a") as reading, pytest.raises(VersionMismatch, match="while it was read"):
        reading.read(1000)
        os.truncate(root / "a", 1000)
        reading.read()


def test_a_fresh_file_that_is_replaced_while_it_is_read_is_read_whole(
    store: LocalStore, root: Path
) -> None:
    old = os.urandom(600_000)
    store.write("a", BytesBody(data=old))
    with store.read("a") as reading:
        head = reading.read(1000)
        store.write("a", BytesBody(data=b"new"))
        assert head + reading.read() == old
    with store.read("a") as reading, pytest.raises(VersionMismatch):
        with (root / "a").open("r+b") as file:
            file.write(b"N")
        reading.read()


def test_listings_of_many_threads_do_not_disturb_each_other(store: LocalStore) -> None:
    expected = [f"f{number:03}" for number in range(300)]
    for key in expected:
        store.write(key, BytesBody(data=b""))
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(keys_of(store))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_an_algorithm_that_nobody_knows_is_refused(store: LocalStore) -> None:
    store.write("a", BytesBody(data=b""))
    with pytest.raises(StorageError, match="only sha256, md5") as caught:
        store.digest("a", "crc7")
    assert caught.value.key == "a"


@pytest.mark.usefixtures("proc")
def test_closing_a_reading_may_be_repeated_and_leaves_no_handle(store: LocalStore) -> None:
    store.write("a", BytesBody(data=b"x" * 1000))
    before = open_handles()
    for _ in range(5):
        reading = store.read("a")
        reading.read(1)
        reading.close()
        reading.close()
    iterator = store.scan()
    next(iterator)
    iterator.close()  # type: ignore[attr-defined]  # a generator, which Iterator does not say
    assert open_handles() == before


@pytest.mark.usefixtures("proc")
def test_closing_a_store_may_be_repeated_and_releases_the_root(root: Path) -> None:
    before = open_handles()
    store = LocalStore(root, tag="me")
    store.write("a/b", BytesBody(data=b""))
    assert open_handles() == before + 2, "the root, and the folder that was last in use"
    store.close()
    store.close()
    assert open_handles() == before


@pytest.mark.parametrize("key", ["missing", "no/such/folder", "file/below", "folder", "link"])
def test_what_is_no_file_is_not_found_and_deleting_it_is_fine(
    store: LocalStore, root: Path, key: str
) -> None:
    store.write("file", BytesBody(data=b"1"))
    store.write("folder/inside", BytesBody(data=b"2"))
    (root / "link").symlink_to("file")
    for attempt in (store.stat, store.read, lambda key: store.digest(key, "sha256")):
        with pytest.raises(NotFound) as caught:
            attempt(key)
        assert caught.value.key == key
    store.delete(key)
    store.delete_if(key, expect="1.2.3.4")
    with pytest.raises(NotFound):
        store.move(key, "elsewhere", source_version="1.2.3.4")
    assert (root / "link").is_symlink()
    assert keys_of(store) == ["file", "folder/inside"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "a/../b",
        "/a",
        "a//b",
        "a/",
        ".",
        "a\\b",
        "C:x",
        "nul\0",
        "\udce9",
        ".buckia",
        ".buckia.state/x",
        "a/.buckia-tmp-1",
    ],
)
def test_keys_that_nobody_may_act_upon_are_refused_everywhere(
    store: LocalStore, root: Path, trash: Path, key: str
) -> None:
    body = BytesBody(data=b"x")
    entry = store.write("fine", body)
    attempts: list[Callable[[], object]] = [
        lambda: store.stat(key),
        lambda: store.read(key),
        lambda: store.read_range(key, 0, 1),
        lambda: store.digest(key, "md5"),
        lambda: store.write(key, body),
        lambda: store.write_if(key, body, expect=ABSENT),
        lambda: store.stage(key, body),
        lambda: store.delete(key),
        lambda: store.delete_if(key, expect="x"),
        lambda: store.retire(key, expect="x", slot=trash / "slot"),
        lambda: store.move(key, "other", source_version="x"),
        lambda: store.move("fine", key, source_version=entry.version),
        lambda: store.copy(key, "other", source_version="x"),
        lambda: store.copy("fine", key, source_version=entry.version),
        lambda: store.copy_if(key, "other", source_version="x", expect=ABSENT),
        lambda: store.copy_if("fine", key, source_version=entry.version, expect=ABSENT),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidKey) as caught:
            attempt()
        assert caught.value.key == key
    assert [path.name for path in root.rglob("*")] == ["fine"]


def test_a_name_too_long_for_the_file_system_is_an_invalid_key(store: LocalStore) -> None:
    with pytest.raises(InvalidKey, match="too long"):
        store.write("x" * 256, BytesBody(data=b""))
    assert store.write("x" * 255, BytesBody(data=b"")).key == "x" * 255
    entry = store.stat("x" * 255)
    replaced = store.write_if("x" * 255, BytesBody(data=b"2"), expect=entry.version)
    store.delete_if("x" * 255, expect=replaced.version)
    assert keys_of(store) == []


def test_a_key_may_be_far_longer_than_a_path(store: LocalStore) -> None:
    key = "/".join(["d" * 200] * 40)
    store.write(key, BytesBody(data=b"deep"))
    assert keys_of(store) == [key]
    assert store.read(key).read() == b"deep"
    store.delete(key)
    assert keys_of(store) == []


def test_a_file_is_not_written_where_a_folder_is_nor_below_a_file(
    store: LocalStore, root: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    store.write("folder/file", BytesBody(data=b"1"))
    before = tree(root)
    for expect in (None, ABSENT, "1.2.3.4"):
        for key, says in (("folder", "a folder of that name"), ("folder/file/x", "no folder")):
            with pytest.raises(InvalidKey, match=says):
                if expect is None:
                    store.write(key, BytesBody(data=b"2"))
                else:
                    store.write_if(key, BytesBody(data=b"2"), expect=expect)
    assert tree(root) == before


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.symlink_to("file"), "a symbolic link"),
        (os.mkfifo, "a named pipe"),
    ],
)
def test_a_write_does_not_replace_what_is_no_file(
    store: LocalStore, root: Path, make: Callable[[Path], None], says: str
) -> None:
    make(root / "special")
    with pytest.raises(InvalidKey, match=says):
        store.write("special", BytesBody(data=b"2"))
    with pytest.raises(NotFound):
        store.read("special")
    assert not (root / "special").is_file()


@pytest.mark.parametrize(
    ("size", "known", "says"),
    [
        (4, {}, "more bytes came than were announced"),
        (6, {}, "ended 1 short of what was announced"),
        (5, {"sha256": "0" * 64}, "not those of the digest that was announced"),
        (5, {"sha256": digests.of(b"bytes", "sha256"), "md5": "0" * 32}, "not those"),
        (5, {"sha1": digests.of(b"bytes", "sha1"), "blake2b": "0"}, "not those"),
    ],
)
@pytest.mark.parametrize(
    "around",
    [lambda body: body, WatchedBody, partial(WatchedBody, is_proven=True)],
    ids=["plain", "watched", "counted"],
)
def test_a_body_that_is_not_what_it_promises_leaves_everything_as_it_was(
    store: LocalStore,
    root: Path,
    tmp_path: Path,
    tree: Callable[[Path], dict[str, bytes]],
    around: Callable[[Body], Body],
    size: int,
    known: dict[str, str],
    says: str,
) -> None:
    store.write("old", BytesBody(data=b"old"))
    before = tree(root)
    (tmp_path / "source").write_bytes(b"bytes")
    lying = around(FileBody(path=tmp_path / "source", size=size, digests=known))
    for key in ("old", "new", "new/folders/new"):
        with pytest.raises(Corrupted, match=says) as caught:
            store.write(key, lying)
        assert caught.value.key == key
    assert tree(root) == before
    assert [path.name for path in root.iterdir()] == ["old"]


def test_what_is_computed_of_a_body_on_its_way_is_computed_once(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An MD5 takes as long as all else that is done with the bytes of a large file."""
    made: list[str] = []
    new = digests.new

    def noted(algorithm: str) -> digests.Hash:
        made.append(algorithm)
        return new(algorithm)

    monkeypatch.setattr(digests, "new", noted)
    known = {"md5": digests.of(b"bytes", "md5")}
    made.clear()
    store.write("a", WatchedBody(BytesBody(data=b"bytes", digests=known), algorithms=["sha256"]))
    assert sorted(made) == ["md5", "sha256"]


def test_digests_that_are_right_or_cannot_be_computed_here_pass(store: LocalStore) -> None:
    data = b"bytes"
    known = {name: digests.of(data, name).upper() for name in digests.ALGORITHMS}
    entry = store.write("a", BytesBody(data=data, digests={**known, "crc64nvme": "whatever"}))
    assert entry.size == 5


def test_a_source_that_fails_half_way_leaves_nothing(store: LocalStore, root: Path) -> None:
    class Broken:
        def read(self, _size: int = -1, /) -> bytes:
            raise OSError(errno.EIO, "the cable")

        def close(self) -> None:
            closed.append(True)

    class Body(BytesBody, frozen=True, kw_only=True):
        def open(self) -> Broken:
            return Broken()

    closed: list[bool] = []
    with pytest.raises(Unavailable):
        store.write("a/b/c", Body(data=b"12345"))
    assert closed == [True]
    assert list(root.iterdir()) == []


def test_a_replaced_file_keeps_its_mode_and_a_new_one_gets_the_usual(
    store: LocalStore, root: Path
) -> None:
    umask = os.umask(0o027)
    os.umask(umask)
    store.write("new", BytesBody(data=b"1"))
    assert (root / "new").stat().st_mode & 0o777 == 0o666 & ~umask
    (root / "new").chmod(0o4751)
    entry = store.write_if("new", BytesBody(data=b"2"), expect=store.stat("new").version)
    assert (root / "new").stat().st_mode & 0o7777 == 0o751
    (root / "new").chmod(0o440)
    store.write("new", BytesBody(data=b"3"))
    assert (root / "new").stat().st_mode & 0o7777 == 0o440
    assert entry.size == 1


@pytest.mark.parametrize("mtime", [-1, 0, -(10**18), 10**30, -(10**30), 4_102_444_800 * 10**9])
def test_any_time_in_a_strangers_metadata_can_be_written(store: LocalStore, mtime: int) -> None:
    entry = store.write("a", BytesBody(data=b"x", mtime_ns=mtime))
    assert store.stat("a").mtime_ns == entry.mtime_ns
    assert entry.changed is None or entry.changed.year > 0
    store.delete_if("a", expect=entry.version)
    assert keys_of(store) == []


def test_a_write_if_absent_never_clobbers(store: LocalStore, root: Path, abilities: str) -> None:
    store.write_if("a", BytesBody(data=b"1"), expect=ABSENT)
    with pytest.raises(VersionMismatch):
        store.write_if("a", BytesBody(data=b"2"), expect=ABSENT)
    assert (root / "a").read_bytes() == b"1"
    assert [path.name for path in root.iterdir()] == ["a"]


def test_conditions_on_a_missing_file_or_a_nonsensical_version_fail(
    store: LocalStore, root: Path
) -> None:
    with pytest.raises(VersionMismatch):
        store.write_if("gone/too", BytesBody(data=b"1"), expect="1.2.3.4")
    assert list(root.iterdir()) == []
    store.write("a", BytesBody(data=b"1"))
    for version in ("nonsense", "", "~", "1.2.3.4", "1.2.3"):
        with pytest.raises(VersionMismatch):
            store.write_if("a", BytesBody(data=b"2"), expect=version)
        with pytest.raises(VersionMismatch):
            store.delete_if("a", expect=version)
    assert store.read("a").read() == b"1"


@pytest.mark.parametrize("expect", ["absent", "a version"])
def test_of_eight_racing_conditional_writers_one_wins(
    store: LocalStore, root: Path, abilities: str, expect: str
) -> None:
    for round_ in range(10):
        key = f"file{round_}"
        expected = (
            ABSENT if expect == "absent" else store.write(key, BytesBody(data=b"first")).version
        )
        won: list[bytes] = []
        lost: list[bytes] = []
        start = threading.Barrier(8)

        def race(
            data: bytes, key: str = key, expected: object = expected,
            won: list[bytes] = won, lost: list[bytes] = lost, start: threading.Barrier = start,
        ) -> None:  # fmt: skip
            start.wait()
            try:
                store.write_if(key, BytesBody(data=data), expect=expected)  # type: ignore[arg-type]
            except VersionMismatch:
                lost.append(data)
            else:
                won.append(data)

        threads = [threading.Thread(target=race, args=(b"w%d" % n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert len(lost) == 7
        assert (root / key).read_bytes() == won[0]
    assert len(list(root.iterdir())) == 10


def test_two_stores_on_one_folder_race_fairly_too(root: Path, probe: Path) -> None:
    one, two = (LocalStore(root, tag=tag, probe=probe) for tag in ("one", "two"))
    for round_ in range(20):
        entry = one.write("a", BytesBody(data=b"first"))
        two.stat("a")
        outcome: list[str] = []

        def race(
            store: LocalStore, version: str = entry.version, outcome: list[str] = outcome
        ) -> None:
            try:
                store.write_if("a", BytesBody(data=b"next"), expect=version)
            except VersionMismatch:
                outcome.append("lost")
            else:
                outcome.append("won")

        threads = [threading.Thread(target=race, args=(store,)) for store in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcome) == ["lost", "won"], round_


def test_threads_that_make_and_empty_the_same_folders_do_not_disturb_each_other(
    store: LocalStore, root: Path
) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for _ in range(60):
                entry = store.write(f"shared/deep/{name}", BytesBody(data=name.encode()))
                moved = store.move(entry.key, f"other/deep/{name}", source_version=entry.version)
                store.delete_if(moved.key, expect=moved.version)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(root.iterdir()) == []


def test_a_folder_keeps_an_identity_that_the_first_one_gave(root: Path, tmp_path: Path) -> None:
    one, two = LocalStore(root, tag="one"), LocalStore(root, tag="two")
    assert one.identity() is None
    given: list[str | None] = []
    threads = [
        threading.Thread(target=lambda s=store: given.append(s.identity(create=True)))
        for store in (one, two) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 1
    assert given[0] is not None
    assert len(given[0]) == 32
    assert one.identity() == two.identity() == given[0]
    assert list(one.scan()) == []
    (tmp_path / "other").mkdir()
    assert LocalStore(tmp_path / "other", tag="x").identity(create=True) != given[0]
    (root / ".buckia-bucket").write_bytes(b"")
    with pytest.raises(Corrupted, match="name of this folder"):
        one.identity(create=True)


def test_a_full_disk_says_so_and_is_not_tried_again(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("old", BytesBody(data=b"old"))
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) > 100:
            return write(handle, data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for key in ("old", "new/file"):
        with pytest.raises(StorageError, match="disk is full") as caught:
            store.write(key, BytesBody(data=b"x" * 450))
        assert type(caught.value) is StorageError
        assert caught.value.hint
    assert [path.name for path in root.rglob("*")] == ["old"]


def test_a_real_full_disk_leaves_no_trace(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        (mount / "root").mkdir()
        store = LocalStore(mount / "root", tag="me")
        store.write("kept", BytesBody(data=b"k" * 1000))
        with pytest.raises(StorageError, match="disk is full"):
            store.write("a/large", BytesBody(data=b"x" * 1_000_000))
        assert store.read("kept").read() == b"k" * 1000
        assert [path.name for path in (mount / "root").rglob("*")] == ["kept"]
        store.close()
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, NotFound),
        (errno.EACCES, AccessDenied),
        (errno.EPERM, AccessDenied),
        (errno.EROFS, AccessDenied),
        (errno.ENAMETOOLONG, InvalidKey),
        (errno.EIO, Unavailable),
        (errno.ESTALE, Unavailable),
        (errno.ETIMEDOUT, Unavailable),
        (errno.EMFILE, Unavailable),
        (errno.ENFILE, Unavailable),
        (errno.ENOSPC, StorageError),
        (errno.EDQUOT, StorageError),
        (errno.EXDEV, StorageError),
    ],
)
def test_the_systems_errors_become_ours(number: int, kind: type[StorageError]) -> None:
    with pytest.raises(StorageError) as caught, faults("the/key"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is kind
    assert caught.value.key == "the/key"
    assert "the/key" in caught.value.message


def test_a_tag_of_anything_but_letters_and_digits_is_refused(root: Path) -> None:
    for tag in ("", "a-b", "a_b", "../x", "é"):
        with pytest.raises(ValueError, match="tag"):
            LocalStore(root, tag=tag)


def test_traits_tell_what_the_folder_does(store: LocalStore, root: Path) -> None:
    traits = store.traits
    assert (traits.flat, traits.keeps_mtime, traits.digests) == (False, True, frozenset())
    assert traits.max_name_bytes == 255
    (root / "probe").mkdir()
    assert traits.folds_case == (root / "PROBE").exists()
    assert list((root.parent / "state").iterdir()) == []
