"""IDs: what docs/vectors/ids.json shows, and that nobody gets one twice or in the wrong order."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log2
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import ids
from buckia.ids import ChangeIds, is_change_id, is_user_id, new_change_id, new_user_id, short

PATH = Path(__file__).parents[2] / "docs/vectors/ids.json"
VECTORS = json.loads(PATH.read_text(encoding="utf-8"))
NOW = datetime(2025, 1, 1, tzinfo=UTC)
ZONED = st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1))  # noqa: DTZ001 - Hypothesis adds the zone


@pytest.mark.parametrize(("kind", "test"), [("user_ids", is_user_id), ("change_ids", is_change_id)])
def test_ids_are_told_from_what_is_none(kind: str, test: object) -> None:
    assert callable(test)
    assert all(map(test, VECTORS[kind]["valid"]))
    assert not any(map(test, VECTORS[kind]["invalid"]))


def test_a_user_id_cannot_be_guessed_and_is_a_name_on_every_file_system() -> None:
    made = {new_user_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(map(is_user_id, made))
    assert len(ids.ALPHABET) == len(set(ids.ALPHABET)) == 32
    assert log2(len(ids.ALPHABET)) * len(made.pop()) >= 128
    assert {letter for name in made for letter in name} == set(ids.ALPHABET)


def test_a_log_shows_enough_to_tell_two_apart_and_leaves_enough_to_guess() -> None:
    for name, shown in VECTORS["user_ids"]["short"]:
        assert short(name) == shown
    left = len(new_user_id()) - len(short(new_user_id()).rstrip("…"))
    assert log2(len(ids.ALPHABET)) * left >= 128


def test_change_ids_sort_by_their_time_as_text_does() -> None:
    ordered = VECTORS["change_ids"]["sorted"]
    assert sorted(ordered) == ordered
    assert all(map(is_change_id, ordered))


def test_change_ids_are_made_as_the_vectors_show(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = ChangeIds()
    for one in VECTORS["change_ids"]["made"]:
        drawn = {74: one["random"], 32: one["step"]}
        monkeypatch.setattr("buckia.ids.secrets.randbits", drawn.__getitem__)
        assert maker.new(datetime.fromisoformat(one["now"])) == one["id"]


@given(st.lists(ZONED, min_size=2, max_size=20))
def test_each_change_id_sorts_behind_the_one_before_whatever_the_clock_does(
    clock: list[datetime],
) -> None:
    maker = ChangeIds()
    made = [maker.new(now) for now in clock]
    assert all(one < other for one, other in pairwise(made))
    assert all(map(is_change_id, made))


def test_a_change_id_tells_its_time() -> None:
    now = NOW + timedelta(milliseconds=1234)
    assert UUID(ChangeIds().new(now)).int >> 80 == round(now.timestamp() * 1000)


def test_many_threads_get_change_ids_of_their_own() -> None:
    made: list[str] = []

    def work() -> None:
        mine = [new_change_id(NOW) for _ in range(200)]
        assert sorted(mine) == mine
        made.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1600


def test_a_moment_without_a_zone_is_nobodys() -> None:
    with pytest.raises(TypeError):
        ChangeIds().new(NOW.replace(tzinfo=None))
