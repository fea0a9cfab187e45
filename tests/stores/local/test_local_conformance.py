"""A folder keeps every promise of a storage, as a side of its own and as a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.protocols import Storage
from buckia.provider import Context
from buckia.stores.app import AppFolder
from buckia.stores.local import LocalStore, plugin, renames, system
from buckia.testing import StorageConformance
from buckia.testing.cases.asking import BegunReads
from buckia.testing.cases.conditions import ConditionalDeletes, ConditionalWrites
from buckia.testing.cases.copies import Copies, Moves
from buckia.testing.cases.extras import Identities
from buckia.testing.cases.staging import Retiring, Staging
from buckia.testing.cases.together import StagingTogether
from buckia.testing.cases.traits import Facts
from buckia.testing.kit import Kit


class Opened(Kit):
    settling = 1.0

    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[Storage]:
        self.base = tmp_path / "base"
        (self.base / "bucket").mkdir(parents=True)
        (self.base / ".buckia.state").mkdir()
        store = self.reopen()
        yield store
        store.close()

    def reopen(self) -> Storage:
        return LocalStore(self.base / "bucket", tag="me", probe=self.base / ".buckia.state")


class TestFolder(Opened, StorageConformance):
    pass


class TestFolderOfAnApp(Opened, StorageConformance):
    """Its databases go through SQLite, and all else is as in any folder."""

    def reopen(self) -> Storage:
        return AppFolder(self.base / "bucket", tag="me", probe=self.base / ".buckia.state")


class TestBucket(
    Opened,
    ConditionalWrites,
    ConditionalDeletes,
    BegunReads,
    StagingTogether,
    Facts,
    Identities,
):
    def reopen(self) -> Storage:
        context = Context(bucket_name="bucket", base=self.base, tag="me")
        return plugin.open_bucket(plugin.Options(), context)


class TestFolderWithoutAProbe(Opened, ConditionalWrites, ConditionalDeletes):
    """Where two seconds have to pass before a version proves anything."""

    def reopen(self) -> Storage:
        return LocalStore(self.base / "bucket", tag="me")


class TestFolderThatFollowsLinks(Opened, Staging, StagingTogether, Retiring, Moves):
    def reopen(self) -> Storage:
        probe = self.base / ".buckia.state"
        return LocalStore(self.base / "bucket", tag="me", probe=probe, follow_symlinks=True)


class TestFolderOfAPlainSystem(Opened, ConditionalWrites, Copies, Moves, Staging, StagingTogether):
    """No lookups relative to handles and no special renames, only paths and links."""

    @pytest.fixture(autouse=True)
    def _plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "HANDLES", False)
        monkeypatch.setattr(renames, "special_rename", lambda _kind: None)
