"""A team, its users and their devices, by the command line, on every kind of bucket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fakes import Shell
from tests.grounds import document
from tests.people.watching import KINDS, Watched, watched

LAYERS = ["default", "team-7", "me"]
EVERYTHING = (
    ("status",),
    ("sync", "--dry-run"),
    ("conflicts",),
    ("doctor",),
    ("sync",),
    ("sync",),
    ("verify",),
    ("verify", "--fast"),
    ("ls",),
    ("ls", "-l", "m"),
    ("put", "new.txt", "new-in-the-bucket.txt"),
    ("put", "new.txt", "team.txt", "--force"),
    ("get", "default.txt", "back.txt"),
    ("get", "nothing.txt"),
    ("rm", "new-in-the-bucket.txt"),
    ("rm", "default.txt"),
    ("rm", "nothing.txt"),
    ("url", "team.txt"),
    ("sync", "--delete-orphaned", "--force"),
    ("users", "new"),
)


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    if request.param == "local" and sys.platform != "linux":
        pytest.skip("which folder a handle is of is told on Linux")
    with watched(request.param, tmp_path / "there") as made:
        yield made


def shell(folder: Path, bucket: Watched, **settings: object) -> Shell:
    folder.mkdir()
    made = Shell(folder, real=True)
    (folder / ".buckia").write_text(document(bucket.ground, retries=1, **settings))
    (folder / ".buckia").chmod(0o600)
    made.environ.update(bucket.ground.secrets)
    return made


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*.txt"))
        if ".buckia.state" not in path.parts
    }


def test_a_team_writes_its_layer_and_users_see_it_below_their_own(
    bucket: Watched, tmp_path: Path
) -> None:
    team = shell(tmp_path / "team", bucket, prefix="team-7", delete_orphaned=True)
    users = {
        name: shell(
            tmp_path / name,
            bucket,
            layers=["default", "team-7", name],
            delete_orphaned=True,
            max_delete=1000,
        )
        for name in ("ann", "ben")
    }
    bucket.ground.put("default/a.txt", b"default a")
    bucket.ground.put("default/b.txt", b"default b")
    bucket.ground.put("other/c.txt", b"somebody else's")

    def synced(run: Shell, code: int = 0) -> None:
        before = bucket.ground.objects()
        ran = run("sync")
        assert ran.code == code, ran.err
        own = "team-7/" if run is team else f"{run.folder.name}/"
        after = bucket.ground.objects()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert not {key for key in changed if not key.startswith(own)}

    (team.folder / "b.txt").write_text("team b")
    (team.folder / "c").mkdir()
    (team.folder / "c/d.txt").write_text("team d")
    synced(team)
    for run in users.values():
        synced(run)
        assert texts(run.folder) == {"a.txt": "default a", "b.txt": "team b", "c/d.txt": "team d"}
    (users["ann"].folder / "b.txt").write_text("ann's b")
    (users["ann"].folder / "a.txt").unlink()
    (users["ben"].folder / "c/d.txt").rename(users["ben"].folder / "e.txt")
    for run in users.values():
        synced(run)
    assert texts(users["ann"].folder) == {
        "a.txt": "default a",
        "b.txt": "ann's b",
        "c/d.txt": "team d",
    }
    assert texts(users["ben"].folder) == {
        "a.txt": "default a",
        "b.txt": "team b",
        "c/d.txt": "team d",
        "e.txt": "team d",
    }
    (team.folder / "b.txt").write_text("team b, later")
    (team.folder / "c/d.txt").unlink()
    synced(team)
    assert texts(team.folder) == {"b.txt": "team b, later"}
    (users["ann"].folder / "b.txt").unlink()
    for run in users.values():
        synced(run)
        synced(run)
    assert texts(users["ann"].folder) == {"a.txt": "default a", "b.txt": "team b, later"}
    assert texts(users["ben"].folder) == {
        "a.txt": "default a",
        "b.txt": "team b, later",
        "e.txt": "team d",
    }
    objects = {k: v for k, v in bucket.ground.objects().items() if not k.startswith("default/")}
    assert objects == {
        "ben/e.txt": b"team d",
        "other/c.txt": b"somebody else's",
        "team-7/b.txt": b"team b, later",
    }
    assert bucket.ground.unfinished() == []


def test_whatever_command_runs_only_the_layers_are_listed_and_the_last_is_written(
    bucket: Watched, tmp_path: Path
) -> None:
    run = shell(tmp_path / "here", bucket, layers=LAYERS)
    (run.folder / "new.txt").write_text("new")
    for key in ("default/default.txt", "team-7/team.txt", "me/mine.txt", "other/x.txt", "root.txt"):
        bucket.ground.put(key, b"there")
    lower = {k: v for k, v in bucket.ground.objects().items() if not k.startswith("me/")}
    bucket.forget()
    seen: set[str] = set()
    for words in EVERYTHING:
        if "--delete-orphaned" in words:
            (run.folder / "team.txt").unlink()
            (run.folder / "default.txt").unlink()
            bucket.forget()
        ran = run(*words)
        assert ran.code in {0, 1, 2, 3, 5}, (words, ran.err)
        listed = bucket.listed()
        inside = tuple(f"{layer}/" for layer in LAYERS)
        assert not [one for one in listed if not one.startswith(inside)], (words, listed)
        seen.update(listed)
        left = {k: v for k, v in bucket.ground.objects().items() if not k.startswith("me/")}
        assert left == lower, words
        bucket.forget()
    assert {"default/", "team-7/", "me/"} <= seen, "or nothing was seen"
    held = ["back.txt", "default.txt", "mine.txt", "new.txt", "team.txt"]
    assert run("ls").out.split() == held
    refused = run("rm", "default.txt")
    assert refused.code == 3
    assert "default.txt lies in the layer default, which is only read" in refused.err
    assert texts(run.folder)["default.txt"] == "there"
