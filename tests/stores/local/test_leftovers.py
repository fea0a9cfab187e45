"""What killed runs leave behind, and how a sweep tells rubbish from somebody's bytes."""

import errno
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import Unavailable
from buckia.protocols import ABSENT
from buckia.stores.local import LocalEntry, LocalStore, leftovers, parking, system
from buckia.stores.local.expected import Expectation
from buckia.stores.local.parking import Kind, parse_swap_name, swap_name
from buckia.stores.local.versions import mark

Put = Callable[..., LocalEntry]
Tree = Callable[[Path], dict[str, bytes]]
OLD = 1_600_000_000_123_456_789
WEEK = 7 * 24 * 3600 * 10**9


def sweep(store: LocalStore) -> int:
    for _block in store.survey():
        pass
    return store.sweep()


def test_a_dead_runs_drafts_of_ours_are_removed_and_counted(
    store: LocalStore, root: Path, put: Put
) -> None:
    put("a/b/file", b"1")
    (root / "a/b/.buckia-tmp-me-0123").write_bytes(b"half")
    (root / ".buckia-tmp-me-4567").write_bytes(b"half")
    (root / "a/.buckia-tmp-other-1").write_bytes(b"another device's")
    (root / "a/.buckia-tmp-measles-1").write_bytes(b"a longer tag")
    (root / "a/.buckia.yaml").write_bytes(b"configuration")
    assert store.sweep() == 0, "nothing was listed yet"
    assert sweep(store) == 2
    assert sweep(store) == 0
    assert sorted(path.name for path in root.rglob("*") if path.is_file()) == [
        ".buckia-tmp-measles-1",
        ".buckia-tmp-other-1",
        ".buckia.yaml",
        "file",
    ]


def test_a_sweep_of_one_folder_leaves_all_others_alone(
    store: LocalStore, root: Path, put: Put
) -> None:
    put("a/file", b"1")
    put("ab/file", b"1")
    kept = [root / "ab/.buckia-tmp-me-0123", root / ".buckia-tmp-me-0123"]
    for path in [root / "a/.buckia-tmp-me-0123", *kept]:
        path.write_bytes(b"half")
    for _ in store.scan():
        pass
    assert store.sweep("a/") == 1
    assert sorted(root.rglob(".buckia-tmp-*")) == sorted(kept)
    assert sweep(store) == 2


