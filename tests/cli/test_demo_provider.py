"""The guided tour on the stand-in of a service, which a plugin offers."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from buckia.cli.app import run
from buckia.cli.tour.scene import tree
from buckia.cli.tour.venue import Venue
from buckia.config import load
from buckia.config.yaml_subset import read
from buckia.databases.header import plainly
from buckia.errors import AccessDenied
from buckia.plugins import PROVIDERS
from buckia.protocols import Body, Entry, Expected
from buckia.stores.memory import MemoryStore
from buckia.stores.memory.store import ROOMY
from tests.cli.fakes import Ran, Shell, Stream

NUMBERS = count()
PLUGIN = """
from contextlib import contextmanager
import msgspec
from buckia.errors import AccessDenied
from buckia.plugins import hookimpl
from buckia.provider import Provider
from buckia.secrets import Secret
from buckia.stores.memory import MemoryStore

class Options(msgspec.Struct):
    pin: Secret
    spare: Secret | None = None

store = MemoryStore()
keys = {"bucket_name": "attic", "endpoint_url": "http://attic.test", "pin": "1234"}
seen = []
spares = set()
opened = 0
at = {}

def open_storage(options, context):
    global opened
    opened += 1
    at.get(opened, lambda: None)()
    spares.add(options.spare)
    if options.pin.reveal() != "1234":
        raise AccessDenied("that is not the pin")
    assert seen == ["started"], "nobody is there"
    return store

@hookimpl
def buckia_provider():
    return Provider(name="shelf", options=Options, open=open_storage)

@hookimpl
def buckia_demo():
    return stand_in()

@contextmanager
def stand_in():
    seen.append("started")
    yield keys
    seen.append("ended")
