from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from buckia.model import Agreed, Forgotten
from buckia.state.cache import DigestCache, Known
from buckia.state.database import Database
from buckia.state.manifest import SqliteManifest
from buckia.state.seam import DamagedState

MD5 = {"md5": "ab" * 16}
SHA = {"sha256": "cd" * 32}


def stored(database: Database) -> int:
    with database.snapshot() as connection:
        ((number,),) = connection.execute("SELECT count(*) FROM known").fetchall()
    return int(number)


def test_a_digest_is_known_for_its_key_origin_and_version_only(database: Database) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("k", "1", MD5, "root/")])
    for _ in ("before it is written", "after"):
        assert cache.get("k", "root/", "1") == MD5
        assert cache.get("k", "root/", "2") is None
        assert cache.get("k", "", "1") is None
        assert cache.get("other", "root/", "1") is None
        cache.flush()


def test_digests_outlive_the_process(base: Path) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.put_many([Known("k", "1", {**MD5, **SHA}), Known("x", "1", {"crc64": "odd"})])
        cache.close()
    with Database.open(base) as database:
        assert DigestCache(database).get("k", "", "1") == {**MD5, **SHA}
        assert DigestCache(database).get("x", "", "1") == {"crc64": "odd"}


def test_an_unsettled_version_is_never_kept(database: Database) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("k", "12~34", MD5), Known("empty", "1", {})])
    assert cache.get("k", "", "12~34") is None
    cache.flush()
    assert stored(database) == 0


def test_further_digests_of_a_version_join_and_another_version_replaces(
    database: Database,
) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("k", "1", MD5)])
    cache.put_many([Known("k", "1", SHA)])
    assert cache.get("k", "", "1") == {**MD5, **SHA}
    cache.put_many([Known("k", "2", MD5)])
    assert cache.get("k", "", "1") is None
    cache.flush()
    cache.put_many([Known("k", "2", SHA)])
    cache.flush()
    assert cache.get("k", "", "2") == {**MD5, **SHA}
    cache.put_many([Known("k", "3", SHA)])
    cache.flush()
    assert cache.get("k", "", "3") == SHA
    assert stored(database) == 1


def test_much_is_written_in_bulk_without_being_asked(database: Database) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("one", "1", MD5)])
    assert stored(database) == 0
    cache.put_many(Known(f"{n}", "1", MD5) for n in range(2500))
    assert stored(database) == 2501


def test_what_is_dropped_in_time_is_never_written(database: Database) -> None:
    """Twenty thousand files that are there on both sides are recorded, and not remembered first."""
    cache = DigestCache(database)
    cache.put_many([Known("k", "1", MD5), Known("k", "1", MD5, "o/"), Known("other", "1", MD5)])
    cache.drop({"k", "unknown"})
    assert cache.get("k", "", "1") is None
    assert cache.get("k", "o/", "1") is None
    assert cache.get("other", "", "1") == MD5
    cache.flush()
    assert stored(database) == 1


@pytest.mark.parametrize("change", [Agreed("k", "1", "r", 1, ""), Forgotten("k")])
def test_recording_a_key_drops_its_digests(database: Database, change: Agreed | Forgotten) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("k", "1", MD5), Known("k", "1", MD5, "o/"), Known("other", "1", MD5)])
    cache.flush()
    SqliteManifest(database).record([change])
    assert cache.get("k", "", "1") is None
    assert cache.get("k", "o/", "1") is None
    assert cache.get("other", "", "1") == MD5


def test_what_no_recent_complete_run_used_is_dropped(base: Path) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.put_many([Known("used", "1", MD5), Known("unused", "1", MD5)])
        cache.prune(keep=2)
    for known in (MD5, None, None):
        with Database.open(base) as database:
            cache = DigestCache(database)
            assert cache.get("used", "", "1") == MD5
            cache.prune(keep=2)
            assert cache.get("unused", "", "1") is None or known == MD5
            assert stored(database) == (2 if known else 1)


def test_a_run_that_was_not_complete_drops_nothing(base: Path) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.put_many([Known("k", "1", MD5)])
        cache.close()
    for _ in range(5):
        with Database.open(base) as database:
            DigestCache(database).close()
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.prune(keep=1)
        assert stored(database) == 1
        cache.prune(keep=1)
        assert stored(database) == 0


def test_many_hits_are_noted_without_being_asked(base: Path) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.put_many(Known(f"{n}", "1", MD5) for n in range(3000))
        cache.prune(keep=1)
        for n in range(2500):
            cache.get(f"{n}", "", "1")
        assert len(cache._hit) < 1000
        cache.prune(keep=1)
        assert stored(database) == 2500


def test_an_empty_cache_writes_nothing_and_asks_nothing(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)

        def fail(*_words: object) -> None:
            raise AssertionError

        with monkeypatch.context() as patch:
            patch.setattr(Database, "write", fail)
            patch.setattr(Database, "snapshot", fail)
            assert cache.get("k", "", "1") is None
            cache.prune()
            cache.close()


def test_looking_finds_what_is_known_and_keeps_nothing(base: Path) -> None:
    with Database.open(base) as database:
        cache = DigestCache(database)
        cache.put_many([Known("k", "1", MD5)])
        cache.prune()
    before = base.read_bytes()
    with Database.look(base) as database:
        cache = DigestCache(database)
        assert cache.get("k", "", "1") == MD5
        cache.put_many([Known("new", "1", MD5)])
        assert cache.get("new", "", "1") is None
        cache.prune()
        cache.close()
    assert base.read_bytes() == before


def test_a_count_of_runs_that_is_no_number_is_damage(base: Path) -> None:
    with Database.open(base) as database:
        SqliteManifest(database).set_meta("complete runs", "many")
        with pytest.raises(DamagedState):
            DigestCache(database)
    with Database.open(base) as database:
        assert len(database.notices) == 1
        DigestCache(database)


def test_a_digest_that_cannot_be_read_is_damage(database: Database) -> None:
    cache = DigestCache(database)
    cache.put_many([Known("k", "1", MD5)])
    cache.flush()

    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE known SET digests = x'07'")

    database.write(spoil)
    with pytest.raises(DamagedState):
        cache.get("k", "", "1")
    cache.put_many([Known("k", "1", SHA)])
    with pytest.raises(DamagedState):
        cache.flush()
