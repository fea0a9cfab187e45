from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.errors import BuckiaError, InvalidKey
from buckia.model import Agreed, Forgotten, Intent, SideName
from buckia.state import rows
from buckia.state.database import Database
from buckia.state.manifest import BLOCK, SqliteManifest
from buckia.state.seam import StateError

Spawn = Callable[..., AbstractContextManager[subprocess.Popen[str]]]
MD5 = hashlib.md5(b"x").hexdigest()
SHA = hashlib.sha256(b"x").hexdigest()


def row(key: str, version: str = "1", origin: str = "") -> Agreed:
    return Agreed(key, f"l{version}", f"r{version}", 7, f"md5:{MD5} sha256:{SHA}", origin)


def realistic(number: int) -> Agreed:
    """Names and versions as long as those of an app with pictures, and two digests."""
    sha = hashlib.sha256(b"%d" % number).hexdigest()
    mtime = 1_715_531_445_123_456_789 + number * 7919
    return Agreed(
        f"7f3c9a12-1f0e-4b7a-9c55-{number // 5000:012x}/images/2024/05/IMG_{number % 5000:06d}.jpg",
        f"{1_843_921 + number}-{mtime}-{mtime + 12_345_678}-{13_373_713 + number}",
        sha[:32],
        1_843_921 + number,
        f"md5:{sha[:32]} sha256:{sha}",
        "demo/",
    )


def everything(manifest: SqliteManifest, prefix: str = "") -> list[Agreed]:
    return [row for block in manifest.scan(prefix) for row in block]


def test_a_new_one_is_empty(manifest: SqliteManifest) -> None:
    assert manifest.get("a") is None
    assert everything(manifest) == []


def test_what_is_recorded_is_there_after_reopening(base: Path) -> None:
    changes = [row("b/é", "2", "static/"), row("a", "1")]
    with Database.open(base) as database:
        SqliteManifest(database).record(changes)
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
        assert database.notices == ()
        assert everything(manifest) == changes[::-1]
        assert manifest.get("b/é") == changes[0]
        assert manifest.count() == 2


@pytest.mark.parametrize(
    "packed",
    [
        "",
        f"sha256:{SHA}",
        f"md5:{MD5} sha256:{SHA}",
        f"blake2b:{'ab' * 64} sha1:{'cd' * 20}",
        f"md5:{MD5.upper()}",
        "crc32c:deadbeef",
        f"md5:{MD5} quickxor:AAAA/==",
        "md5:abc",
        "not digests at all",
    ],
)
def test_digests_of_every_kind_come_back_word_for_word(
    manifest: SqliteManifest, packed: str
) -> None:
    manifest.record([Agreed("k", "l", "r", 1, packed, "")])
    manifest.intend([Intent("i", SideName.LEFT, packed)])
    assert everything(manifest)[0].digests == packed
    assert manifest.intents()[0].digests == packed


any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(any_text, any_text, any_text, any_text), max_size=4))
def test_any_text_comes_back_word_for_word(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, str, str]]
) -> None:
    """A service may call its versions what it likes, and people their files."""
    made = [Agreed(key, left, right, 2**63 - 1, packed) for key, left, right, packed in texts]
    wanted = {row.key: row for row in made}
    with Database.open(tmp_path_factory.mktemp("base") / "base.sqlite") as database:
        manifest = SqliteManifest(database)
        manifest.record(wanted.values())
        assert everything(manifest) == [wanted[key] for key in sorted(wanted)]
        assert [manifest.get(key) for key in wanted] == list(wanted.values())


SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "blake2b": 64}
real = st.sampled_from(sorted(SIZES)).flatmap(
    lambda name: st.binary(min_size=SIZES[name], max_size=SIZES[name]).map(
        lambda digest: f"{name}:{digest.hex()}"
    )
)
almost = st.one_of(
    real.map(str.upper),
    real.map(lambda word: word[:-1]),
    real.map(lambda word: word[:-1] + "\t"),
    real.map(lambda word: word + "\n"),
    real.map(lambda word: word.replace(":", "::")),
    st.builds("{}:{}".format, st.sampled_from(sorted({*SIZES, "crc32c"})), st.text(max_size=70)),
    st.sampled_from(["", " ", "md5", "md5:", ":", "sha256", "\ud7ff", "md5:\uff11\uff12"]),
    st.text(max_size=8),
)