"""
"""Its stand-in takes no care of how the tour ends; it is ended all the same."""


@pytest.fixture
def shelf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    module = f"shelf_to_try_{next(NUMBERS)}"
    (folder / f"{module}.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(folder)
    shell = Shell(folder, real=True)
    shell.points = [
        EntryPoint("shelf", module, PROVIDERS),
        EntryPoint("local", "buckia.stores.local.plugin", PROVIDERS),
        EntryPoint("memory", "buckia.stores.memory.plugin", PROVIDERS),
    ]
    return shell


def plugin(shelf: Shell) -> Any:
    assert shelf.points is not None
    return import_module(shelf.points[0].value)


def play(shelf: Shell, *words: str) -> Ran:
    return shelf("demo", "--provider", "shelf", "--directory", "tour", *words)


def test_the_tour_plays_on_a_stand_in_and_both_sides_agree_at_the_end(shelf: Shell) -> None:
    ran = play(shelf)
    assert (ran.code, ran.err) == (0, "")
    app = tree(shelf.folder / "tour" / "app")
    stored = plugin(shelf).store.contents()
    there = {key: data for key, data in stored.items() if not key.startswith(".buckia")}
    assert {key: plainly(data) for key, data in app.items()} == there
    assert len(app) == 7
    assert "on a stand-in of shelf" in ran.out
    assert "All went as told: both sides hold the same 7 files." in ran.out


def test_the_stand_in_runs_until_the_tour_ends_and_no_longer(shelf: Shell) -> None:
    """Opening the bucket at any other time is an error of this plugin."""
    assert play(shelf).code == 0
    assert plugin(shelf).seen == ["started", "ended"]
    assert plugin(shelf).opened > 7


def test_what_is_told_of_a_stand_in_is_true_of_it(shelf: Shell) -> None:
    out = play(shelf).out
    assert "bucket/" not in out
    assert "play with" not in out
    assert "The stand-in of shelf has ended, and the bucket went with it." in out
    assert f"deleted at any time: {shelf.folder / 'tour'}" in out
    assert "buckia init --provider shelf" in out


def test_without_keeping_nothing_is_left_of_a_tour_on_a_stand_in(shelf: Shell) -> None:
    ran = play(shelf, "--no-keep")
    assert ran.code == 0
    assert not (shelf.folder / "tour").exists()
    assert "What is left" not in ran.out
    assert "The stand-in of shelf has ended" in ran.out


RENAMED = "The rename was a rename"
SENT_AGAIN = "can neither move nor copy"
COPIES = frozenset({"CopiesInside", "CopiesConditionally"})
MOVES = frozenset({"MovesInside"})


class Watched(MemoryStore):
    """Notes which keys are sent to it, and not those that it makes of what it has."""

    def __init__(self, lacks: frozenset[str]) -> None:
        super().__init__(traits=msgspec.structs.replace(ROOMY, lacks=lacks))
        self.sent: list[str] = []

    def _write(self, key: str, body: Body, expect: Expected | None) -> Entry:
        self.sent.append(key)
        return super()._write(key, body, expect)


@pytest.mark.parametrize(
    ("lacks", "told", "untold"),
    [
        (frozenset(), RENAMED, SENT_AGAIN),
        (MOVES, RENAMED, SENT_AGAIN),
        (MOVES | {"CopiesConditionally"}, RENAMED, SENT_AGAIN),
        (MOVES | {"CopiesInside"}, RENAMED, SENT_AGAIN),
        (COPIES, RENAMED, SENT_AGAIN),
        (COPIES | MOVES, SENT_AGAIN, RENAMED),
    ],
)
def test_a_rename_is_told_as_it_was(
    shelf: Shell, lacks: frozenset[str], told: str, untold: str
) -> None:
    store = plugin(shelf).store = Watched(lacks)
    ran = play(shelf)
    assert ran.code == 0
    assert (told in ran.out, untold in ran.out) == (True, False)
    assert ("images/evening.png" in store.sent) == (told == SENT_AGAIN)


def test_the_tour_on_a_stand_in_as_json_and_in_silence(shelf: Shell) -> None:
    ran = play(shelf, "--json")
    assert ran.document == {
        "well": True,
        "problems": [],
        "directory": str(shelf.folder / "tour"),
        "files": 7,
    }
    assert "on a stand-in of shelf" in ran.err
    plugin(shelf).store = MemoryStore()
    plugin(shelf).seen.clear()
    quiet = shelf("demo", "--provider", "shelf", "--directory", "two", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_what_leads_to_the_stand_in_stands_in_a_file_for_its_owner_alone(shelf: Shell) -> None:
    ran = play(shelf)
    assert "pin: " in ran.out
    file = shelf.folder / "tour" / "app" / ".buckia"
    assert load(file).bucket("pictures").options == {"pin": "1234"}
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_bucket_of_the_same_name_has_its_secrets_left_alone(shelf: Shell) -> None:
    """Another key for the same thing would be found there, and be used or be in the way."""

    asked = []

    class Keyring:
        def get_password(self, _service: str, username: str, /) -> str | None:
            asked.append(username)
            return None

        def set_password(self, service: str, username: str, password: str, /) -> None: ...
        def delete_password(self, service: str, username: str, /) -> None: ...

    shelf.keyring = Keyring()
    shelf.environ["BUCKIA_PICTURES_SPARE"] = "9999"
    shelf.environ["BUCKIA_PICTURES_PIN"] = "9999"
    assert play(shelf).code == 0
    assert plugin(shelf).spares == {None}
    assert asked == []


@pytest.fixture
def heard() -> Iterator[None]:
    """Who starts the tests in the background lets them be deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_a_tour_that_was_told_to_stop_ends_the_stand_in(shelf: Shell) -> None:
    """Ctrl-C comes when the bucket is opened: by a command of the tour, and by the tour itself."""
    module = plugin(shelf)
    for turn in range(1, 5):
        module.store, module.opened, module.seen[:] = MemoryStore(), 0, []
        module.at = {turn: lambda: signal.raise_signal(signal.SIGINT)}
        ran = shelf("demo", "--provider", "shelf", "--directory", f"tour-{turn}", "--no-keep")
        assert (ran.code, module.opened) == (130, turn)
        assert module.seen == ["started", "ended"]
        assert not (shelf.folder / f"tour-{turn}").exists()
        assert "All went as told" not in ran.out


