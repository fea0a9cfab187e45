"""Every promise that a store makes, kept by this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia.protocols import Storage
from buckia.testing import StorageConformance
from buckia_onefile.store import OneFile


class TestOneFile(StorageConformance):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        self.path = tmp_path / "bucket.sqlite"
        return OneFile(self.path)

    def reopen(self) -> Storage:
        return OneFile(self.path)
