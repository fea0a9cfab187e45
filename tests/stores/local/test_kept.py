"""A folder that is held open for the next key is used only while the way still leads there."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import InvalidKey, NotFound, VersionMismatch
from buckia.protocols import ABSENT
from buckia.stores.local import LocalStore, kept

NEW = BytesBody(data=b"new")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "e").mkdir(parents=True)
    (folder / "e/secret").write_bytes(b"secret")
    return folder


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("exchanged", ["d", "d/e"])
def test_a_folder_that_became_a_link_is_not_entered_any_more(
    store: LocalStore, root: Path, outside: Path, exchanged: str
) -> None:
    store.write("d/e/own", NEW)
    (root / exchanged).rename(root / "moved")
    (root / exchanged).symlink_to(outside if exchanged == "d" else outside / "e")
    with pytest.raises(NotFound, match="symbolic link"):
        store.read("d/e/secret")
    with pytest.raises(InvalidKey, match="symbolic link"):
        store.write("d/e/new", NEW)
    assert below(outside) == {"e/secret"}
    assert {path.name for path in (root / "moved").rglob("*") if path.is_file()} == {"own"}


@pytest.mark.parametrize("exchanged", ["d", "d/e"])
def test_what_is_written_goes_where_the_key_leads_now(
    store: LocalStore, root: Path, exchanged: str
) -> None:
    store.write("d/e/one", NEW)
    (root / exchanged).rename(root / "moved")
    store.write("d/e/two", NEW)
    assert (root / "d/e/two").exists()
    assert not (root / "d/e/one").exists()
    with pytest.raises(NotFound):
        store.stat("d/e/one")


def test_a_file_is_not_committed_to_a_folder_that_was_moved_away(
    store: LocalStore, root: Path
) -> None:
    staged = store.stage("d/e/one", NEW)
    (root / "d").rename(root / "moved")
    with pytest.raises(VersionMismatch):
        staged.commit(expect=ABSENT)
    assert below(root) == set()


@pytest.mark.parametrize("key", ["one", "d/one"])
def test_another_root_has_other_folders(
    store: LocalStore, root: Path, tmp_path: Path, key: str
) -> None:
    store.write(key, NEW)
    root.rename(tmp_path / "unplugged")
    root.mkdir()
    assert list(store.scan()) == []
    store.write(key, NEW)
    assert below(root) == {key}


def test_a_link_that_is_followed_may_come_to_lead_elsewhere(
    root: Path, probe: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    (root / "link").symlink_to(tmp_path / "first")
    with closing(LocalStore(root, tag="me", probe=probe, follow_symlinks=True)) as store:
        store.write("link/one", NEW)
        (root / "link").unlink()
        (root / "link").symlink_to(tmp_path / "second")
        store.write("link/two", NEW)
    assert below(tmp_path / "first") == {"one"}
    assert below(tmp_path / "second") == {"two"}


def test_a_folder_that_is_exchanged_on_the_way_is_not_held(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was walked to before, and the way is looked at after."""
    steps = kept._steps

    def exchanged(path: str, count: int, *, follow: bool) -> list[tuple[str, os.stat_result]]:
        if not (root / "moved").exists():
            (root / "d").rename(root / "moved")
            (root / "d").mkdir()
        return steps(path, count, follow=follow)

    (root / "d").mkdir()
    (root / "d/one").write_bytes(b"old")
    monkeypatch.setattr(kept, "_steps", exchanged)
    with store.read("d/one") as reading:
        assert reading.read() == b"old"
    store.write("d/two", NEW)
    assert below(root) == {"moved/one", "d/two"}
