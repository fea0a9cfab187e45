from __future__ import annotations

from pathlib import Path

import pytest

from tests.merging.files import Three


@pytest.fixture
def three(tmp_path: Path) -> Three:
    return Three(tmp_path)
