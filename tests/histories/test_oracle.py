"""The oracle itself, against examples that anybody can check by hand."""

from __future__ import annotations

import pytest

from tests.histories.oracle import (
    ASK,
    KEEP_BOTH,
    LOCAL_WINS,
    NEWEST_WINS,
    PULL,
    PUSH,
    REMOTE_WINS,
    Expected,
    File,
    Rules,
    expect,
)

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


def tree(**files: str) -> dict[str, File]:
    return {
        key.replace("__", "/"): File(text.encode(), 1_600_000_000 * SECOND)
        for key, text in files.items()
    }


def after(
    left: dict[str, File], right: dict[str, File], base: dict[str, str], rules: Rules | None = None
) -> Expected:
    agreed = {key.replace("__", "/"): text.encode() for key, text in base.items()}
    return expect(left, right, agreed, rules or Rules(), now_ns=NOW)


@pytest.mark.parametrize(
    ("left", "right", "deletes", "held"),
    [
        ("old", "old", False, "old"),
        ("new", "old", False, "new"),
        ("old", "new", False, "new"),
        ("new", "new", False, "new"),
        (None, "old", False, "old"),
        ("old", None, False, "old"),
        (None, "old", True, None),
        ("old", None, True, None),
        (None, None, False, None),
        ("new", None, True, "new"),
        (None, "new", True, "new"),
    ],
)
def test_the_table_is_the_one_of_the_manual(
    left: str | None, right: str | None, deletes: bool, held: str | None
) -> None:
    found = after(
        tree(a=left) if left else {},
        tree(a=right) if right else {},
        {"a": "old"},
        Rules(delete_orphaned=deletes),
    )
    wanted = {"a": held.encode()} if held else {}
    assert found.left == found.right == found.base == wanted
    edited_and_deleted = {left, right} == {"new", None}
    assert found.must_report == (frozenset("a") if edited_and_deleted else frozenset())


@pytest.mark.parametrize(
    ("policy", "left", "right", "copied", "kept"),
    [
        (LOCAL_WINS, b"L", b"L", [], {("a", b"R")}),
        (REMOTE_WINS, b"R", b"R", [], {("a", b"L")}),
        (KEEP_BOTH, b"R", b"R", [b"L"], set()),
        (NEWEST_WINS, b"R", b"R", [b"L"], set()),
        (ASK, b"L", b"R", [], set()),
        (None, b"L", b"L", [], {("a", b"R")}),
    ],
)
def test_a_conflict_ends_as_its_policy_says(
    policy: str | None, left: bytes, right: bytes, copied: list[bytes], kept: set[object]
) -> None:
    found = after(tree(a="L"), tree(a="R"), {"a": "old"}, Rules(policy=policy))
    assert (found.left["a"], found.right["a"]) == (left, right)
    assert [copy.file.data for copy in found.copies] == copied
    assert found.trash == kept
    assert found.must_report == {"a"}


def test_without_a_base_and_a_policy_both_are_kept() -> None:
    found = after(tree(a="L"), tree(a="R"), {})
    assert [copy.file.data for copy in found.copies] == [b"L"]


@pytest.mark.parametrize(
    ("left_age", "right_age", "winner"),
    [(10, 20, b"L"), (20, 10, b"R"), (10, 11, None), (-60, 20, None)],
)
def test_the_newest_wins_only_where_times_can_be_trusted(
    left_age: int, right_age: int, winner: bytes | None
) -> None:
    left = {"a": File(b"L", NOW - left_age * SECOND)}
    right = {"a": File(b"R", NOW - right_age * SECOND)}
    found = after(left, right, {"a": "old"}, Rules(policy=NEWEST_WINS))
    assert bool(found.copies) is (winner is None)
    assert found.left["a"] == (winner or b"R")


def test_a_push_makes_the_bucket_like_the_folder_and_reports_what_was_changed_there() -> None:
    found = after(tree(a="L"), tree(a="R", b="R"), {"a": "old"}, Rules(PUSH))
    assert found.right == {"a": b"L", "b": b"R"}
    assert found.left == found.base == {"a": b"L"}
    assert found.trash == {("a", b"R")}
    assert found.must_report == {"a"}


def test_a_push_with_deletions_makes_an_exact_mirror() -> None:
    rules = Rules(PUSH, delete_orphaned=True)
    found = after(tree(a="L"), tree(b="R", c="old"), {"c": "old"}, rules)
    assert found.right == found.left == {"a": b"L"}
    assert found.moved == {b"R"}


def test_a_pull_is_the_mirror_image() -> None:
    found = after(tree(a="L", b="L"), tree(a="R"), {"a": "old"}, Rules(PULL))
    assert found.left == {"a": b"R", "b": b"L"}
    assert found.right == {"a": b"R"}
    assert found.trash == {("a", b"L")}


def test_where_a_file_and_a_folder_meet_the_folder_keeps_the_name() -> None:
    found = after(tree(a__b="L"), tree(a="old"), {"a": "old"})
    assert found.left == found.right == {"a/b": b"L"}
    assert [(copy.key, copy.file.data) for copy in found.copies] == [("a", b"old")]


def test_a_file_that_was_deleted_for_a_folder_makes_no_copy_where_deletions_travel() -> None:
    found = after(tree(a__b="L"), tree(a="old"), {"a": "old"}, Rules(delete_orphaned=True))
    assert found.left == found.right == {"a/b": b"L"}
    assert not found.copies
