"""The strategies give what they promise, and the kit's stores stand it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from buckia import keys as soundness
from buckia.body import CHUNK, BytesBody
from buckia.model import Traits
from buckia.stores.memory import MemoryStore
from buckia.testing import model
from buckia.testing.steps import coexisting

NARROW = Traits(
    flat=False,
    folds_case=True,
    folds_form=True,
    max_name_bytes=12,
    max_key_bytes=30,
    forbidden="?*",
)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(model.keys(NARROW))
def test_keys_are_sound_and_can_be_held(key: str) -> None:
    assert soundness.problem(key) is None
    assert soundness.unheld(key, NARROW) is None
    assert not soundness.is_ours(key)


@FEW
@given(model.hostile_keys())
def test_hostile_keys_are_hostile(key: str) -> None:
    assert soundness.problem(key)


@FEW
@given(model.objects(NARROW))
def test_objects_can_all_be_held_at_once(objects: dict[str, bytes]) -> None:
    store = MemoryStore(traits=NARROW)
    for key, data in objects.items():
        store.write(key, BytesBody(data=data))
    assert store.contents() == objects


@FEW
@given(model.bodies(largest=1_000))
def test_bodies_are_kept_with_all_that_belongs_to_them(body: BytesBody) -> None:
    store = MemoryStore()
    store.write("a", body)
    stored = store.stored("a")
    assert (stored.data, stored.entry.mtime_ns) == (body.data, body.mtime_ns)
    assert (stored.content_type, stored.metadata) == (body.content_type, body.metadata)


@settings(max_examples=30, deadline=None)
@given(model.contents())
def test_contents_are_small_or_end_at_the_border_of_a_chunk(data: bytes) -> None:
    assert len(data) <= 64 or abs(len(data) - CHUNK) <= 1


@FEW
@given(model.contents(largest=10))
def test_contents_are_no_larger_than_asked(data: bytes) -> None:
    assert len(data) <= 10


@FEW
@given(st.lists(st.sampled_from(["a", "A", "a/b", "A/c", "b", "b/", "a/b/c"]), unique=True))
def test_names_that_coexist_are_a_part_of_those_that_were_given(candidates: list[str]) -> None:
    for traits in (Traits(), NARROW):
        kept = coexisting(candidates, traits)
        assert set(kept) <= set(candidates)
        assert kept == sorted(kept)
    assert coexisting(candidates, Traits()) == sorted(candidates)
