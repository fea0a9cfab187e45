"""The judge finds fault with what is wrong; else all that it lets pass would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.torture.session import Failed
from tests.torture.wire.budget import budget
from tests.torture.wire.judge import MEMORY, calm, judged
from tests.torture.wire.line import Due
from tests.torture.wire.place import Place, stand
from tests.torture.wire.play import Cell, play, within_budget
from tests.torture.wire.scenes import settled
from tests.torture.wire.yard import Ended

SECRET = "torture-secret"
FINE = Ended(code=0, said="", told={"buckets": [{"failed": []}]}, waits=(), grown=0)
ERROR = {"kind": "Unavailable", "message": "no answer"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with stand(tmp_path_factory.mktemp("judge"), "bunny") as here, here.place(seed=1) as place:
        settled(place)
        yield place


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"code": None}, "hangs"),
        ({"code": 70}, "ended with 70"),
        ({"code": 1}, "does not say why"),
        ({"said": "Traceback (most recent call last)"}, "Traceback"),
        ({"said": f"the password {SECRET} was refused"}, "secret"),
        ({"waits": (-1.0,)}, "pauses"),
        ({"waits": (31536000.0,)}, "pauses"),
        ({"grown": MEMORY}, "MiB"),
    ],
)
def test_what_a_run_may_not_do_is_noticed(place: Place, change: dict[str, Any], word: str) -> None:
    judged(place, FINE)
    with pytest.raises(AssertionError, match=word):
        judged(place, msgspec.structs.replace(FINE, **change))


def test_a_run_that_says_all_is_done_while_one_side_lacks_something_is_noticed(
    place: Place,
) -> None:
    place.ground.put("more.txt", b"more")
    with pytest.raises(AssertionError, match=r"only one side has \['more.txt'\]"):
        judged(place, FINE)
    place.ground.remove("more.txt")


def test_what_vanished_is_noticed_whatever_a_run_says_of_it(place: Place) -> None:
    place.at_stake.add(b"never written anywhere")
    failed = msgspec.structs.replace(FINE, code=4, told={"error": ERROR})
    with pytest.raises(AssertionError, match="lost"):
        judged(place, failed)
    with pytest.raises(AssertionError, match="lost"):
        calm(place)
    place.give_up(b"never written anywhere")


def test_more_requests_than_tries_are_noticed(place: Place) -> None:
    place.line.harm([Due(lambda talk: talk.pass_on(talk.answer()), "list", often=True)])
    assert place.run().code == 0
    within_budget(place, "list")
    for _ in range(budget("bunny", "list")):
        place.line.harm_of(place.line.seen[0])
    with pytest.raises(AssertionError, match="more requests than tries"):
        within_budget(place, "list")
    place.line.harm([])


def test_a_failure_says_how_to_see_it_again(tmp_path: Path) -> None:
    with stand(tmp_path, "bunny") as here, pytest.raises(Failed) as failed:
        play(here, Cell("bunny", "503", "part", often=False), 3)
    told = str(failed.value)
    assert "no request of this kind was made" in told
    assert "--ground 'bunny' --fault '503' --kind 'part' --seed 3" in told
