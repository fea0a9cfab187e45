"""What is to be cleared is remembered by whoever changed it, until it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from buckia_bunny.cdn.pending import Pending


def test_it_is_noted_before_anything_happens(tmp_path: Path) -> None:
    Pending(tmp_path / "notes").add("a")
    assert Pending(tmp_path / "notes").claim() == ("a",)


def test_names_of_any_kind_are_noted(tmp_path: Path) -> None:
    names = ("a\nb", "ä", '"', "\\", "\u2028", "")
    pending = Pending(tmp_path)
    for name in names:
        pending.add(name)
    assert set(Pending(tmp_path).claim()) == set(names)


def test_what_is_settled_is_gone_and_what_is_left_stays(tmp_path: Path) -> None:
    pending = Pending(tmp_path)
    pending.add("a")
    pending.add("b")
    assert pending.claim() == ("a", "b")
    pending.settle(["b"])
    assert Pending(tmp_path).claim() == ("b",)
    assert pending.claim() == ("b",)
    pending.settle(())
    assert list(tmp_path.iterdir()) == []


def test_what_is_noted_meanwhile_is_not_settled_with_the_rest(tmp_path: Path) -> None:
    pending, other = Pending(tmp_path), Pending(tmp_path)
    pending.add("a")
    other.add("b")
    assert pending.claim() == ("a", "b")
    pending.add("a")
    other.add("c")
    pending.settle(())
    assert set(Pending(tmp_path).claim()) >= {"a", "c"}


def test_a_path_is_noted_once(tmp_path: Path) -> None:
    pending = Pending(tmp_path)
    for _ in range(3):
        pending.add("a")
    [file] = tmp_path.iterdir()
    assert file.read_bytes().count(b"\n") == 1


def test_a_line_that_was_cut_hides_no_other(tmp_path: Path) -> None:
    pending = Pending(tmp_path)
    pending.add("a")
    pending.add("b")
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-2])
    assert Pending(tmp_path).claim() == ("a",)


@pytest.mark.parametrize("cut", [b'"a\xff"', b'"\xed\xa0\x80"', b"[" * 100_000, b"\x00"])
def test_a_line_that_was_damaged_hides_no_other(tmp_path: Path, cut: bytes) -> None:
    (tmp_path / "purge-1").write_bytes(cut + b'\n"b"\n')
    assert Pending(tmp_path).claim() == ("b",)


def test_two_that_clear_the_same_do_not_trip_over_each_other(tmp_path: Path) -> None:
    first, second = Pending(tmp_path), Pending(tmp_path)
    first.add("a")
    assert first.claim() == second.claim() == ("a",)
    first.settle(())
    second.settle(())
    assert list(tmp_path.iterdir()) == []
