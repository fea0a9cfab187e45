"""A name for a conflict copy is looked for, and not without end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from buckia.diff import Case
from buckia.engine.planning import Namer
from buckia.errors import Unavailable
from buckia.model import BasicEntry


def test_where_every_name_seems_to_be_taken_the_search_ends() -> None:
    asked: list[str] = []

    def stat(name: str, _origin: str) -> BasicEntry:
        asked.append(name)
        return BasicEntry(key=name, size=99, version="another")

    side = SimpleNamespace(stat=stat)
    pair: Any = SimpleNamespace(
        left=side,
        right=side,
        scope=SimpleNamespace(beside=lambda origin, _name: origin),
        state=SimpleNamespace(device="here"),
    )
    prover: Any = None
    entry = BasicEntry(key="a.txt", size=1, version="mine", mtime_ns=1)
    case = Case(key="a.txt", left=entry, right=entry, base=None, origin="")
    with pytest.raises(Unavailable, match=r"no name is free for a copy of a\.txt"):
        Namer(pair, prover, "sha256")._name(case, side="left", entry=entry)  # type: ignore[arg-type]  # it is not looked at
    assert len(asked) == len(set(asked)) < 1000
