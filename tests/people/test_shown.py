"""IDs of users: whole where somebody asked for names, shortened in all that others may read."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia.ids import ALPHABET, new_user_id, short
from buckia.secrets import Redactor
from buckia.secrets.people import shortened
from tests.cli.fakes import Shell
from tests.grounds import document
from tests.people.watching import KINDS, Watched, watched

ID = "7k2m9qx4c0w8v3nz5rj1tdh6bypfgas2"
HEX = "0123456789abcdef0123456789abcdef"
names = st.text(ALPHABET, min_size=32, max_size=32).filter(lambda name: not set(name) <= set(HEX))


@pytest.mark.parametrize(
    "text",
    [
        f"{ID}",
        f"upload {ID}/a.txt (3 B) begins",
        f"'{ID}/'",
        f"/home/ann/app/{ID}/a.txt",
        f"https://bucket.host/{ID}/a.txt?prefix={ID}%2F",
        f"prefix={urllib.parse.quote(f'users/{ID}/', safe='')}&max-keys=1000",
        json.dumps({"key": f"\n{ID}/a"}),
        repr(f"\t{ID}/a\n{ID}"),
        f"{HEX}/a.txt",
        f"prefix={HEX}%2F",
    ],
)
def test_an_id_is_shortened_wherever_it_stands(text: str) -> None:
    told = shortened(text)
    assert ID not in told
    assert HEX not in told
    assert "7k2m…" in told or "0123…" in told


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        f"ETag: {HEX}",
        f"{HEX}{HEX}",
        ID[:-1],
        ID + "2",
        ID.upper(),
        "the quick brown fox jumps over the lazy dog",
        "01941f29-7c00-7e54-8b2d-6a0c4d1f9e37",
    ],
)
def test_what_is_no_id_stays_as_it_is(text: str) -> None:
    assert shortened(text) == text


@given(before=st.sampled_from(["", " ", "/", "%2F", "\\n", '"', "=", "é", "_"]), name=names)
def test_any_id_is_known_in_any_surroundings(before: str, name: str) -> None:
    assert shortened(f"{before}{name}/x") == f"{before}{short(name)}/x"


def test_answers_have_it_whole_and_all_else_has_its_beginning() -> None:
    redactor = Redactor()
    assert redactor.redact(ID) == ID
    assert redactor.redact_aside(ID) == redactor.redact_told(ID) == "7k2m…"


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    with watched(request.param, tmp_path / "there") as made:
        yield made


def test_no_log_and_no_message_of_a_whole_sync_has_one(bucket: Watched, tmp_path: Path) -> None:
    name = new_user_id()
    here = tmp_path / "here"
    here.mkdir()
    run = Shell(here, real=True)
    (here / ".buckia").write_text(
        document(
            bucket.ground, folders=[name], retries=1, delete_orphaned=True, files={"s": f"{name}/s"}
        )
    )
    run.environ.update(bucket.ground.secrets)
    bucket.ground.put(f"{name}/there.txt", b"there")
    bucket.ground.put(f"{name}/Folder/name", b"there")
    bucket.ground.put(f"{name}/both.txt", b"there")
    (here / name / "deep").mkdir(parents=True)
    (here / name / "here.txt").write_text("here")
    (here / name / "both.txt").write_text("here")
    (here / "s").write_text("s")
    (here / "outside").write_text("of the folders")
    told = ["--debug", "-v", "--log-file", "log", "--log-level", "debug"]
    errors = ""
    for words in (
        ("sync",),
        ("doctor",),
        ("put", "outside", f"{name}/put.txt"),
        ("put", "outside", f"{name}/put.txt"),
        ("get", f"{name}/put.txt", "got.txt"),
        ("get", f"{name}/nothing.txt"),
        ("rm", f"{name}/put.txt"),
        ("rm", f"{name}/nothing.txt"),
        ("verify",),
        ("ls", f"x/{name}"),
        ("restore", f"{name}/here.txt"),
        ("users", "new"),
        ("sync", "--conflict", "remote_wins"),
    ):
        errors += run(*words, *told).err
    log = (here / "log").read_text()
    for text in (log, errors):
        assert name not in text, [line for line in text.splitlines() if name in line]
        assert short(name) in text, "or nothing was told of it"
    shown = run("sync", "--dry-run", "--json")
    assert name in run("ls").out
    assert shown.code == 0
    (here / name / "new.txt").write_text("new")
    [one] = run("sync", "--dry-run", "--json").document["buckets"][0]["actions"]
    assert one["path"] == f"{name}/new.txt"
    assert f"{name}/new.txt" in run("status").out