def test_a_tour_that_is_ended_at_a_pause_ends_the_stand_in(
    shelf: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> str:
        raise KeyboardInterrupt

    stdin = Stream(tty=True)
    monkeypatch.setattr(stdin, "readline", interrupt)
    terminal = shelf.terminal(stdin, Stream(tty=True), Stream(tty=True))
    words = ["demo", "--provider", "shelf", "--directory", "tour"]
    assert run(words, terminal) == 130
    assert plugin(shelf).seen == ["started", "ended"]


def test_a_tour_that_fails_ends_the_stand_in(shelf: Shell) -> None:
    def refuse() -> None:
        raise AccessDenied("not today")

    module = plugin(shelf)
    for turn, code in ((1, 1), (2, 3)):
        # A command that fails is not as told; where the tour cannot look, it is over.
        module.store, module.opened, module.seen[:] = MemoryStore(), 0, []
        module.at = {turn: refuse}
        ran = shelf("demo", "--provider", "shelf", "--directory", f"tour-{turn}")
        assert ran.code == code
        assert "Error" in ran.err
        assert module.seen == ["started", "ended"]


def test_a_folder_in_which_something_is_ends_the_stand_in_too(shelf: Shell) -> None:
    (shelf.folder / "tour").mkdir()
    (shelf.folder / "tour" / "mine").write_text("x")
    ran = play(shelf)
    assert ran.code == 2
    assert "is there already" in ran.err
    assert plugin(shelf).seen == ["started", "ended"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shelv"], 'the provider "shelv" is not installed\nHint: Did you mean "shelf"?'),
        (["memory"], 'the provider "memory" has no stand-in of its service to try it on'),
        (["memory"], "Hint: These can be tried: local, shelf."),
        (["shelf", "--disable-plugin", "shelf"], 'the provider "shelf" is disabled'),
        (["local", "--disable-plugin", "local"], 'the provider "local" is disabled'),
    ],
)
def test_a_provider_that_cannot_be_tried_is_an_error_before_anything_is_made(
    shelf: Shell, words: list[str], message: str
) -> None:
    before = sorted(shelf.folder.iterdir())
    ran = shelf("demo", "--directory", "tour", "--provider", *words)
    assert ran.code == 2
    assert message in ran.err
    assert sorted(shelf.folder.iterdir()) == before
    assert "A tour of Buckia" not in ran.out


def test_the_kind_of_bucket_that_is_a_folder_can_be_named_too(shelf: Shell) -> None:
    ran = shelf("demo", "--provider", "local", "--directory", "tour")
    assert ran.code == 0
    assert (shelf.folder / "tour" / "bucket" / "notes.txt").exists()
    assert "yours to play with" in ran.out


ODD = {
    "bucket_name": "a: b",
    "region": "no # comment",
    "code": "0x10",
    "count": 3,
    "on": True,
    "lines": "one\ntwo",
    "names": ["a", "b"],
    "spaced": " x ",
}


def test_whatever_leads_to_a_stand_in_is_read_from_the_file_as_it_was_given() -> None:
    found, _lines = read(Venue("shelf", ODD).config())
    wishes = {"delete_orphaned": True, "conflict_resolution": "keep_both"}
    assert found == {"pictures": {"provider": "shelf", **ODD, **wishes}}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bucket_name": "x", "pin": b"1234"}, "gave a bytes as pin"),
        ({"bucket_name": "x", "provider": "local"}, "gave the key provider"),
        ({"bucket_name": "x", "delete_orphaned": False}, "gave the key delete_orphaned"),
    ],
)
def test_a_stand_in_that_gives_what_the_file_cannot_say_is_a_broken_plugin(
    shelf: Shell, keys: dict[str, object], message: str
) -> None:
    plugin(shelf).keys = keys
    ran = play(shelf)
    assert ran.code == 2
    assert message in ran.err
    assert plugin(shelf).seen == ["started", "ended"]