@given(st.lists(st.one_of(real, almost), max_size=4).map(" ".join))
def test_whatever_words_there_are_come_back_as_they_were(packed: str) -> None:
    assert rows.unpack(rows.pack(packed)) == packed


@given(st.lists(real, max_size=4))
def test_digests_take_less_than_half_the_room_of_their_words(words: list[str]) -> None:
    stored = rows.pack(" ".join(words))
    assert isinstance(stored, bytes)
    assert len(stored) == sum(1 + SIZES[word.partition(":")[0]] for word in words)


@pytest.mark.parametrize("blob", [b"\x09", b"\x01abc", b"\x00", 5, None])
def test_bytes_that_are_no_digests_are_refused(blob: object) -> None:
    with pytest.raises(ValueError, match="digest"):
        rows.unpack(blob)


def test_rows_come_in_code_point_order_and_in_blocks(manifest: SqliteManifest) -> None:
    letters = ["a", "B", "é", "/", "\x00", "~", "\ud7ff", "\ue000", "\uffff", "\U0001f600"]
    keys = [f"{one}{two}{n}" for one in letters for two in letters for n in range(25)]
    random.Random(1).shuffle(keys)
    manifest.record(row(key) for key in keys)
    blocks = list(manifest.scan())
    assert [row.key for block in blocks for row in block] == sorted(keys)
    assert [len(block) for block in blocks] == [BLOCK, BLOCK, 500]


def test_a_prefix_is_a_prefix_of_the_string(manifest: SqliteManifest) -> None:
    keys = ["a", "a/", "a/b", "a/b/c", "a0", "ab", "b", "a/\U0010ffff", "a/\U0010ffff\U0010ffff"]
    keys += ["\ud7ff", "\ud7ffx", "\ue000"]
    manifest.record(row(key) for key in keys)
    for prefix in ["", "a", "a/", "a/b", "a/b/", "b", "c", "a/\U0010ffff", "\U0010ffff", "\ud7ff"]:
        expected = sorted(key for key in keys if key.startswith(prefix))
        assert [row.key for row in everything(manifest, prefix)] == expected
        assert manifest.count_under(prefix) == len(expected)
        assert manifest.first_below(prefix) == (expected[0] if expected else None)
        assert manifest.has_below(prefix) == bool(expected)


text = st.text(st.sampled_from("a/\x7f\ud7ff\ue000\U0010ffff"), max_size=4)


@given(prefix=text, key=text)
def test_the_range_of_a_prefix_holds_exactly_what_begins_with_it(prefix: str, key: str) -> None:
    end = rows.after(prefix)
    assert key.startswith(prefix) == (prefix <= key and (end is None or key < end))


def test_the_later_change_of_a_key_holds(manifest: SqliteManifest) -> None:
    manifest.record([row("a"), Forgotten("a"), row("b"), Forgotten("c"), row("c", "9")])
    assert [found.key for found in everything(manifest)] == ["b", "c"]
    manifest.record([Forgotten("b"), Forgotten("never there")])
    assert everything(manifest) == [row("c", "9")]


def test_a_record_is_all_or_none(manifest: SqliteManifest) -> None:
    manifest.record([row("a")])
    manifest.intend([Intent("a", SideName.LEFT, "")])
    bad = Agreed("c", "l", "r", None, "")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(StateError, match="could not be written"):
        manifest.record([Forgotten("a"), row("b", origin="new/"), bad])
    assert everything(manifest) == [row("a")]
    assert len(manifest.intents()) == 1


def test_a_key_that_is_not_unicode_is_refused_and_nothing_else_harmed(
    manifest: SqliteManifest,
) -> None:
    with pytest.raises(InvalidKey):
        manifest.record([row("good"), row("bad\udc80")])
    manifest.record([row("good")])
    assert everything(manifest) == [row("good")]


