"""The provider `memory`: one bucket for each name within a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from buckia.body import BytesBody
from buckia.errors import ConfigError
from buckia.model import Traits
from buckia.protocols import Storage
from buckia.provider import Context
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.plugin import Buckets, Options, buckets, buckia_provider


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A bucket of this test's own."""
    yield request.node.name
    buckets.forget(request.node.name)


def opened(name: str, place: str = "") -> Storage:
    context = Context(bucket_name=name, base=Path())
    if place:
        context = msgspec.structs.replace(context, **{place: "somewhere"})
    return buckia_provider().open(Options(), context)


def test_the_provider_says_its_name() -> None:
    provider = buckia_provider()
    assert (provider.name, provider.options) == ("memory", Options)


def test_two_openings_of_one_name_meet(name: str) -> None:
    one = opened(name)
    one.write("a", BytesBody(data=b"bytes"))
    one.close()
    assert opened(name).stat("a").size == 5
    assert list(opened(name + "-other").scan()) == []
    buckets.forget(name + "-other")


def test_a_program_can_look_into_the_bucket_or_bring_its_own(name: str) -> None:
    mine = MemoryStore(name=name, traits=Traits(flat=False))
    buckets.put(name, mine)
    assert opened(name) is mine is buckets.open(name)
    buckets.forget(name)
    assert opened(name) is not mine
    buckets.forget("never was")


@pytest.mark.parametrize("place", ["domain", "region", "endpoint_url"])
def test_a_place_that_it_cannot_have_is_an_error_with_a_hint(name: str, place: str) -> None:
    with pytest.raises(ConfigError, match=place) as caught:
        opened(name, place)
    assert name in caught.value.hint


def test_buckets_of_two_registries_are_apart() -> None:
    one, other = Buckets(), Buckets()
    assert one.open("a") is one.open("a")
    assert one.open("a") is not other.open("a")


def test_listing_the_plugin_imports_no_store() -> None:
    program = (
        "import sys, buckia.stores.memory.plugin as p;"
        "assert p.buckia_provider().name == 'memory';"
        "assert 'buckia.stores.memory.store' not in sys.modules;"
        "import buckia.stores.memory as m;"
        "assert m.MemoryStore().contents() == {};"
        "assert not hasattr(m, 'Nonsense')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
