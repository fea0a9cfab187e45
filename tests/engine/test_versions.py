"""Versions in the trash, and how they come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from buckia.errors import AlreadyRunning, ConfigError
from tests.engine.bench import OLD, SECOND, Bench

Made = Callable[..., Bench]


@pytest.fixture
def replaced(bench: Bench) -> Bench:
    """Three versions of `a` went to the trash; the fourth is there. `gone` was deleted."""
    bench.put_here("a", "first", OLD)
    bench.put_here("gone", "the only one", OLD)
    bench.put_here("rest", "rest")
    bench.sync()
    for n, text in enumerate(("second", "third", "fourth")):
        bench.put_there("a", text, OLD + (n + 1) * SECOND)
        bench.sync()
    bench.drop_there("gone")
    bench.sync(delete_orphaned=True)
    return bench


def test_the_trash_lists_versions_newest_first(replaced: Bench) -> None:
    with replaced.client() as client:
        assert [one.path.read_bytes() for one in client.versions("a")] == [
            b"third",
            b"second",
            b"first",
        ]
        assert [one.key for one in client.versions()] == ["gone", "a", "a", "a"]
        assert list(client.versions("nothing")) == []
        one = next(client.versions("gone"))
    assert (one.size, one.mtime_ns) == (len("the only one"), OLD)
    assert one.reason


def test_versions_of_a_folder_are_listed_by_its_name_with_a_slash(bench: Bench) -> None:
    for key in ("d/a", "d/e/b", "dx"):
        bench.put_here(key, key)
    bench.put_here("rest", "rest")
    bench.sync()
    bench.drop_there("d/a", "d/e/b", "dx")
    bench.sync(delete_orphaned=True)
    with bench.client() as client:
        assert {one.key for one in client.versions("d/")} == {"d/a", "d/e/b"}


def test_the_last_version_comes_back_over_the_one_that_is_there(replaced: Bench) -> None:
    with replaced.client() as client:
        back = client.restore("a")
        assert replaced.here()["a"] == b"third"
        assert back.path == "a"
        assert back.file == replaced.root / "a"
        assert back.kept is not None
        assert back.kept.read_bytes() == b"fourth"
        assert next(client.versions("a")).path.read_bytes() == b"fourth"
    result = replaced.done()
    assert result.uploaded == 1
    assert replaced.there()["a"] == b"third"


def test_a_restored_file_has_its_time_again(replaced: Bench) -> None:
    with replaced.client() as client:
        client.restore("gone")
    assert (replaced.root / "gone").stat().st_mtime_ns == OLD


def test_a_deleted_file_comes_back_and_travels_again(replaced: Bench) -> None:
    with replaced.client() as client:
        back = client.restore("gone")
    assert back.kept is None
    replaced.done(delete_orphaned=True)
    assert replaced.there()["gone"] == b"the only one"


def test_the_version_that_was_current_at_a_time_comes_back(replaced: Bench) -> None:
    with replaced.client() as client:
        times = [one.when for one in client.versions("a")]
        client.restore("a", before=times[2])
        assert replaced.here()["a"] == b"first"
        client.restore("a", before=times[1] - timedelta(microseconds=1))
        assert replaced.here()["a"] == b"second"


TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize("before", [None, TOMORROW], ids=["any", "after the last one"])
def test_what_the_trash_does_not_hold_is_an_error(replaced: Bench, before: datetime | None) -> None:
    with replaced.client() as client, pytest.raises(ConfigError, match="trash holds no version"):
        client.restore("a" if before else "never-there", before=before)


def test_a_version_of_the_bucket_comes_back_here(bench: Bench) -> None:
    bench.put_here("a", "agreed")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_here("a", "edited here")
    bench.put_there("a", "edited there")
    bench.sync(conflict_resolution="local_wins")
    with bench.client() as client:
        client.restore("a")
    assert bench.here()["a"] == b"edited there"
    bench.done()
    assert bench.there()["a"] == b"edited there"


def test_a_version_comes_back_to_its_own_root(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "to": "extra/", "direction": "both"}])
    for key in ("demo/a", "extra/b", "extra/c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_there("extra/b", "edited there")
    bench.sync()
    with bench.client() as client:
        back = client.restore("extra/b")
    assert back.file == bench.root / "extra/b"
    assert bench.here()["extra/b"] == b"agreed extra/b"


def test_a_version_comes_back_to_its_own_root_though_another_comes_first(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "direction": "both"}])
    for key in ("demo/a", "extra/b", "extra/c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_there("b", "edited there")
    bench.sync()
    with bench.client() as client:
        back = client.restore("b")
    assert back.file == bench.root / "extra/b"
    assert bench.here().keys() == {"demo/a", "extra/b", "extra/c"}


def test_a_version_of_a_mapped_file_comes_back_to_that_file(made: Made) -> None:
    bench = made(paths=["root"], files={"settings.json": "config/settings.json"})
    bench.put_here("root/a", "a")
    bench.put_here("settings.json", "agreed")
    bench.sync()
    bench.put_there("config/settings.json", "edited there")
    bench.sync()
    with bench.client() as client:
        back = client.restore("config/settings.json")
    assert back.file == bench.root / "settings.json"
    assert bench.here()["settings.json"] == b"agreed"


def test_a_version_whose_root_is_gone_from_the_configuration_is_named(made: Made) -> None:
    bench = made(paths=["demo", {"path": "extra", "to": "extra/", "direction": "both"}])
    for key in ("demo/a", "extra/b", "extra/c"):
        bench.put_here(key, f"agreed {key}")
    bench.sync()
    bench.put_there("extra/b", "edited there")
    bench.sync()
    with bench.client(paths=["demo"]) as client:
        back = client.restore("extra/b")
    assert back.file == bench.root / "demo/extra/b"


def test_restoring_waits_for_no_running_sync(replaced: Bench) -> None:
    errors: list[Exception] = []

    def restore() -> None:
        with replaced.client() as client:
            try:
                client.restore("gone")
            except AlreadyRunning as error:
                errors.append(error)

    replaced.between = restore
    replaced.put_here("a", "edited")
    replaced.sync()
    assert len(errors) == 1


@pytest.mark.parametrize("days", [0, 30])
def test_without_days_in_the_trash_nothing_is_kept(made: Made, days: int) -> None:
    bench = made(trash_days=days)
    bench.put_here("a", "agreed")
    bench.put_here("gone", "gone")
    bench.put_here("rest", "rest")
    bench.sync()
    bench.put_there("a", "edited there")
    bench.drop_there("gone")
    bench.sync(delete_orphaned=True)
    assert {one.key for one in bench.trash()} == ({"a", "gone"} if days else set())
    assert bench.here() == {"a": b"edited there", "rest": b"rest"}