def test_intents_stay_until_their_key_is_recorded(base: Path) -> None:
    left = Intent("a", SideName.LEFT, f"sha256:{SHA}", 5, "v", "o/")
    right = Intent("a", SideName.RIGHT, "")
    other = Intent("b", SideName.RIGHT, "", 0, "w")
    with Database.open(base) as database:
        SqliteManifest(database).intend([left, right, other])
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
        assert manifest.intents() == [left, right, other]
        again = Intent("a", SideName.LEFT, "", 0, "later")
        manifest.intend([again])
        assert manifest.intents() == [again, right, other]
        manifest.record([row("a")])
        assert manifest.intents() == [other]
        manifest.record([Forgotten("b")])
        assert manifest.intents() == []


@pytest.mark.parametrize("count", [0, 9, 10, 11, 20, 35])
def test_each_so_many_thousandth_key_below_a_folder_is_a_mark(
    manifest: SqliteManifest, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("buckia.state.manifest.APART", 10)
    below = [f"b/{n:05d}" for n in range(count)]
    manifest.record([row(key) for key in (*[f"a{n:02d}" for n in range(15)], *below, "c")])
    assert manifest.marks("b/") == below[9::10]
    assert manifest.marks("d") == []


def test_words_are_kept_and_forgotten(base: Path) -> None:
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
        assert manifest.meta("bucket") is None
        manifest.set_meta("bucket", "one")
        manifest.set_meta("bucket", "two")
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
        assert manifest.meta("bucket") == "two"
        manifest.set_meta("bucket", None)
        assert manifest.meta("bucket") is None


def test_a_scan_sees_the_rows_as_they_were_at_its_beginning(manifest: SqliteManifest) -> None:
    before = [row(f"{n:05d}") for n in range(3 * BLOCK)]
    manifest.record(before)
    scan = manifest.scan()
    seen = list(next(scan))
    manifest.record([Forgotten("02500"), row("00000x"), row("02999", "2", "another root")])
    seen += [found for block in scan for found in block]
    assert seen == before
    assert manifest.count() == 3 * BLOCK
    assert manifest.get("02999") == row("02999", "2", "another root")


def test_a_root_that_is_new_during_a_scan_is_not_seen_by_it(
    manifest: SqliteManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest.record([row("a", origin="old/")])
    origins = rows.origins

    def recorded_meanwhile(connection: sqlite3.Connection) -> dict[int, str]:
        found = origins(connection)
        manifest.record([row("b", origin="new/")])
        return found

    monkeypatch.setattr(rows, "origins", recorded_meanwhile)
    assert everything(manifest) == [row("a", origin="old/")]
    monkeypatch.undo()
    assert everything(manifest) == [row("a", origin="old/"), row("b", origin="new/")]


def test_scanning_while_others_record_is_safe(manifest: SqliteManifest) -> None:
    manifest.record(row(f"{n:05d}") for n in range(5000))
    done = threading.Event()

    def write(thread: int) -> None:
        for turn in range(40):
            manifest.record([row(f"{thread}{n:04d}", f"{turn}") for n in range(0, 5000, 500)])
            manifest.intend([Intent(f"i{thread}", SideName.LEFT, "")])

    def read() -> int:
        turns = 0
        while not done.is_set() or not turns:
            keys = [found.key for found in everything(manifest)]
            assert keys == sorted(set(keys))
            assert manifest.get("00000") is not None
            turns += 1
        return turns

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        writers = [pool.submit(write, n) for n in range(4)]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        assert all(reader.result() for reader in readers)


def test_a_scan_left_early_holds_nothing(database: Database, manifest: SqliteManifest) -> None:
    manifest.record(row(f"{n:05d}") for n in range(2 * BLOCK))
    scan = manifest.scan()
    next(scan)
    scan.close()  # type: ignore[attr-defined]  # a generator
    database.close()
    assert sorted(path.name for path in database.path.parent.iterdir()) == ["base.sqlite"]


def blocks(count: int) -> Iterable[list[Agreed]]:
    for start in range(0, count, 1000):
        yield [realistic(n) for n in range(start, start + 1000)]


def test_a_file_costs_less_than_300_bytes_and_a_scan_little_memory(base: Path) -> None:
    count = 100_000
    order = list(blocks(count))
    random.Random(2).shuffle(order)
    with Database.open(base) as database:
        for block in order:
            SqliteManifest(database).record(block)
    assert sum(path.stat().st_size for path in base.parent.iterdir()) < 300 * count
    with Database.open(base) as database:
        tracemalloc.start()
        seen = sum(len(block) for block in SqliteManifest(database).scan())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seen == count
    assert peak < 4_000_000


def test_commits_reach_the_disk_before_they_return(database: Database) -> None:
    asked: list[tuple[object, ...]] = []

    def ask(connection: sqlite3.Connection) -> None:
        for setting in ("synchronous", "journal_mode"):
            asked.extend(connection.execute(f"PRAGMA {setting}").fetchall())

    database.write(ask)
    assert asked == [(2,), ("wal",)]


def test_a_full_disk_is_told_in_words_and_harms_nothing(
    database: Database, manifest: SqliteManifest
) -> None:
    manifest.record([row("a")])
    limit = "PRAGMA max_page_count={}"
    database._commits._connection.execute(limit.format(1))  # type: ignore[union-attr]  # it writes
    with pytest.raises(BuckiaError, match="could not be written: the disk is full") as caught:
        manifest.record(row(f"{n}") for n in range(5000))
    assert str(database.path.parent) in caught.value.hint
    with pytest.raises(StateError):
        manifest.intend([Intent("x" * 100_000, SideName.LEFT, "")])
    database._commits._connection.execute(limit.format(1_000_000))  # type: ignore[union-attr]
    assert everything(manifest) == [row("a")]
    manifest.record([row("b")])
    assert manifest.count() == 2


LIMITED = """
import resource, sys
from pathlib import Path
from buckia.model import Agreed
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import StateError

with Database.open(Path(sys.argv[1])) as database:
    manifest = SqliteManifest(database)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    done = 0
    try:
        for done in range(100_000):
            manifest.record([Agreed(f"{done}", "l", "r", 1, "")])
    except StateError as error:
        print(error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert manifest.count() == done, (manifest.count(), done)
    manifest.record([Agreed("after", "l", "r", 1, "")])
    print(manifest.count() - done)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_a_file_that_cannot_grow_is_told_and_its_rows_stay(base: Path, spawn: Spawn) -> None:
    with spawn(LIMITED, base) as child:
        said, _ = child.communicate(timeout=20)
    assert said.splitlines()[0].startswith("the state could not be written: the disk")
    assert said.splitlines()[1] == "1"


def test_what_is_only_looked_at_cannot_be_written(base: Path) -> None:
    with Database.open(base) as database:
        SqliteManifest(database).record([row("a")])
    with Database.look(base) as database:
        manifest = SqliteManifest(database)
        assert everything(manifest) == [row("a")]
        with pytest.raises(StateError, match="only looked at"):
            manifest.record([row("b")])
        with pytest.raises(StateError, match="only looked at"):
            manifest.intend([Intent("b", SideName.LEFT, "")])
        with pytest.raises(StateError, match="only looked at"):
            manifest.set_meta("k", "v")
        assert everything(manifest) == [row("a")]


def test_looking_sees_what_a_running_sync_records(base: Path) -> None:
    with Database.open(base) as running, Database.look(base) as looking:
        SqliteManifest(running).record([row("a")])
        assert everything(SqliteManifest(looking)) == [row("a")]
        looking.close()
        SqliteManifest(running).record([row("b")])
    with Database.open(base) as database:
        assert SqliteManifest(database).count() == 2


def test_a_closed_state_says_so(base: Path) -> None:
    with Database.open(base) as database:
        manifest = SqliteManifest(database)
    database.close()
    with pytest.raises(StateError):
        manifest.record([row("a")])
    with pytest.raises(StateError, match="closed"):
        manifest.get("a")
