"""A setting is honoured, or it does not exist: each is shown by two runs that differ in it alone.

A new key, argument or flag without such a pair of runs fails here.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from buckia.cli.commands.sync import sync as sync_command
from buckia.cli.flags import COMMON as COMMON_FLAGS
from buckia.client.asked import Wishes
from buckia.client.client import BuckiaClient
from buckia.config.common import COMMON
from buckia.stores.local.plugin import Options
from tests.settings.effects import BOTH, BUCKET, LOCAL, RUN
from tests.settings.flags import FLAGS, Typed
from tests.settings.scene import UNSET, Effect, Scene


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody really waits: what would be waited for is noted, and moves the clock."""
    noted: list[float] = []
    now = [1000.0]

    def wait(_self: object, seconds: float) -> None:
        noted.append(seconds)
        now[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("buckia.engine.limits.time", clock)
    monkeypatch.setattr("buckia.engine.limits.Stop.wait", wait)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    monkeypatch.setattr("buckia.state.connections._DURABLE", ("PRAGMA synchronous=OFF",))
    return noted


def value_for(scene: Scene, value: Any) -> Any:
    return value(scene) if callable(value) else value


def by_file(scene: Scene, effect: Effect, key: str, value: Any) -> None:
    scene.write_file()
    effect.prepare(scene)
    given = {} if value is UNSET else {key: value_for(scene, value)}
    scene.write_file(**{**effect.given, **given})
    scene.run()


def by_program(scene: Scene, effect: Effect, key: str, value: Any) -> None:
    scene.write_file()
    effect.prepare(scene)
    scene.write_file(**effect.given)
    given = {} if value is UNSET else {key: value_for(scene, value)}
    scene.run(**given)


def both(folder: Path, effect: Effect, waits: list[float], run: Any, key: str) -> tuple[Any, Any]:
    """What is seen after the two runs, each in a place of its own."""
    seen = []
    for name, value in (("one", effect.one), ("other", effect.other)):
        scene = Scene(folder / name, effect.store(), waits)
        run(scene, effect, key, value)
        seen.append(effect.look(scene))
    return seen[0], seen[1]


@pytest.mark.parametrize("key", sorted(COMMON))
def test_every_key_of_a_bucket_has_an_effect(tmp_path: Path, key: str, waits: list[float]) -> None:
    effect = {**BUCKET, **BOTH}[key]
    assert both(tmp_path, effect, waits, by_file, key) == effect.seen
    assert effect.seen[0] != effect.seen[1]


@pytest.mark.parametrize("key", sorted(Options.__struct_fields__))
def test_every_option_of_a_local_bucket_has_an_effect(
    tmp_path: Path, key: str, waits: list[float]
) -> None:
    effect = LOCAL[key]
    assert both(tmp_path, effect, waits, by_file, key) == effect.seen
    assert effect.seen[0] != effect.seen[1]


def arguments() -> list[str]:
    """All that `BuckiaClient.sync` can be given."""
    named = inspect.signature(BuckiaClient.sync).parameters
    fixed = {name for name in named if name not in {"self", "wishes"}}
    return sorted(fixed | set(Wishes.__annotations__))


@pytest.mark.parametrize("name", arguments())
def test_every_argument_of_a_sync_has_an_effect(
    tmp_path: Path, name: str, waits: list[float]
) -> None:
    effect = {**RUN, **BOTH}[name]
    assert both(tmp_path, effect, waits, by_program, name) == effect.seen
    assert effect.seen[0] != effect.seen[1]


def flags() -> list[str]:
    """All that `buckia sync` can be given on the command line."""
    found = {str(param.name) for param in (*sync_command.params, *COMMON_FLAGS)}
    return sorted(found)


def typed(folder: Path, proof: Typed, waits: list[float]) -> tuple[Any, Any]:
    seen = []
    for name, words in (("one", proof.one), ("other", proof.other)):
        scene = Scene(folder / name, None, waits)
        scene.write_file()
        proof.prepare(scene)
        if proof.given:
            scene.write_file(**proof.given)
        scene.type("sync", *words, tty=proof.tty)
        seen.append(proof.look(scene))
    return seen[0], seen[1]


@pytest.mark.parametrize("name", flags())
def test_every_flag_of_a_sync_has_an_effect(tmp_path: Path, name: str, waits: list[float]) -> None:
    proof = FLAGS[name]
    assert typed(tmp_path, proof, waits) == proof.seen
    assert proof.seen[0] != proof.seen[1]


@pytest.mark.parametrize(
    ("proofs", "known"),
    [
        ({**BUCKET, **BOTH}, set(COMMON)),
        (LOCAL, set(Options.__struct_fields__)),
        ({**RUN, **BOTH}, set(arguments())),
        (FLAGS, set(flags())),
    ],
    ids=["keys", "options", "arguments", "flags"],
)
def test_there_is_a_proof_for_each_and_none_for_what_is_gone(
    proofs: Mapping[str, object], known: set[str]
) -> None:
    assert set(proofs) == known


def test_every_short_and_every_negative_flag_means_its_long_one(
    tmp_path: Path, waits: list[float]
) -> None:
    """The other spellings of flags that are shown above."""
    for words, wanted in (((), True), (("--no-delete-orphaned",), False)):
        scene = Scene(tmp_path / str(wanted), None, waits)
        scene.write_file()
        BOTH["delete_orphaned"].prepare(scene)
        scene.write_file(delete_orphaned=True)
        scene.type("sync", *words)
        assert ("gone" not in scene.there()) is wanted
    for short, long in (("-q", "quiet"), ("-v", "verbose")):
        proof = FLAGS[long]._replace(other=(short,))
        assert typed(tmp_path / long, proof, waits) == proof.seen
