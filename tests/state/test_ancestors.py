"""Contents that are kept for merging later edits, by key and digest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.state.ancestors import Ancestors
from buckia.state.reports import Reports

KEY, ONE, OTHER = "a/App.sqlite", "sha256:01", "sha256:02"


def made(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def kept(tmp_path: Path) -> Ancestors:
    ancestors = Ancestors(tmp_path / "ancestors", made)
    ancestors.keep(KEY, ONE, [b"one", b"!"])
    return ancestors


def content(ancestors: Ancestors, *packed: str) -> bytes | None:
    found = ancestors.find(KEY, packed)
    return found.read_bytes() if found is not None else None


def test_any_of_its_digests_finds_a_content(kept: Ancestors) -> None:
    assert content(kept, "md5:00", ONE.upper()) == b"one!"
    assert content(kept, OTHER) is None
    assert kept.find("another", [ONE]) is None


def test_a_digest_never_becomes_a_path(kept: Ancestors, tmp_path: Path) -> None:
    kept.keep(KEY, "sha256:../../../out", [b"x"])
    assert content(kept, "sha256:../../../out") == b"x"
    assert {path.name for path in tmp_path.iterdir()} == {"ancestors"}


def test_half_a_content_is_none(kept: Ancestors) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError

    with pytest.raises(ValueError):
        kept.keep(KEY, OTHER, broken())
    assert content(kept, OTHER) is None


def test_only_what_is_needed_stays(kept: Ancestors, tmp_path: Path) -> None:
    kept.keep(KEY, OTHER, [b"other"])
    (folder,) = (tmp_path / "ancestors").iterdir()
    (folder / "work").mkdir()
    (folder / "work/result").write_bytes(b"of a run that was cut off")
    kept.drop(KEY, but=[OTHER])
    assert (content(kept, ONE), content(kept, OTHER)) == (None, b"other")
    assert not (folder / "work").exists()
    assert list(kept.keys()) == [KEY]
    kept.drop(KEY)
    assert list(kept.keys()) == []


def test_a_room_is_empty_and_gone_afterwards(kept: Ancestors) -> None:
    with kept.room(KEY) as room:
        (room / "left").write_bytes(b"x")
        with kept.room(KEY) as again:
            assert list(again.iterdir()) == []
    assert not room.exists()


def test_reports_have_names_of_their_own_whatever_the_key(tmp_path: Path) -> None:
    reports = Reports(tmp_path / "conflicts", made)
    one, other = (reports.place(key, "rows") for key in ("../a b", ".-a-b"))
    assert one.parent == other.parent == tmp_path / "conflicts"
    assert one != other
    assert one == reports.place("../a b", "rows")
    assert one != reports.place("../a b", "other rows")
