"""Which names a folder can hold, and which of them it takes for one another."""

import os
import sys
from pathlib import Path

import pytest

from buckia.body import BytesBody
from buckia.errors import InvalidKey
from buckia.stores.local import Folding, LocalStore, names
from buckia.stores.local.folders import open_folder
from buckia.stores.local.folding import GUESS, folding


@pytest.mark.parametrize(
    "key",
    ["CON", "a/nul.txt", "lpt1", "com\u00b9.x", "aux/b", "a.", "a /b", "b./c", "a:b", 'q"', "x?"],
)
def test_windows_has_names_of_its_own(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names.windows_problem(key)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(InvalidKey):
        names.insist(key)


@pytest.mark.parametrize("key", ["console", "a/nul0.txt", "lpt", "com10", ".a", "a.b/c d/e", "ä"])
def test_and_leaves_the_others_alone(key: str) -> None:
    assert names.windows_problem(key) is None


def test_what_windows_cannot_hold_is_fine_elsewhere(store: LocalStore, root: Path) -> None:
    for key in ("CON", "a.", "a b:c?"):
        store.write(key, BytesBody(data=b"x"))
    assert len(list(root.iterdir())) == 3
    assert store.traits.forbidden == ""


class FoldingFolder:
    """As `os.stat` behaves where case does not count."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.stat

        def stat(path: str | int, **how: int) -> os.stat_result:
            try:
                return real(path, **how)  # type: ignore[arg-type]
            except FileNotFoundError:
                return real(str(path).swapcase(), **how)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "stat", stat)


def test_folding_is_read_from_a_name_that_is_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "Name").touch()
    with open_folder(str(root)) as folder:
        assert folding(folder, None, "me").case is (root / "nAME").exists()
        FoldingFolder(monkeypatch)
        assert folding(folder, None, "me").case is True


def test_hard_links_in_both_cases_say_nothing_of_folding(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "name").touch()
    os.link(root / "name", root / "NAME")
    with open_folder(str(root)) as folder:
        assert folding(folder, None, "me") == GUESS
        (root / "folder").mkdir()
        FoldingFolder(monkeypatch)
        assert folding(folder, None, "me").case is True


def test_two_files_that_differ_in_case_show_that_it_counts(root: Path) -> None:
    (root / "name").touch()
    (root / "NAME").touch()
    with open_folder(str(root)) as folder:
        assert folding(folder, None, "me").case is False


def test_an_empty_root_is_judged_by_the_probe(
    root: Path, probe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_folder(str(root)) as folder:
        really = Folding(case=False, form=False)
        if sys.platform == "linux":
            assert folding(folder, probe, "me") == really
        assert list(probe.iterdir()) == []
        assert folding(folder, None, "me") == GUESS
        assert folding(folder, probe / "missing", "me") == GUESS
        monkeypatch.setattr("buckia.stores.local.folders.Folder.is_free", lambda _s, _n: False)
        assert folding(folder, probe, "me") == Folding(case=True, form=True)


def test_traits_can_be_told_and_are_found_out_once(root: Path, probe: Path) -> None:
    told = LocalStore(root, tag="me", folds=Folding(case=True, form=True))
    assert told.traits.folds_case
    assert told.traits.folds_form
    store = LocalStore(root, tag="me", probe=probe)
    assert store.traits is store.traits
    store.close()
    told.close()


def test_traits_of_a_missing_root_are_a_guess_and_not_kept(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "missing", tag="me")
    assert store.traits.folds_case is GUESS.case
    assert store.traits is not store.traits
    (tmp_path / "missing").mkdir()
    assert store.traits is store.traits
    store.close()