def test_a_draft_that_is_swept_just_before_it_is_locked_is_made_anew(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread, or another run of this device, sweeps at that instant."""
    real, sweeper = system.lock, LocalStore(root, tag="me")
    swept: list[int] = []

    def late(handle: int) -> bool:
        if not swept:
            swept.append(0)
            swept[0] = sweep(sweeper)
        return real(handle)

    monkeypatch.setattr(system, "lock", late)
    store.write("a", BytesBody(data=b"1"))
    assert swept == [1]
    assert store.read("a").read() == b"1"
    assert [path.name for path in root.iterdir()] == ["a"]


def test_only_what_was_listed_is_swept(store: LocalStore, root: Path, put: Put) -> None:
    put("a/file", b"1")
    put("b/file", b"1")
    (root / "a/.buckia-tmp-me-1").touch()
    (root / "b/.buckia-tmp-me-1").touch()
    list(store.scan("a/"))
    assert store.sweep() == 1
    assert (root / "b/.buckia-tmp-me-1").exists()


def test_another_devices_drafts_go_after_a_week(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / ".buckia-tmp-other-1"
    path.touch()
    os.utime(path, ns=(0, 0))
    assert sweep(store) == 0
    # Its ctime cannot be set, so the week is made short.
    time.sleep(0.05)
    monkeypatch.setattr(leftovers, "_WEEK", 1_000_000)
    assert sweep(store) == 1
    assert leftovers.is_leftover(path.name)
    assert not path.exists()


def test_the_week_is_a_week() -> None:
    assert leftovers._WEEK == WEEK


@pytest.mark.parametrize("tag", ["me", "other"])
def test_a_draft_that_a_living_run_works_on_is_left_alone(
    store: LocalStore, root: Path, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_WEEK", -WEEK)
    living = LocalStore(root, tag=tag)
    staged = living.stage("a/b", BytesBody(data=b"1"))
    assert sweep(store) == 0
    staged.commit(expect=ABSENT)
    assert (root / "a/b").read_bytes() == b"1"
    living.close()


def test_a_folder_with_a_drafts_name_is_not_ours(store: LocalStore, root: Path) -> None:
    (root / ".buckia-tmp-me-1").mkdir()
    (root / ".buckia-swap-me-1").mkdir()
    (root / ".buckia-swap-me-1" / "x").write_bytes(b"1")
    (root / ".buckia-swap-me-2_r__").write_bytes(b"a file")
    assert sweep(store) == 0
    assert (root / ".buckia-swap-me-1/x").exists()
    assert (root / ".buckia-swap-me-2_r__").exists()


def park(root: Path, kind: Kind, parked: Path, *, draft: str = "", expected: str = "") -> Path:
    """A swap folder as a kill leaves it, with a file in it."""
    name = f"{parking.PREFIX}me-0123456789abcdef_{kind}_{draft}_{expected}"
    assert parse_swap_name(name) is not None
    folder = root / name
    folder.mkdir(mode=0o700)
    parked.rename(folder / parked.name)
    return folder


@pytest.fixture
def parked(root: Path, put: Put) -> Path:
    put("name.txt", b"parked")
    return root / "name.txt"


COPY = "name.conflict-20200913T122640123Z-me.txt"


@pytest.mark.parametrize(
    ("kind", "is_draft", "is_expected", "taken", "left"),
    [
        # A draft that never got into its place is ours to remove.
        (Kind.REPLACE, True, False, True, {"name.txt": b"new"}),
        (Kind.REPLACE, True, False, False, {}),
        # A replaced file that was the expected one goes once its successor is in place.
        (Kind.REPLACE, False, True, True, {"name.txt": b"new"}),
        (Kind.REPLACE, False, True, False, {"name.txt": b"parked"}),
        # An edit that was parked is somebody's bytes.
        (Kind.REPLACE, False, False, True, {"name.txt": b"new", COPY: b"parked"}),
        (Kind.REPLACE, False, False, False, {"name.txt": b"parked"}),
        # A deletion is finished if it took what it was to take, and undone if not.
        (Kind.REMOVE, False, True, True, {"name.txt": b"new"}),
        (Kind.REMOVE, False, True, False, {}),
        (Kind.REMOVE, False, False, True, {"name.txt": b"new", COPY: b"parked"}),
        (Kind.REMOVE, False, False, False, {"name.txt": b"parked"}),
        # What was moved is the only one of its bytes.
        (Kind.MOVE, False, False, True, {"name.txt": b"new", COPY: b"parked"}),
        (Kind.MOVE, False, False, False, {"name.txt": b"parked"}),
    ],
)
def test_a_parked_file_ends_where_an_undisturbed_run_would_have_put_it(
    store: LocalStore, root: Path, parked: Path, tree: Tree, abilities: str,
    kind: Kind, is_draft: bool, is_expected: bool, taken: bool, left: dict[str, bytes],
) -> None:  # fmt: skip
    looks = mark(parked.stat())
    other = "1.2.3"
    folder = park(
        root,
        kind,
        parked,
        draft=looks if is_draft else other,
        expected=looks if is_expected else ("" if kind is Kind.MOVE else other),
    )
    if taken:
        parked.write_bytes(b"new")
    assert sweep(store) == 1
    assert not folder.exists()
    assert tree(root) == left


def test_a_swap_folder_that_a_living_run_works_in_is_left_alone(
    store: LocalStore, root: Path, parked: Path
) -> None:
    from buckia.stores.local import system

    folder = park(root, Kind.REMOVE, parked)
    handle = os.open(folder, os.O_RDONLY)
    assert system.lock(handle)
    assert sweep(store) == 0
    assert (folder / "name.txt").read_bytes() == b"parked"
    os.close(handle)
    assert sweep(store) == 1
    assert parked.read_bytes() == b"parked"


def test_another_devices_swap_folder_is_resolved_after_a_week(
    root: Path, parked: Path, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    park(root, Kind.REPLACE, parked)
    store = LocalStore(root, tag="other", probe=probe)
    assert sweep(store) == 0
    monkeypatch.setattr(leftovers, "_WEEK", -WEEK)
    assert sweep(store) == 1
    assert parked.read_bytes() == b"parked"


def test_swap_names_say_what_was_under_way() -> None:
    wanted = Expectation("key", "1.2.3.4", {})
    name = swap_name("me", Kind.REPLACE, wanted, "a.-b.c")
    assert parse_swap_name(name) == ("me", "r", "a.-b.c", "1.2.4")
    unsettled = Expectation("key", "1.2.3.4~x", {"md5": "0"})
    parsed = parse_swap_name(swap_name("me", Kind.REMOVE, unsettled))
    assert parsed == ("me", "d", "", ""), "its looks would prove nothing"
    assert parse_swap_name(swap_name("me", Kind.MOVE, wanted)) == ("me", "m", "", "")
    for name in ("", "x", ".buckia-swap-me", ".buckia-swap-me-1_x__", ".buckia-tmp-me-1_r__"):
        assert parse_swap_name(name) is None
    longest = swap_name("t" * 32, Kind.REPLACE, wanted, ".".join(["f" * 16] * 3))
    assert len(longest) < 255


def test_what_cannot_be_swept_waits(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / ".buckia-tmp-me-1").touch()
    (root / ".buckia-tmp-me-2").touch()
    unlink = os.unlink

    def refused(name: str, **how: int) -> None:
        if name.endswith("1"):
            raise PermissionError(13, "Permission denied")
        unlink(name, **how)

    monkeypatch.setattr(os, "unlink", refused)
    assert sweep(store) == 1
    monkeypatch.undo()
    assert sweep(store) == 1
    assert list(root.iterdir()) == []


def test_as_many_leftovers_are_remembered_as_fit_in_little_memory() -> None:
    memory = leftovers.Leftovers()
    for number in range(20_000):
        memory.saw(("a",), str(number))
    assert len(memory.take()) == 10_000
    assert memory.take() == []


def test_a_root_that_cannot_be_listed_before_it_is_named_is_an_error_that_says_where(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sick(_where: object) -> object:
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patching:
        patching.setattr(os, "scandir", sick)
        with pytest.raises(Unavailable, match=re.escape(str(root))) as caught:
            store.identity(create=True)
    assert caught.value.hint
    assert store.identity(create=True) == store.identity()
