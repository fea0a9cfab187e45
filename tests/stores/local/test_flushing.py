"""What a power cut must not take away is on the disk before what it replaces goes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.stores.local import LocalEntry, LocalStore, swap

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
        log.append(f"flush {(proc / str(handle)).readlink().name}")
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
