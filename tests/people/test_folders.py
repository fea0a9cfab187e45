"""With `folders` nothing outside of them is listed, whatever is asked, on every kind of bucket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from buckia.errors import ConfigError
from buckia_bunny.testing import Answers, NoDescribe
from tests.cli.fakes import Shell
from tests.engine.bench import Bench, memory
from tests.grounds import BunnyGround, document
from tests.people.watching import KINDS, Watched, watched

SETTINGS = "config/settings.json"
NAMED = {
    "folders": ["mine", "ours"],
    "files": {"settings.json": SETTINGS},
    "exclude": ["*.txt.log"],
    "retries": 1,
}
NOTHING_OUTSIDE = (
    ("status",),
    ("sync", "--dry-run"),
    ("conflicts",),
    ("doctor",),
    ("sync",),
    ("sync",),
    ("verify",),
    ("verify", "--fast"),
    ("ls",),
    ("ls", "-l", "mine/"),
    ("ls", "m"),
    ("put", "new.txt", "mine/new.txt"),
    ("put", "new.txt", "mine/new.txt", "--force"),
    ("put", "new.txt", "other/by-name.txt"),
    ("get", "other/by-name.txt", "back.txt"),
    ("get", "other/nothing.txt"),
    ("rm", "other/by-name.txt"),
    ("rm", "mine/new.txt"),
    ("rm", "mine/nothing.txt"),
    ("url", "mine/a.txt"),
    ("sync", "--delete-orphaned", "--force"),
    ("restore", "mine/b.txt"),
    ("restore", "--list"),
    ("sync", "--paths", "mine/"),
    ("ls", "other/"),
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
    (folder / ".buckia").write_text(document(bucket.ground, **{**NAMED, **settings}))
    (folder / ".buckia").chmod(0o600)
    made.environ.update(bucket.ground.secrets)
    return made


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_whatever_command_runs_only_the_folders_are_listed(bucket: Watched, tmp_path: Path) -> None:
    run = shell(tmp_path / "here", bucket)
    write(run.folder, mine__a_txt="a", mine__b_txt="b", new_txt="new", settings_json="here")
    for key in ("mine/c.txt", "ours/d/e.txt", "other/theirs.txt", "root.txt", SETTINGS):
        bucket.ground.put(key, b"there")
    bucket.forget()
    seen: set[str] = set()
    for words in NOTHING_OUTSIDE:
        if words == ("sync", "--delete-orphaned", "--force"):
            (run.folder / "mine/a.txt").unlink()
            bucket.ground.put("mine/b.txt", b"edited there")
            bucket.forget()
        ran = run(*words)
        assert ran.code in {0, 1, 2, 5}, (words, ran.err)
        listed = bucket.listed()
        bucket.forget()
        outside = [one for one in listed if not one.startswith(("mine/", "ours/"))]
        assert not outside, (words, outside)
        seen.update(listed)
    assert {"mine/", "ours/"} <= seen, "or nothing was seen"
    assert bucket.ground.objects()["other/theirs.txt"] == b"there"
    assert bucket.ground.objects()["ours/d/e.txt"] == b"there"
    assert not (run.folder / "other").exists()


def test_ls_lists_the_folders_and_refuses_what_lies_outside(
    bucket: Watched, tmp_path: Path
) -> None:
    run = shell(tmp_path / "here", bucket)
    for key in ("mine/a", "mine/b/c", "ours/d", "minefield/e", "root"):
        bucket.ground.put(key, b"there")
    assert run("ls").out.split() == ["mine/a", "mine/b/c", "ours/d"]
    assert run("ls", "m").out.split() == ["mine/a", "mine/b/c"]
    assert run("ls", "mine/b").out.split() == ["mine/b/c"]
    for outside in ("minefield/", "root", "x", "ours-too"):
        ran = run("ls", outside)
        assert (ran.code, ran.out) == (2, "")
        assert f"{outside} lies outside the folders of shared" in ran.err
        assert "mine/ or ours/" in ran.err
        told = run("ls", outside, "--json").document
        assert told["error"]["kind"] == "ConfigError"


def test_below_a_prefix_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, memory(), prefix="apps/", folders=["mine"])
    bench.put_there("apps/mine/a", "a")
    bench.put_there("apps/other/b", "b")
    with bench.client() as client:
        assert [one.key for one in client.list_files()] == ["mine/a"]
        client.test_connection()
        assert all(check.ok is not False for check in client.doctor())
        with pytest.raises(ConfigError, match="outside"):
            list(client.list_files("other/"))
    assert set(bench.store.called("scan")) == {"apps/mine/"}


def test_a_copy_of_a_mapped_file_outside_gets_its_name_without_a_listing(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        memory(),
        folders=["mine"],
        paths=["root"],
        files={"settings.json": SETTINGS},
        conflict_resolution="keep_both",
    )
    bench.put_here("root/mine/a", "a")
    bench.put_here("settings.json", "here")
    bench.put_there(SETTINGS, "there")
    bench.sync()
    assert set(bench.store.called("scan")) == {"mine/"}
    copies = [key for key in bench.there() if ".conflict-" in key]
    assert len(copies) == 1
    assert copies[0].startswith("config/settings.conflict-")


@pytest.mark.parametrize("kind", ["bunny"])
def test_a_zone_that_finds_files_only_by_listing_is_asked_for_none_outside(
    kind: str, tmp_path: Path
) -> None:
    with watched(kind, tmp_path / "there") as bucket:
        assert isinstance(bucket.ground, BunnyGround)
        fake = bucket.ground.fake
        fake.faults = (NoDescribe(),)
        run = shell(tmp_path / "here", bucket)
        write(run.folder, mine__a_txt="a", settings_json="here")
        ran = run("sync")
        assert ran.code != 0
        assert "outside the synced folders" in ran.err
        run = shell(tmp_path / "elsewhere", bucket, files={})
        write(run.folder, mine__a_txt="a")
        assert run("sync").code == 0
        assert fake.tree.files() == {"mine/a.txt": b"a"}
        # What is refused without a reason is looked at, and so are the folders that it lies in.
        fake.faults = (NoDescribe(), Answers(400, on="put"))
        write(run.folder, mine__b_txt="b")
        ran = run("sync")
        assert ran.code == 1
        assert "outside" not in ran.out + ran.err
        listed = set(bucket.listed())
        assert {key for key in listed if not key.startswith(("mine/", "ours/"))} == set()
        assert "mine/" in listed


def test_what_a_zone_refuses_outside_is_looked_at_without_a_listing(tmp_path: Path) -> None:
    with watched("bunny", tmp_path / "there") as bucket:
        assert isinstance(bucket.ground, BunnyGround)
        run = shell(tmp_path / "here", bucket)
        write(run.folder, mine__a_txt="a", settings_json="here")
        bucket.ground.fake.faults = (Answers(400, on="put"),)
        assert run("sync").code == 1
        assert {"mine/", "ours/"} == set(bucket.listed())
