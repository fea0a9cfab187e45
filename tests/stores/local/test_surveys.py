"""Listings: in key order, complete or named, and bounded in memory."""

import errno
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buckia import keys
from buckia.body import BytesBody
from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable
from buckia.model import Skipped
from buckia.protocols import Entry, Survey
from buckia.stores.local import LocalStore, survey, system
from buckia.stores.local.folders import Folder

NAME = st.one_of(
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=12),
    st.text("aB.-0:\\~\n", min_size=1, max_size=3),
    st.just(".buckia-tmp-me-1"),
)


def listed(store: LocalStore, prefix: str = "") -> list[str]:
    return [entry.key for page in store.scan(prefix) for entry in page]


def seen(store: LocalStore, prefix: str = "") -> list[str]:
    return [entry.key for block in store.survey(prefix) for entry in block.entries]


def skipped(store: LocalStore, prefix: str = "") -> dict[str, str]:
    return {one.path: one.reason for block in store.survey(prefix) for one in block.skipped}


def gaps(store: LocalStore, prefix: str = "") -> list[str]:
    return [gap.key for block in store.survey(prefix) for gap in block.gaps]


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_keys_come_in_code_point_order_with_folders_where_their_slash_puts_them(
    store: LocalStore, root: Path
) -> None:
    names = ["a.b", "a/b.c", "a/b/c", "a0", "a-b", "A", "ä", "z", "\U0001f600", "\uffee"]
    touch(root, *names)
    assert listed(store) == seen(store) == sorted(names)
    assert listed(store)[:4] == ["A", "a-b", "a.b", "a/b.c"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(paths=st.sets(st.lists(NAME, min_size=1, max_size=3).map("/".join), max_size=25))
def test_any_names_are_listed_in_order_or_skipped(tmp_path: Path, paths: set[str]) -> None:
    root = tmp_path / "any"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    made = set()
    for path in sorted(paths):
        parts = path.split("/")
        if any(part.strip("\n") in ("", ".", "..") or len(part.encode()) > 255 for part in parts):
            continue
        try:
            touch(root, path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue
        if (root / path).is_file():
            made.add(path)
    store = LocalStore(root, tag="me")
    sound = {path for path in made if not keys.problem(path) and not keys.is_ours(path)}
    assert seen(store) == sorted(sound)
    assert {entry for entry in listed(store) if not keys.problem(entry)} == sound
    assert listed(store) == sorted(listed(store))
    unsound = {path for path in made - sound if not keys.is_ours(path)}
    held = skipped(store)
    assert all(any(keys.below(path, out) or path == out for out in held) for path in unsound)
    for prefix in ["", *(path[: len(path) // 2] for path in sorted(sound)[:5])]:
        assert seen(store, prefix) == sorted(path for path in sound if path.startswith(prefix))
    store.close()


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("a/b", ["a/b/c", "a/b/d/e", "a/bc"]),
        ("a/b/", ["a/b/c", "a/b/d/e"]),
        ("a/b/d/", ["a/b/d/e"]),
        ("a", ["a/b/c", "a/b/d/e", "a/bc", "a/x", "ab"]),
        ("a/bc", ["a/bc"]),
        ("a/bc/", []),
        ("nothing", []),
        ("no/such/", []),
        ("../", []),
        ("/", []),
        ("a//b", []),
        ("a/./", []),
        (".buckia.state/", []),
        ("a\\b/c", []),
    ],
)
def test_a_prefix_is_the_beginning_of_a_text(
    store: LocalStore, root: Path, prefix: str, expected: list[str]
) -> None:
    touch(root, "a/b/c", "a/b/d/e", "a/bc", "a/x", "ab", "b", ".buckia.state/x")
    assert listed(store, prefix) == seen(store, prefix) == expected
    assert skipped(store, prefix) == {}


@pytest.mark.usefixtures("proc")
def test_a_prefix_reads_only_the_folders_on_its_way(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/b/c/d", "a/x/y", "z/z")
    read: list[str] = []
    scandir = os.scandir

    def counted(where: int) -> object:
        read.append(str(Path(f"/proc/self/fd/{where}").readlink().relative_to(root)))
        return scandir(where)

    monkeypatch.setattr(os, "scandir", counted)
    assert listed(store, "a/b/") == ["a/b/c/d"]
    assert read == ["a/b", "a/b/c"]


def test_blocks_go_across_folders_and_are_never_empty_nor_much_too_large(
    store: LocalStore, root: Path
) -> None:
    touch(root, *(f"d{folder:02}/f{file:02}" for folder in range(60) for file in range(20)))
    touch(root, *(f"wide/f{file:04}" for file in range(1500)))
    blocks = list(store.survey())
    assert [len(block.entries) for block in blocks] == [512] * 5 + [140]
    assert [len(page) for page in store.scan()] == [512] * 5 + [140]
    checked: Survey = blocks[0]
    entry: Entry = checked.entries[0]
    assert entry.key == "d00/f00"


def test_a_hundred_thousand_files_come_in_order(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Names are what order is about: one look serves for all of these files.
    touch(root, "one")
    one = (root / "one").stat()
    real_stat, real_scandir = os.stat, os.scandir
    made = [f"{number * 7919 % 100_003:x}" for number in range(100_000)]

    class Item:
        def __init__(self, name: str) -> None:
            self.name = name

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            return False

    class Listing:
        def __iter__(self) -> Iterator[Item]:
            return map(Item, made)

        def close(self) -> None:
            real_scandir(root).close()

    monkeypatch.setattr(os, "scandir", lambda _where: Listing())
    monkeypatch.setattr(
        os, "stat", lambda path, **how: one if how.get("dir_fd") else real_stat(path, **how)
    )
    tracemalloc.start()
    found = [entry.key for page in store.scan() for entry in page]
    current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == sorted(made)
    assert peak - current < 12_000_000, "the names of the widest folder, and a block"


def test_memory_does_not_grow_with_the_number_of_folders(store: LocalStore, root: Path) -> None:
    def peak() -> int:
        tracemalloc.start()
        for _block in store.survey():
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    touch(root, *(f"d{folder:03}/f{file}" for folder in range(40) for file in range(20)))
    peak()
    small = peak()
    touch(root, *(f"e{folder:03}/f{file}" for folder in range(200) for file in range(20)))
    assert peak() < small + 150_000


@pytest.mark.usefixtures("proc")
def test_deep_trees_do_not_use_up_the_handles(store: LocalStore, root: Path) -> None:
    depth = 150
    key = ""
    expected = []
    for level in range(depth):
        key += f"d{level}/"
        touch(root, f"{key}a", f"{key}z")
        expected += [f"{key}a", f"{key}z"]
    most = 0
    found = []
    for block in store.survey():
        most = max(most, len(list(Path("/proc/self/fd").iterdir())))
        found += [entry.key for entry in block.entries]
    assert found == sorted(expected)
    small = survey.BLOCK
    before = len(list(Path("/proc/self/fd").iterdir()))
    try:
        survey.BLOCK = 1
        for _block in store.survey():
            most = max(most, len(list(Path("/proc/self/fd").iterdir())))
    finally:
        survey.BLOCK = small
    assert before < most <= before + 40


def test_our_own_names_are_never_listed(store: LocalStore, root: Path) -> None:
    touch(root, ".buckia", ".buckia.yaml", "a/.buckia.state/x", "a/.buckia-tmp-you-1", "a/b")
    touch(root, "a/.buckia-swap-x/y", ".buckiaignore", ".buckiax")
    assert listed(store) == seen(store) == [".buckiaignore", ".buckiax", "a/b"]
    assert skipped(store) == {}


def test_pruned_folders_are_not_entered(root: Path) -> None:
    asked: list[str] = []

    def prune(folder: str) -> bool:
        asked.append(folder)
        return folder == "a/b"

    store = LocalStore(root, tag="me", prune=prune)
    touch(root, "a/b/c/d", "a/bc", "x/a/b")
    assert seen(store) == listed(store) == ["a/bc", "x/a/b"]
    assert seen(store, "a/b/c/") == []
    assert asked[:4] == ["a", "a/b", "x", "x/a"]


def test_links_and_special_files_are_skipped_with_their_reason(
    store: LocalStore, root: Path, tmp_path: Path
) -> None:
    touch(root, "file", "folder/inside")
    (root / "to-file").symlink_to("file")
    (root / "to-folder").symlink_to("folder")
    (root / "to-nothing").symlink_to("nothing")
    os.mkfifo(root / "pipe")
    # A socket's path must be short.
    os.chdir(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    os.chdir(tmp_path)
    assert seen(store) == listed(store) == ["file", "folder/inside"]
    assert skipped(store) == {
        "pipe": "a named pipe",
        "socket": "a socket",
        "to-file": "a symbolic link",
        "to-folder": "a symbolic link",
        "to-nothing": "a symbolic link",
    }
    assert skipped(store, "to-folder/") == {"to-folder": "a symbolic link"}


def test_names_that_cannot_be_keys_are_skipped_and_shown_in_a_form_that_prints(
    store: LocalStore, root: Path
) -> None:
    touch(root, "fine", "C:drive", "back\\slash", "inner/C:fine", "folder\\/x")
    (root / os.fsdecode(b"caf\xe9")).touch()
    (root / os.fsdecode(b"fold\xe9r")).mkdir()
    (root / os.fsdecode(b"fold\xe9r") / "x").touch()
    assert seen(store) == ["fine", "inner/C:fine"]
    assert skipped(store) == {
        "C:drive": "the key begins with a drive letter",
        "back\\slash": "the key holds a backslash",
        "caf\\xe9": "the name is not valid Unicode",
        "folder\\": "the key holds a backslash",
        "fold\\xe9r": "the name is not valid Unicode",
    }
    paths = [one.path for block in store.survey() for one in block.skipped]
    assert paths == sorted(paths)
    # A complete listing can only name them, and each is a key that nobody acts upon.
    strange = [key for key in listed(store) if keys.problem(key)]
    assert strange == ["C:drive", "back\\slash", "caf\\xe9", "fold\\xe9r/x", "folder\\/x"]
    assert listed(store) == sorted(listed(store))
    for key in strange:
        key.encode()


@pytest.mark.parametrize("files", [0, 3])
def test_a_folder_that_vanishes_takes_its_files_along(
    store: LocalStore, root: Path, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/1", "b/1", "b/2", "b/3", "c/1", "d")
    monkeypatch.setattr(survey, "BLOCK", 1)
    blocks = store.survey()
    found = [entry.key for _, block in zip(range(1 + files // 3), blocks, strict=False)
             for entry in block.entries]  # fmt: skip
    shutil.rmtree(root / "b")
    (root / "d").unlink()
    rest = list(blocks)
    found += [entry.key for block in rest for entry in block.entries]
    assert found in (["a/1", "c/1"], ["a/1", "b/1", "c/1"])
    assert [gap for block in rest for gap in block.gaps] == []


def test_a_file_that_becomes_a_folder_and_a_folder_that_becomes_a_file(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a", "b", "b-", "c/1", "d/1", "e")
    monkeypatch.setattr(survey, "BLOCK", 1)
    blocks = store.survey()
    found = [entry.key for entry in next(blocks).entries]
    (root / "b").unlink()
    touch(root, "b/inside")
    shutil.rmtree(root / "c")
    (root / "c").touch()
    shutil.rmtree(root / "d")
    (root / "d").symlink_to("b")
    rest = list(blocks)
    found += [entry.key for block in rest for entry in block.entries]
    assert found == ["a", "b-", "b/inside", "e"]
    # What stood behind the link is not gone, it is unseen.
    assert [one for block in rest for one in block.skipped] == [Skipped("d", "a symbolic link")]


def test_a_root_that_vanishes_is_an_error_and_no_empty_listing(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/1", "b/1", "c/1")
    monkeypatch.setattr(survey, "BLOCK", 1)
    for blocks in (store.survey(), store.scan()):
        touch(root, "a/1", "b/1", "c/1")
        next(blocks)
        shutil.rmtree(root)
        with pytest.raises(NotFound) as caught:
            list(blocks)
        assert caught.value.key == ""
        root.mkdir()
    assert listed(store) == []


def test_a_root_that_is_exchanged_under_the_walk_is_an_error(
    store: LocalStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/1", "b/1")
    touch(tmp_path, "other/x")
    monkeypatch.setattr(survey, "BLOCK", 1)
    blocks = store.scan()
    next(blocks)
    root.rename(tmp_path / "moved")
    (tmp_path / "other").rename(root)
    with pytest.raises(NotFound, match="not the folder any more"):
        list(blocks)
    with pytest.raises(NotFound, match="not the folder any more"):
        store.write("new", BytesBody(data=b"1"))
    assert not (root / "new").exists()
    assert not (tmp_path / "moved/new").exists()
    # A new listing looks anew.
    assert listed(store) == ["x"]
    store.write("new", BytesBody(data=b"1"))
    assert (root / "new").exists()


UNPRIVILEGED = """
import os, sys, json
from pathlib import Path
from buckia.errors import StorageError
from buckia.body import BytesBody
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore
store = LocalStore(Path(sys.argv[1]), tag="me")
# All that is imported late has to be imported while the interpreter's own files can be read.
entry = store.write("warm", BytesBody(data=b"up"))
store.delete_if("warm", expect=entry.version)
store.close()
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
said = {"entries": [], "gaps": {}, "errors": {}}
for block in store.survey():
    said["entries"] += [entry.key for entry in block.entries]
    said["gaps"].update({gap.key: gap.reason for gap in block.gaps})
def attempt(name, call):
    try:
        call()
    except StorageError as error:
        said["errors"][name] = [type(error).__name__, error.key]
attempt("scan", lambda: list(store.scan()))
attempt("scan of the readable", lambda: list(store.scan("open/")))
attempt("read", lambda: store.read("open/secret"))
attempt("stat", lambda: store.stat("closed/inside"))
attempt("write", lambda: store.write("closed/new", BytesBody(data=b"x")))
new = BytesBody(data=b"x")
attempt("write into read-only", lambda: store.write_if("open/new", new, expect=ABSENT))
attempt("delete", lambda: store.delete("open/file"))
print(json.dumps(said))
"""


def test_what_may_not_be_read_is_a_gap_in_a_survey_and_an_error_in_a_scan(
    root: Path, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    touch(root, "a", "closed/inside", "open/file", "open/secret", "searchable/x", "z")
    (root / "closed").chmod(0o700)
    (root / "open/secret").chmod(0o600)
    (root / "searchable").chmod(0o744)
    # One folder more above it where tests run side by side.
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, root], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["entries"] == ["a", "open/file", "open/secret", "z"]
    assert said["gaps"] == {
        "closed": "the system refuses it",
        "searchable/x": "the system refuses it",
    }
    assert said["errors"] == {
        "scan": ["AccessDenied", "closed"],
        "read": ["AccessDenied", "open/secret"],
        "stat": ["AccessDenied", "closed/inside"],
        "write": ["AccessDenied", "closed/new"],
        "write into read-only": ["AccessDenied", "open/new"],
        "delete": ["AccessDenied", "open/file"],
    }


def test_a_folder_that_cannot_be_opened_once_more_is_a_gap_from_there_on(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = "/".join(["d"] * 40)
    touch(root, f"{deep}/file", "d/y", "z")

    def sick(*_where: object, **_how: object) -> object:
        raise OSError(errno.EIO, "the disk")

    # Far above where a walk is, no folder stays open.
    monkeypatch.setattr(survey, "walk", sick)
    assert seen(store) == [f"{deep}/file"]
    assert gaps(store) == ["d/y", "z"]
    with pytest.raises(Unavailable):
        listed(store)


def test_an_unreadable_root_is_an_error_even_in_a_survey(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_where: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(AccessDenied) as caught:
        list(store.survey())
    assert caught.value.key == ""


@pytest.mark.usefixtures("proc")
def test_a_folder_whose_listing_breaks_off_is_a_gap_as_a_whole(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/1", "b/1", "b/2", "c/1")
    scandir = os.scandir

    class Breaking:
        def __init__(self, where: int) -> None:
            self._inner = scandir(where)

        def __iter__(self) -> Iterator[os.DirEntry[str]]:
            yield next(self._inner)
            raise OSError(5, "Input/output error")

        def close(self) -> None:
            self._inner.close()

    def sometimes(where: int) -> object:
        broken = Path(f"/proc/self/fd/{where}").readlink().name == "b"
        return Breaking(where) if broken else scandir(where)

    monkeypatch.setattr(os, "scandir", sometimes)
    assert seen(store) == ["a/1", "c/1"]
    assert gaps(store) == ["b"]
    with pytest.raises(StorageError, match="does not answer"):
        listed(store)


def database(path: Path, *, journal: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute(f"pragma journal_mode={journal}")
    connection.execute("create table t (x)")
    connection.commit()
    return connection


def test_a_database_in_use_is_skipped_with_its_side_files(store: LocalStore, root: Path) -> None:
    connection = database(root / "App.sqlite", journal="wal")
    try:
        assert seen(store) == []
        reasons = skipped(store)
        assert set(reasons) == {"App.sqlite", "App.sqlite-shm", "App.sqlite-wal"}
        assert reasons["App.sqlite"].startswith("the database is in use: App.sqlite-wal")
        # A bucket's listing takes every object for what it is.
        assert listed(store) == ["App.sqlite", "App.sqlite-shm", "App.sqlite-wal"]
    finally:
        connection.close()
    assert seen(store) == ["App.sqlite"]
    assert skipped(store) == {}


def test_a_database_with_empty_side_files_travels_without_them(
    store: LocalStore, root: Path
) -> None:
    database(root / "App.sqlite", journal="delete").close()
    touch(root, "App.sqlite-wal", "App.sqlite-journal", "App.sqlite-shm")
    assert seen(store) == ["App.sqlite"]
    assert set(skipped(store)) == {"App.sqlite-journal", "App.sqlite-shm", "App.sqlite-wal"}


def test_a_hot_journal_is_a_database_in_use(store: LocalStore, root: Path) -> None:
    database(root / "App.sqlite", journal="delete").close()
    (root / "App.sqlite-journal").write_bytes(b"hot")
    assert seen(store) == []
    assert "not empty" in skipped(store)["App.sqlite"]


def test_names_that_only_look_like_side_files_are_files(store: LocalStore, root: Path) -> None:
    (root / "diary").write_bytes(b"no database")
    (root / "diary-journal").write_bytes(b"dear diary")
    touch(root, "lonely-wal", "folder/x", "folder-shm", "-wal")
    assert seen(store) == sorted(
        ["-wal", "diary", "diary-journal", "folder-shm", "folder/x", "lonely-wal"]
    )
    assert skipped(store) == {}


def test_a_survey_sees_the_same_without_handles(
    store: LocalStore, root: Path, abilities: str
) -> None:
    touch(root, "a/b/c", "a.b", "z")
    (root / "link").symlink_to("a")
    assert seen(store) == listed(store) == ["a.b", "a/b/c", "z"]
    assert skipped(store) == {"link": "a symbolic link"}


def test_a_survey_writes_nothing_into_the_root(
    store: LocalStore, root: Path, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a/b", "c")
    made: list[str] = []
    real_open = os.open

    def watched(path: str, flags: int, *rest: int, **how: int) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            made.append(str(path))
        return real_open(path, flags, *rest, **how)

    monkeypatch.setattr(os, "open", watched)
    before = {path: path.stat().st_mtime_ns for path in (root, root / "a")}
    assert len(seen(store) + listed(store)) == 4
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert made
    assert all(path.startswith(str(probe)) for path in made)
    assert list(probe.iterdir()) == []


@pytest.mark.usefixtures("proc")
def test_a_folder_that_cannot_be_looked_at_once_it_is_open_is_a_gap_and_not_left_open(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a", "d/inside", "z")
    real, handles = Folder.itself, Path("/proc/self/fd")

    def sick(self: Folder) -> os.stat_result:
        if self.path.endswith("/d"):
            raise OSError(errno.EIO, "the disk")
        return real(self)

    monkeypatch.setattr(Folder, "itself", sick)
    assert seen(store) == ["a", "z"]
    before = len(list(handles.iterdir()))
    assert gaps(store) == ["d"]
    assert len(list(handles.iterdir())) == before


def test_a_root_for_which_no_handle_is_left_is_an_error_that_names_it(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not system.HANDLES:
        pytest.skip("folders are not held open here")
    real = os.open

    def scarce(where: str, *rest: object, **how: object) -> int:
        if where == ".":
            raise OSError(errno.EMFILE, "Too many open files")
        return real(where, *rest, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", scarce)
    with pytest.raises(Unavailable, match=re.escape(str(root))) as caught:
        list(store.survey())
    assert "ulimit" in caught.value.hint


def test_a_root_that_cannot_be_looked_at_the_first_time_is_looked_at_anew(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(root, "a")

    def sick(_folder: Folder) -> os.stat_result:
        raise OSError(errno.EIO, "the disk")

    with monkeypatch.context() as patching:
        patching.setattr(Folder, "itself", sick)
        with pytest.raises(Unavailable):
            list(store.survey())
    assert seen(store) == ["a"]
