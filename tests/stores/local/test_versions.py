"""What a version says, when it can be trusted, and how the file system's clock is found."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.body import BytesBody
from buckia.stores.local import LocalEntry, LocalStore, clock, versions

OLD = 1_600_000_000_123_456_789
Put = Callable[..., LocalEntry]


def first(store: LocalStore) -> LocalEntry:
    return next(store.survey()).entries[0]


def test_an_untouched_file_has_the_same_version_each_time(store: LocalStore, put: Put) -> None:
    entry = put("a", b"1")
    assert entry.version == first(store).version == store.stat("a").version
    with store.read("a") as reading:
        assert reading.entry == entry


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"2"),
        lambda path: path.write_bytes(b"12"),
        lambda path: os.utime(path, ns=(OLD, OLD + 1)),
        lambda path: path.chmod(0o600),
        lambda path: (path.rename(path.with_name("b")), path.write_bytes(b"1")),
    ],
)
def test_any_change_gives_another_version(
    store: LocalStore, put: Put, root: Path, change: Callable[[Path], object],
    settled: Callable[[LocalStore, str], LocalEntry],
) -> None:  # fmt: skip
    entry = put("a", b"1")
    change(root / "a")
    assert first(store).version.partition("~")[0] != entry.version
    assert settled(store, "a").version != entry.version


def test_a_fresh_file_has_another_version_at_each_look_and_settles_after_a_tick(
    store: LocalStore, root: Path, settled: Callable[[LocalStore, str], LocalEntry]
) -> None:
    (root / "a").write_bytes(b"1")
    looks = [first(store).version, first(store).version, store.stat("a").version]
    with store.read("a") as reading:
        looks.append(reading.entry.version)
    assert len(set(looks)) == 4
    assert len({version.partition("~")[0] for version in looks}) == 1
    assert settled(store, "a").version == looks[0].partition("~")[0]
    assert first(store).version == looks[0].partition("~")[0]


def test_endings_of_two_stores_are_never_alike(root: Path, probe: Path) -> None:
    (root / "a").write_bytes(b"1")
    endings = {first(LocalStore(root, tag="me", probe=probe)).version for _ in range(5)}
    assert len(endings) == 5


def test_a_file_with_an_old_time_is_unsettled_while_its_ctime_is_fresh(
    store: LocalStore, root: Path
) -> None:
    (root / "a").write_bytes(b"1")
    os.utime(root / "a", ns=(OLD, OLD))
    assert "~" in first(store).version


def test_a_file_from_the_future_never_settles(store: LocalStore, put: Put, root: Path) -> None:
    put("a", b"1")
    os.utime(root / "a", ns=(0, time.time_ns() + 10**12))
    time.sleep(0.05)  # a tick; nothing but time makes the ctime old
    assert "~" in first(store).version
    assert "~" in store.write("b", BytesBody(data=b"", mtime_ns=time.time_ns() + 10**12)).version


def test_without_a_probe_nothing_younger_than_two_seconds_is_settled(root: Path) -> None:
    store = LocalStore(root, tag="me")
    (root / "a").write_bytes(b"1")
    real = time.time_ns
    assert "~" in first(store).version
    entry = store.write("b", BytesBody(data=b"", mtime_ns=real() - 500_000_000))
    assert "~" in entry.version
    entry = store.write("b", BytesBody(data=b"", mtime_ns=real() - 2_100_000_000))
    assert "~" not in entry.version


def test_our_own_clock_counts_where_there_is_no_probe(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(root, tag="me")
    (root / "a").write_bytes(b"1")
    born = (root / "a").stat().st_ctime_ns
    monkeypatch.setattr(time, "time_ns", lambda: born + 1_999_999_999)
    assert "~" in first(store).version
    monkeypatch.setattr(time, "time_ns", lambda: born + 2_000_000_001)
    assert "~" not in first(store).version


def test_a_probe_on_another_file_system_says_nothing_about_this_one(
    root: Path, elsewhere: Path, settled: Callable[[LocalStore, str], LocalEntry]
) -> None:
    store = LocalStore(root, tag="me", probe=elsewhere)
    (root / "a").write_bytes(b"1")
    time.sleep(0.05)  # more than a tick, less than two seconds
    assert "~" in first(store).version
    assert "~" not in first(LocalStore(root, tag="me", probe=root.parent)).version
    assert list(elsewhere.iterdir()) == []


def test_the_probes_clock_is_the_file_systems_and_not_ours(
    root: Path, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(root, tag="me", probe=probe)
    (root / "a").write_bytes(b"1")
    ahead = time.time_ns() + 3600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: ahead)
    assert "~" in first(store).version


def test_a_probe_that_cannot_be_used_counts_as_none(root: Path, tmp_path: Path) -> None:
    store = LocalStore(root, tag="me", probe=tmp_path / "missing")
    (root / "a").write_bytes(b"1")
    assert "~" in first(store).version
    assert store.traits.folds_case in (True, False)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    ("step", "granularity"),
    [
        (1, 1 + clock.TICK),
        (100, 100 + clock.TICK),
        (1000, 1000 + clock.TICK),
        (10_000_000, 10_000_000 + clock.TICK),
        (1_000_000_000, 1_000_000_000 + clock.TICK),
        (2_000_000_000, clock.UNKNOWN),
    ],
)
def test_granularity_is_read_from_what_is_kept_of_a_time(step: int, granularity: int) -> None:
    stamp = clock._STAMP
    assert clock.granularity_of(stamp - stamp % step) == granularity
    assert clock.granularity_of(12345) == clock.UNKNOWN


def test_a_look_at_the_clock_serves_for_a_second(probe: Path) -> None:
    looking = clock.Clock(probe, "me")
    one = looking.moment()
    assert looking.moment() is one
    assert looking.moment(fresh=True) is not one
    assert one.device == probe.stat().st_dev
    assert one.horizon(probe.stat().st_dev) <= time.time_ns() - clock.TICK
    assert one.horizon(-1) == one.taken - clock.UNKNOWN


def test_the_clock_is_looked_at_before_the_file(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file written between our look at it and a later look at the clock would seem settled.
    (root / "a").write_bytes(b"1")
    order: list[str] = []
    moment = clock.Clock.moment
    real_stat = os.stat

    def looked(self: clock.Clock, *, fresh: bool = False) -> clock.Moment:
        order.append("clock")
        return moment(self, fresh=fresh)

    def watched(path: str, **how: Any) -> os.stat_result:
        if path == "a":
            order.append("file")
        return real_stat(path, **how)

    monkeypatch.setattr(clock.Clock, "moment", looked)
    monkeypatch.setattr(os, "stat", watched)
    store.stat("a")
    assert order[:4] == ["clock", "file", "clock", "file"]
    order.clear()
    assert first(store).key == "a"
    assert order == ["clock", "file"]


@given(
    size=st.integers(0, 2**63),
    mtime=st.integers(-(2**62), 2**63),
    ctime=st.integers(0, 2**63),
    inode=st.integers(0, 2**64 - 1),
)
def test_a_mark_is_a_version_without_its_ctime(
    size: int, mtime: int, ctime: int, inode: int
) -> None:
    class Seen:
        st_size, st_mtime_ns, st_ctime_ns, st_ino = size, mtime, ctime, inode

    seen: os.stat_result = Seen()  # type: ignore[assignment]  # the four fields that count
    version = versions.stem(seen)
    for ending in ("", "~x1"):
        assert versions.is_of(seen, version + ending)
        assert versions.mark_of(version + ending) == versions.mark(seen)
        assert versions.same_looks(version, version + ending)
    assert versions.is_settled(version)
    assert not versions.is_settled(version + "~x1")


@pytest.mark.parametrize("version", ["", "~", "x", "1.2.3", "1.2.3.4.5"])
def test_no_file_has_the_mark_of_a_nonsensical_version(version: str) -> None:
    assert versions.mark_of(version) == ""


def test_a_time_that_no_calendar_holds_is_no_time_for_people() -> None:
    assert LocalEntry("a", 1, "v", 2**70).changed is None
    assert LocalEntry("a", 1, "v", -(2**70)).changed is None
    moment = LocalEntry("a", 1, "v", OLD).changed
    assert moment is not None
    assert moment.utcoffset() is not None
