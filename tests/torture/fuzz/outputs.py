"""What the command line shows of names and messages that strangers chose."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from buckia.plugins import PROVIDERS
from tests.cli.fakes import Shell
from tests.guarantees import plugin
from tests.torture.fuzz.hoard import Hoard, named, put
from tests.torture.fuzz.keys import any_key
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.watching import SECRET, in_time, keeps_secret, nothing_outside

WORDS: Sequence[Sequence[str]] = (
    *(
        ["sync"],
        ["sync", "-v"],
        ["sync", "--debug"],
        ["status"],
        ["ls"],
        ["ls", "-v"],
        ["conflicts"],
    ),
    *(["verify"], ["doctor"], ["restore", "--list"], ["sync", "--direction", "push"]),
    *(["get", "KEY", "fetched"], ["put", "here", "KEY"], ["rm", "KEY"], ["url", "KEY"]),
    *(["restore", "KEY"], ["resolve", "KEY", "--keep", "both"], ["sync", "--paths", "KEY"]),
    *(["sync", "--include", "KEY"], ["sync", "--exclude", "KEY"], ["status", "--exit-code"]),
)
CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 130})
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


class Shown(NamedTuple):
    keys: list[str]
    refusal: str
    words: Sequence[str]
    as_json: bool


_refusals = st.sampled_from(("", "", f"bad key {SECRET}")) | any_key.map(
    lambda key: f"{key} refused with {SECRET}"
)
shown = st.builds(
    Shown,
    st.lists(any_key, min_size=1, max_size=5),
    _refusals,
    st.sampled_from(WORDS),
    st.booleans(),
)


def play(place: Path, given: Shown) -> str:
    folder = place / "work"
    put(folder, {"here": b"here"})
    hoard = Hoard(dict.fromkeys(given.keys, b"there"))
    hoard.refusal = given.refusal
    shell = Shell(folder, real=True)
    shell.points = [EntryPoint("staged", plugin.__name__, PROVIDERS)]
    path = folder / ".buckia.json"
    bucket = {"provider": "staged", "bucket_name": named(hoard), "token": "env:TOKEN", "retries": 0}
    path.write_text(json.dumps({"assets": bucket}))
    shell.environ["TOKEN"] = SECRET
    log = folder / ".buckia.state" / "log"
    log.parent.mkdir()
    chosen = given.keys[0]
    words = [chosen if word == "KEY" else word for word in given.words]
    words += ["--json"] * given.as_json + ["--log-file", str(log), "--log-level", "debug"]
    with in_time(), nothing_outside(place, folder):
        ran = shell(*words)
    assert ran.code in CODES, ran.code
    assert "Traceback" not in ran.err or "--debug" in words, ran.err
    for text in (ran.out, ran.err, log.read_text(errors="replace") if log.exists() else ""):
        _is_harmless(text)
    keeps_secret(folder, ran.out, ran.err)
    if given.as_json and ran.out:
        json.loads(ran.out)
    return f"code {ran.code}"


def _is_harmless(text: str) -> None:
    """Nothing in it moves a cursor, hides or reorders letters, or is no letter at all."""
    found = {
        letter
        for letter in text
        if unicodedata.category(letter) in _HARMFUL and letter not in "\n" + _JOINERS
    }
    assert not found, f"{found} in {text!r}"


OUTPUTS = Kind("output", shown, play, short=15)
