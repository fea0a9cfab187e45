"""What the doctor finds, and how a client is opened and closed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from buckia.client import BuckiaClient
from buckia.errors import (
    AccessDenied,
    ConfigError,
)
from buckia.testing.faults import At, Corrupts, denied
from tests.engine import provider
from tests.engine.bench import (
    Bench,
    lacking,
    memory,
)

Made = Callable[..., Bench]


def checks(bench: Bench, **config: Any) -> dict[str, bool | None]:
    with bench.client(**config) as client:
        return {check.name: check.ok for check in client.doctor()}


def test_where_all_is_well_the_doctor_finds_nothing_and_leaves_nothing(bench: Bench) -> None:
    bench.put_there("a", "a")
    found = checks(bench)
    assert found.pop("folder .") is True
    assert set(found.values()) == {True}
    assert set(found) == {
        *("state", "provider", "credentials", "listing", "writing", "reading", "clock"),
        *("conditional writes", "deleting"),
    }
    assert bench.there() == {"a": b"a"}


@pytest.mark.parametrize(
    ("operation", "fault", "fails"),
    [
        ("scan", denied(), "listing"),
        ("write", denied(), "writing"),
        ("read", denied(), "reading"),
        ("read", Corrupts(3), "reading"),
        ("delete", denied(), "deleting"),
        ("stat", denied(), "clock"),
        ("write_if", denied(), "conditional writes"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_the_doctor_says_what_does_not_work(
    bench: Bench, operation: str, fault: Any, fails: str
) -> None:
    bench.script(At(operation, fault))
    found = checks(bench)
    assert [name for name, ok in found.items() if ok is False] == [fails]


def test_the_doctor_tells_when_the_bucket_ignores_conditions(made: Made) -> None:
    from buckia.stores.memory import MemoryStore

    class Careless(MemoryStore):
        def write_if(self, key: str, body: Any, *, expect: Any) -> Any:
            return self.write(key, body)

    assert checks(made(Careless()))["conditional writes"] is False
    assert checks(made(lacking("WritesConditionally")))["conditional writes"] is None


def test_the_doctor_tells_when_the_clocks_are_far_apart(made: Made) -> None:
    from datetime import UTC, datetime

    wrong = memory(clock=lambda: datetime.now(UTC) - timedelta(hours=1))
    assert checks(made(wrong))["clock"] is False


def test_the_doctor_names_a_root_that_is_missing(made: Made) -> None:
    bench = made(paths=["demo", "static"])
    (bench.root / "demo").mkdir()
    found = checks(bench)
    assert found["folder demo"] is True
    assert found["folder static"] is False


def test_the_doctor_says_what_a_provider_or_its_secrets_lack(bench: Bench) -> None:
    found = checks(bench, options={"token": "env:BUCKIA_TEST_THAT_IS_NOT_SET"})
    assert found["credentials"] is False
    assert "listing" not in found
    with BuckiaClient(
        bench.config.replace(provider="unheard-of"),
        local_path=bench.root,
        plugins=provider.plugins(),
    ) as client:
        told = list(client.doctor())
    assert told[-1].name == "provider"
    assert told[-1].ok is False
    assert told[-1].hint


# Opening and closing


def test_a_connection_is_tested_by_the_first_page(made: Made) -> None:
    bench = made(memory(page_size=1), prefix="p/")
    for key in ("p/a", "p/b"):
        bench.put_there(key, key)
    bench.script()
    with bench.client() as client:
        client.test_connection()
        assert bench.store.called("scan") == ["p/"]
        bench.script(At("scan", denied()))
        with pytest.raises(AccessDenied):
            client.test_connection()


def test_closing_closes_the_bucket_and_may_be_repeated(bench: Bench) -> None:
    closed: list[int] = []
    bench.bucket.close = lambda: closed.append(1)  # type: ignore[method-assign]  # to see the call
    with bench.client() as client:
        client.sync()
        client.close()
        client.close()
    assert closed == [1]


def test_one_client_syncs_several_folders_one_after_the_other(bench: Bench, tmp_path: Path) -> None:
    bench.put_there("a", "a")
    with bench.client() as client:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            assert client.sync(tmp_path / name).downloaded == 1
            assert (tmp_path / name / ".buckia.state").is_dir()
    shutil.rmtree(tmp_path / "one")


def test_the_bucket_may_not_lie_in_a_synced_folder(tmp_path: Path) -> None:
    from buckia.config import BucketConfig

    (tmp_path / "here/bucket").mkdir(parents=True)
    config = BucketConfig(
        provider="local", bucket_name="bucket", options={"root": str(tmp_path / "here")}
    )
    with (
        BuckiaClient(config, local_path=tmp_path / "here") as client,
        pytest.raises(ConfigError, match="lie in one another"),
    ):
        client.sync()
