"""Whatever trees lie over each other and whatever is done on two devices: three promises.

Lower layers are never written, in the end every key shows the nearest, and nothing that anybody
wrote on a device is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from buckia.body import BytesBody
from buckia.errors import InvalidKey
from buckia.stores.memory import MemoryStore
from tests.engine.bench import Bench, memory

LOWER = ("default", "team-7")
DEVICES = ("one", "two")
NAMES = ("a", "b", "c/d", "c/e", "f")
Tree = Mapping[str, bytes]


class Edit(NamedTuple):
    """On a device, in its folder."""

    device: int
    name: str


class Drop(NamedTuple):
    device: int
    name: str


class Rename(NamedTuple):
    device: int
    name: str
    to: str


class Give(NamedTuple):
    """Whoever is in charge of a lower layer writes into it, or takes something away."""

    layer: str
    name: str
    is_there: bool


class Sync(NamedTuple):
    device: int


Deed = Edit | Drop | Rename | Give | Sync
devices = st.integers(0, 1)


def histories(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[Deed]]:
    return st.lists(
        st.one_of(
            st.builds(Edit, devices, names),
            st.builds(Drop, devices, names),
            st.builds(Rename, devices, names, names),
            st.builds(Give, st.sampled_from(LOWER), names, st.booleans()),
            st.builds(Sync, devices),
            st.builds(Sync, devices),
        ),
        max_size=14,
    )


def trees(names: st.SearchStrategy[str]) -> st.SearchStrategy[Mapping[str, set[str]]]:
    return st.fixed_dictionaries({layer: st.sets(names) for layer in (*LOWER, *DEVICES)})


plain, clashing = st.sampled_from(NAMES), st.sampled_from(("a", "a/b", "a/b/c", "d"))


class World:
    """Two devices of two users of one team, and what each of them ever wrote."""

    def __init__(self, folder: Path, store: MemoryStore, *, deletes: bool) -> None:
        self.store = store
        self.numbers = count(1)
        self.written: list[set[bytes]] = [set(), set()]
        self.devices = [
            Bench(
                folder / own,
                store,
                layers=[*LOWER, own],
                delete_orphaned=deletes,
                max_delete=1000,
            )
            for own in DEVICES
        ]

    def new(self) -> bytes:
        return f"content {next(self.numbers)}".encode()

    def layer(self, name: str) -> Tree:
        found = self.store.contents().items()
        return {k.removeprefix(f"{name}/"): data for k, data in found if k.startswith(f"{name}/")}

    def nearest(self, device: int) -> Tree:
        return {
            key: data
            for layer in (*LOWER, DEVICES[device])
            for key, data in self.layer(layer).items()
        }

    def play(self, given: Mapping[str, set[str]], history: list[Deed]) -> None:
        for layer, held in given.items():
            for name in sorted(held):
                self.do(Give(layer, name, is_there=True))
        for deed in history:
            self.do(deed)
            self.nothing_is_lost()

    def do(self, deed: Deed) -> None:
        match deed:
            case Edit(device, name):
                self.edit(device, name)
            case Drop(device, name):
                path = self.devices[device].root / name
                if path.is_file():
                    self.written[device].discard(path.read_bytes())
                    path.unlink()
            case Rename(device, name, to):
                root = self.devices[device].root
                if (root / name).is_file() and is_free(root, to):
                    self.devices[device].rename_here(name, to)
            case Give(layer, name, True):
                # Where folders are real, not every name is free.
                with suppress(InvalidKey):
                    self.store.write(f"{layer}/{name}", BytesBody(data=self.new()))
            case Give(layer, name, False):
                self.store.delete(f"{layer}/{name}")
            case Sync(device):
                self.sync(device)

    def edit(self, device: int, name: str) -> None:
        path, data = self.devices[device].root / name, self.new()
        if path.is_file():
            self.written[device].discard(path.read_bytes())
        elif not is_free(self.devices[device].root, name):
            return
        self.devices[device].put_here(name, data)
        self.written[device].add(data)

    def sync(self, device: int) -> None:
        bench = self.devices[device]
        before = self.store.contents()
        bench.script()
        result = bench.sync(force=True)
        assert result.exit_code == 0, (result.failed, result.conflicts)
        own = f"{DEVICES[device]}/"
        after = self.store.contents()
        for one in (before, after):
            for key in [key for key in one if key.startswith(own)]:
                del one[key]
        assert after == before, "another layer was written"
        assert all(change.split(" ")[1].startswith(own) for change in bench.changes())

    def nothing_is_lost(self) -> None:
        for device, bench in enumerate(self.devices):
            kept = {one.data for one in bench.trash()}
            assert self.written[device] <= {*bench.here().values(), *kept}


def is_free(root: Path, name: str) -> bool:
    path = root / name
    above = (one for one in path.parents if one != root and one.is_relative_to(root))
    return not path.exists() and all(one.is_dir() or not one.exists() for one in above)


@settings(max_examples=60, deadline=None)
@given(given=trees(plain), history=histories(plain), deletes=st.booleans(), flat=st.booleans())
def test_lower_layers_stay_the_nearest_shows_and_nothing_is_lost(
    given: Mapping[str, set[str]], history: list[Deed], deletes: bool, flat: bool
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), memory(flat=flat), deletes=deletes)
        world.play(given, history)
        for device, bench in enumerate(world.devices):
            world.sync(device)
            world.nothing_is_lost()
            assert bench.here() == world.nearest(device)
            bench.script()
            again = bench.sync(force=True)
            assert (again.actions, again.skipped, bench.changes()) == ((), (), [])


@settings(max_examples=60, deadline=None)
@given(
    given=trees(clashing), history=histories(clashing), deletes=st.booleans(), flat=st.booleans()
)
def test_names_that_are_a_file_in_one_layer_and_a_folder_in_another_harm_nobody(
    given: Mapping[str, set[str]], history: list[Deed], deletes: bool, flat: bool
) -> None:
    """What the device cannot hold beside the rest is left out, and all soon is quiet."""
    with TemporaryDirectory() as folder:
        world = World(Path(folder), memory(flat=flat), deletes=deletes)
        world.play(given, history)
        for device, bench in enumerate(world.devices):
            for _ in range(3):
                world.sync(device)
                world.nothing_is_lost()
            bench.script()
            again = bench.sync(force=True)
            assert (again.actions, bench.changes()) == ((), [])
            shown = world.nearest(device)
            assert {key: shown[key] for key in bench.here()} == bench.here()
            left_out = {one.path for one in again.skipped}
            assert shown.keys() - bench.here().keys() <= left_out
