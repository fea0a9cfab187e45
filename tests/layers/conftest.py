from __future__ import annotations

import pytest

from tests import quick


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    quick.quick_disk(monkeypatch)
