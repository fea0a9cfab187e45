"""Runs single cases of the kit on a store, without a test session around them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buckia.protocols import Storage
from buckia.stores.memory import MemoryStore
from buckia.testing import StorageConformance
from buckia.testing.kit import Described


class Examined(StorageConformance):
    """The kit as it is, but quick."""

    large = 2 * 2**20

    def __init__(self, opened: Storage) -> None:
        self.opened = opened

    def reopen(self) -> Storage:
        reopened: Callable[[], Storage] = getattr(self.opened, "reopened", lambda: self.opened)
        return reopened()

    def described(self, storage: Storage, key: str) -> Described | None:
        assert isinstance(storage, MemoryStore)
        stored = storage.stored(key)
        return stored.content_type, stored.metadata


def case_names() -> list[str]:
    return sorted(name for name in dir(Examined) if name.startswith("test_"))


def variants(case: str) -> Iterator[dict[str, Any]]:
    """The arguments of each run of a case, as its marks list them."""
    marks = getattr(getattr(Examined, case), "pytestmark", [])
    tables = []
    for mark in marks:
        assert mark.name == "parametrize"
        wanted, values = mark.args
        words = wanted.split(",") if isinstance(wanted, str) else list(wanted)
        rows = [row if len(words) > 1 else (row,) for row in values]
        tables.append([dict(zip(words, row, strict=True)) for row in rows])
    for choice in itertools.product(*tables):
        yield {name: value for table in choice for name, value in table.items()}


def failure(case: str, make: Callable[[], Storage], folder: Path) -> str | None:
    """How a case fails on such a store, in any variant; None where all pass or are skipped."""
    for number, arguments in enumerate(variants(case)):
        storage = make()
        method = getattr(Examined(storage), case)
        given: dict[str, Any] = {"storage": storage, **arguments}
        if "tmp_path" in inspect.signature(method).parameters:
            given["tmp_path"] = folder / f"{case[:40]}-{number}"
            given["tmp_path"].mkdir()
        try:
            method(**given)
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - any of them is a failed case
            return f"{arguments}: {type(error).__name__}: {error}"
    return None
