"""What a power cut must not take away is on the disk before what it replaces goes."""

import errno
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from buckia.body import BytesBody
from buckia.protocols import ABSENT
from buckia.stores.local import LocalEntry, LocalStore, flushing, swap

Put = Callable[..., LocalEntry]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trash is on another mount of the same disk, to which nothing can be renamed."""

    def across(function: Callable[..., None]) -> Callable[..., None]:
        def checked(*places: object) -> None:
            if any("/trash/" in str(place) for place in places):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            function(*places)

        return checked

    for name in ("move_away", "rename_ours"):
        monkeypatch.setattr(swap, name, across(getattr(swap, name)))


@pytest.fixture
def log(proc: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed, and when the name `a` got another file or none, in order."""
    log: list[str] = []
    fsync = os.fsync

    def synced(handle: int) -> None:
        name = (proc / str(handle)).readlink().name
        log.append("flush draft" if name.startswith(".buckia-tmp-") else f"flush {name}")
        fsync(handle)

    def told(function: Callable[..., None]) -> Callable[..., None]:
        def telling(one: object, other: object) -> None:
            if str(one).endswith("/a") or str(other).endswith("/a"):
                log.append("a goes")
            function(one, other)

        return telling

    monkeypatch.setattr(os, "fsync", synced)
    for name in ("move_away", "exchange"):
        monkeypatch.setattr(swap, name, told(getattr(swap, name)))
    return log


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("deed", ["retired", "replaced"])
def test_a_copy_in_the_trash_is_on_the_disk_before_its_original_goes(
    store: LocalStore, trash: Path, put: Put, log: list[str], deed: str
) -> None:
    before = put("a", b"precious")
    if deed == "retired":
        store.retire("a", expect=before.version, slot=trash / "slot")
    else:
        store.stage("a", BytesBody(data=b"new")).commit(expect=before.version, slot=trash / "slot")
    assert (trash / "slot").read_bytes() == b"precious"
    # The rename to the slot is tried first, and cannot be done.
    last = len(log) - 1 - log[::-1].index("a goes")
    assert log[:last].count("flush slot") == 1
    assert log[:last].index("flush slot") < log[:last].index("flush trash")


# Files that are flushed together


_find = flushing._flush.__wrapped__
_is_known = flushing._is_known


@pytest.fixture
def trusted(log: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose flush of all is as good as a flush of each."""
    monkeypatch.setattr(flushing, "_flush", lambda: lambda _handle: log.append("flush all"))
    monkeypatch.setattr(flushing, "_is_known", lambda _handle: True)


def put_together(store: LocalStore, key: str) -> None:
    store.stage_unsettled(key, BytesBody(data=b"new")).commit(expect=ABSENT)


BY_ITSELF = ["flush root", "flush draft", "flush d"]
"""A file in a folder that is made for it."""


@pytest.mark.usefixtures("trusted")
def test_what_is_left_to_one_flush_is_flushed_by_it(store: LocalStore, log: list[str]) -> None:
    for key in ("d/a", "d/b"):
        put_together(store, key)
    assert log == []
    store.settle()
    assert log == ["flush all"]
    store.settle()
    assert log == ["flush all"], "there is nothing left"
    put_together(store, "d/c")
    store.settle()
    assert log == ["flush all"] * 2


@pytest.mark.usefixtures("trusted")
def test_what_is_not_left_to_it_is_flushed_at_once(store: LocalStore, log: list[str]) -> None:
    store.stage("d/a", BytesBody(data=b"new")).commit(expect=ABSENT)
    assert log == BY_ITSELF


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("release", "is_trusted"),
    [("4.19.0", False), ("5.7.19", False), ("5.8.0-1-generic", True), ("6.1", True), ("?", False)],
)
def test_a_kernel_that_does_not_tell_of_failures_flushes_each_file(
    store: LocalStore,
    log: list[str],
    monkeypatch: pytest.MonkeyPatch,
    release: str,
    is_trusted: bool,
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release))
    monkeypatch.setattr(flushing, "_flush", _find)
    put_together(store, "d/a")
    assert log == ([] if is_trusted else BY_ITSELF)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_system_of_a_kind_that_nobody_knows_flushes_each_file(
    store: LocalStore, log: list[str], monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    monkeypatch.setattr(flushing, "_is_known", _is_known)
    monkeypatch.setattr(flushing, "_KINDS", Kinds(is_known))
    put_together(store, "d/a")
    assert log == ([] if is_known else BY_ITSELF)


class Kinds:
    """All of them or none."""

    def __init__(self, has_any: bool) -> None:
        self._has_any = has_any

    def __contains__(self, _kind: int) -> bool:
        return self._has_any


@pytest.mark.usefixtures("trusted")
def test_a_file_on_another_file_system_than_the_root_is_flushed_by_itself(
    root: Path, probe: Path, elsewhere: Path, log: list[str]
) -> None:
    (root / "far").symlink_to(elsewhere)
    with closing(LocalStore(root, tag="me", probe=probe, follow_symlinks=True)) as store:
        put_together(store, "far/d/a")
        put_together(store, "a")
    assert log == [f"flush {elsewhere.name}", *BY_ITSELF[1:]]
