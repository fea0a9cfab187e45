"""The list fits the packages as they are, and whoever plays it is not easily fooled."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.torture.mutations import playing
from tests.torture.mutations.catalogue import MUTATIONS
from tests.torture.mutations.mutation import Mutation, Unfit, mutated
from tests.torture.mutations.playing import Player, can_be_played
from tests.torture.mutations.witness import Ending
from tests.torture.mutations.workshop import ROOT, found, sources

PLAYED = (
    "what was refused is tried again",
    "a lock file that was removed in between guards all the same",
    "the bytes of a fetched version in the trash are never flushed",
)
KEYS = Mutation(
    name="nothing that matters",
    file="buckia/keys.py",
    text="    if not _UNSOUND.search(key):\n",
    instead="    if _UNSOUND.search(key) is None:\n",
    why="the same in other words",
    tests=(
        "tests/core/test_keys.py::test_a_key_that_nobody_may_act_upon_is_named_with_its_reason",
    ),
)


def changed(**what: Any) -> Mutation:
    return msgspec.structs.replace(KEYS, **what)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_measure_is_found_once_and_can_be_taken_away(mutation: Mutation) -> None:
    path = found(mutation.file, sources())
    assert mutated(mutation, path.read_text("utf-8")) != path.read_text("utf-8")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_the_tests_that_are_asked_are_there(mutation: Mutation) -> None:
    assert mutation.tests
    for test in mutation.tests:
        file, *names = test.split("::")
        text = (ROOT / file).read_text("utf-8")
        assert all(f"def {name}(" in text or f"class {name}" in text for name in names), test


def test_no_two_measures_have_one_name() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)


def test_what_is_not_found_once_or_makes_no_python_is_told() -> None:
    source = "a = 1\nb = 1\n"
    for text, instead in (("c", "d"), ("= 1", "= 2"), ("a = 1", "a = (")):
        with pytest.raises(Unfit):
            mutated(changed(text=text, instead=instead), source)
    with pytest.raises(Unfit):
        found("buckia/nowhere.py", sources())


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    return Player(tmp_path_factory.mktemp("mutations"))


def test_some_are_really_played_and_caught(player: Player) -> None:
    some = [one for one in MUTATIONS if one.name in PLAYED]
    left_out = player.prove(some)
    assert [bool(player.play(one, left_out)) for one in some] == [True] * len(PLAYED)
    assert not player.survivors


def test_a_change_that_takes_nothing_away_survives(player: Player) -> None:
    assert not player.play(KEYS, {})
    assert "noticed nothing" in player.survivors.pop()


def test_code_that_merely_breaks_is_not_caught(player: Player) -> None:
    broken = changed(
        text="def problem(key: str) -> str | None:\n    ", instead="def problem():\n    "
    )
    for one in (broken, changed(instead="    if not _UNSOUND.serach(key):\n")):
        assert not player.play(one, {})
        assert "the code broke" in player.survivors.pop()


@pytest.mark.parametrize(
    ("endings", "why"),
    [
        ([Ending("a.py::test_a", "failed", ("AssertionError",), "no")], "though nothing is gone"),
        ([Ending("b.py::test_b", "passed")], "there is no test a.py"),
    ],
)
def test_tests_that_do_not_pass_while_nothing_is_gone_prove_nothing(
    player: Player, monkeypatch: pytest.MonkeyPatch, endings: list[Ending], why: str
) -> None:
    monkeypatch.setattr(playing, "ask", lambda *_given, **_how: endings)
    with pytest.raises(Unfit, match=why):
        player.prove([changed(tests=("a.py",))])


def test_tests_that_are_left_out_here_are_told(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings = [
        Ending("a.py::test_a[1]", "skipped", said="not here"),
        Ending("b.py::test_b", "passed"),
    ]
    monkeypatch.setattr(playing, "ask", lambda *_given, **_how: endings)
    mutation = changed(tests=("a.py::test_a", "b.py"))
    left_out = player.prove([mutation])
    assert left_out == {"a.py::test_a": "not here"}
    assert can_be_played(mutation, left_out)
    assert not can_be_played(changed(tests=("a.py::test_a",)), left_out)
