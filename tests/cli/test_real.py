"""Every command on real folders, with the real library behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from buckia.plugins import HOOKS
from tests.cli.fakes import Shell

posix = pytest.mark.skipif(os.name != "posix", reason="signals and file names as POSIX has them")


class World(Shell):
    """A folder with a `.buckia` file, and beside it the folder that is the bucket."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, real=True)
        self.here = folder
        self.there = folder.parent / "bucket"
        self.there.mkdir()
        self.settings()

    def settings(self, **keys: Any) -> None:
        lines = ["assets:", "  provider: local", "  root: ..", "  bucket_name: bucket"]
        lines += [f"  {key}: {json.dumps(value)}" for key, value in keys.items()]
        path = self.here / ".buckia"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)

    def write(self, side: Path, **files: str) -> None:
        for name, text in files.items():
            path = side / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def read(self, side: Path) -> dict[str, str]:
        return {
            path.relative_to(side).as_posix(): path.read_text(errors="replace")
            for path in sorted(side.rglob("*"))
            if path.is_file() and not any(part.startswith(".buckia") for part in path.parts)
        }

    def synced(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The document of a sync of the only bucket."""
        ran = self("sync", "--json", *words)
        assert ran.code == code, ran.err
        [bucket] = ran.document["buckets"]
        return dict(bucket)


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def test_a_sync_brings_both_sides_in_step_and_the_next_has_nothing_to_do(world: World) -> None:
    world.write(world.here, a="1", sub__b="22")
    world.write(world.there, c="333")
    bucket = world.synced()
    assert (bucket["uploaded"], bucket["downloaded"], bucket["unchanged"]) == (2, 1, 0)
    assert (bucket["bytes_up"], bucket["bytes_down"]) == (3, 3)
    assert (
        world.read(world.here) == world.read(world.there) == {"a": "1", "c": "333", "sub/b": "22"}
    )
    again = world("sync")
    assert again.code == 0
    assert again.out.startswith("assets: nothing to do, 3 unchanged")
    assert world("status", "--exit-code").code == 0


def everything(folder: Path) -> dict[str, bytes]:
    """All bytes below a folder, but for the files that SQLite keeps while somebody reads."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_status_and_dry_run_say_what_a_sync_does_and_change_nothing(world: World) -> None:
    world.write(world.here, a="1", b="2")
    world.synced()
    world.write(world.here, a="changed", new="n")
    world.write(world.there, other="o")
    before = everything(world.folder.parent)
    told = world("status", "--json").document["buckets"][0]
    dry = world("sync", "--dry-run", "--json").document["buckets"][0]
    assert world("status", "--exit-code").code == 1
    assert everything(world.folder.parent) == before
    done = world.synced()
    assert told["actions"] == dry["actions"] == done["actions"]
    assert {(one["path"], one["action"]) for one in told["actions"]} == {
        ("a", "upload"),
        ("new", "upload"),
        ("other", "download"),
    }
    assert set(told) == set(done)


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ([], {"a", "b.tmp", "sub/c"}),
        (["--paths", "a"], {"a"}),
        (["--paths", "sub/", "a"], {"a", "sub/c"}),
        (["--include", "*.tmp"], {"b.tmp"}),
        (["--exclude", "*.tmp", "--exclude", "sub/"], {"a"}),
        (["--direction", "pull"], set()),
        (["--direction", "push"], {"a", "b.tmp", "sub/c"}),
        (["--files-from", "list"], {"sub/c"}),
        (["--max-workers", "1"], {"a", "b.tmp", "sub/c"}),
        (["--bandwidth", "10MiB/s", "--max-duration", "1h"], {"a", "b.tmp", "sub/c"}),
    ],
)
def test_each_option_has_its_effect(words: list[str], there: set[str], world: World) -> None:
    world.write(world.here, a="1", sub__c="3")
    (world.here / "b.tmp").write_text("2")
    (world.here.parent / "list").write_text("sub/c\n")
    shown = [str(world.here.parent / "list") if word == "list" else word for word in words]
    world.synced(*shown)
    assert set(world.read(world.there)) == there


def test_deletions_travel_only_when_they_are_asked_to(world: World) -> None:
    world.write(world.here, a="1", b="2")
    world.synced()
    (world.here / "a").unlink()
    assert world.synced("--no-delete-orphaned")["downloaded"] == 1
    (world.here / "a").unlink()
    assert world.synced("--delete-orphaned")["deleted_remote"] == 1
    assert world.read(world.there) == {"b": "2"}


def test_a_guard_stops_with_6_and_force_passes_it(world: World) -> None:
    for number in range(20):
        world.write(world.here, **{f"f{number}": str(number)})
    world.settings(delete_orphaned=True)
    world.synced()
    for number in range(15):
        (world.here / f"f{number}").unlink()
    ran = world("sync")
    assert ran.code == 6
    assert ran.err.splitlines()[-2].startswith("Error: ")
    assert "--force" in ran.err
    assert len(world.read(world.there)) == 20
    stopped = world.synced(code=6)
    assert stopped["error"]["kind"] == "GuardStopped"
    assert stopped["deleted_remote"] == 0
    assert world("sync", "--max-delete", "15").code == 0
    assert len(world.read(world.there)) == 5
    for number in range(15, 20):
        (world.here / f"f{number}").unlink()
    assert world("sync").code == 6
    assert world("sync", "--force").code == 0
    assert world.read(world.there) == {}


def in_conflict(world: World) -> None:
    world.write(world.here, a="1")
    world.synced()
    world.write(world.here, a="here")
    world.write(world.there, a="there!")


@pytest.mark.parametrize(
    ("policy", "left", "count"),
    [("local_wins", "here", 1), ("remote_wins", "there!", 1), ("keep_both", "there!", 2)],
)
def test_a_conflict_is_resolved_as_asked_and_nothing_is_lost(
    policy: str, left: str, count: int, world: World
) -> None:
    in_conflict(world)
    ran = world("sync", "--conflict", policy)
    assert ran.code == 0
    assert "    conflict  a: " in ran.out
    assert world.read(world.here) == world.read(world.there)
    assert world.read(world.here)["a"] == left
    assert len(world.read(world.here)) == count
    trash = world.here / ".buckia.state" / "trash"
    kept = {path.read_text() for path in trash.rglob("*") if path.is_file()}
    assert {"here", "there!"} <= kept | set(world.read(world.here).values())


def test_a_conflict_waits_for_a_person_and_is_resolved_by_name(world: World) -> None:
    world.settings(conflict_resolution="ask")
    in_conflict(world)
    ran = world("sync")
    assert ran.code == 5
    assert "Hint: " in ran.err
    listed = world("conflicts")
    assert listed.code == 5
    assert "decide: buckia resolve a --keep local|remote|both" in listed.out
    assert world("conflicts", "--json").document["buckets"][0]["conflicts"][0]["local"]["size"] == 4
    assert world("resolve", "nope", "--keep", "both").code == 2
    assert world("resolve", "a", "--keep", "local").code == 0
    assert world.read(world.here) == world.read(world.there) == {"a": "here"}
    assert world("conflicts").code == 0


@pytest.mark.parametrize(
    ("letter", "code", "left", "right"),
    [("l", 0, "here", "here"), ("r", 0, "there!", "there!"), ("s", 5, "here", "there!")],
)
def test_on_a_terminal_a_conflict_is_asked(
    letter: str, code: int, left: str, right: str, world: World
) -> None:
    world.settings(conflict_resolution="ask")
    in_conflict(world)
    ran = world("sync", tty=True, stdin=f"{letter}\n")
    assert ran.code == code
    assert "changed on both sides" in ran.err
    assert world.read(world.here) == {"a": left}
    assert world.read(world.there) == {"a": right}


def test_what_was_replaced_or_deleted_comes_back(world: World) -> None:
    world.settings(delete_orphaned=True)
    world.write(world.here, a="1", x__b="2", x__c="3")
    world.synced()
    world.write(world.there, a="new")
    for name in ("x/b", "x/c"):
        (world.there / name).unlink()
    world.synced()
    assert world.read(world.here) == {"a": "new"}
    listed = world("restore", "--list", "x/")
    assert sorted(line.split()[5] for line in listed.out.splitlines()) == ["x/b", "x/c"]
    assert world("restore", "a").code == 0
    assert world.read(world.here) == {"a": "1"}
    assert world("restore", "x/", "--before", "2000-01-01").code == 0
    assert world.read(world.here) == {"a": "1", "x/b": "2", "x/c": "3"}
    assert world("restore", "nothing").code == 2
    world.synced()
    assert world.read(world.there) == world.read(world.here)


def test_verify_sees_what_a_sync_cannot(world: World) -> None:
    world.write(world.here, a="1234", b="2")
    world.synced()
    assert world("verify").code == 0
    path = world.there / "a"
    seen = path.stat()
    path.write_text("12x4")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    ran = world("verify")
    assert ran.code == 1
    assert "    a  " in ran.out
    assert "1 file is equal, 1 is not" in ran.out


def test_the_bucket_itself_by_key(world: World) -> None:
    world.write(world.here, a="123")
    assert world("put", "a", "x/").code == 0
    assert world.read(world.there) == {"x/a": "123"}
    again = world("put", "a", "x/")
    assert again.code == 1
    assert "--force" in again.err
    world.write(world.here, a="4567")
    assert world("put", "a", "x/", "--force").code == 0
    assert world("ls").out == "x/a\n"
    assert world("ls", "y").out == ""
    assert "4 B" in world("ls", "-l").out
    assert world("get", "x/a").code == 1
    assert world("get", "x/a", "b").code == 0
    assert world.read(world.here)["b"] == "4567"
    assert world("get", "x/a", "--force").code == 0
    assert world("get", "nope").code == 1
    removed = world("rm", "x/a", "--json").document
    assert Path(removed["deleted"][0]["kept"]).read_text() == "4567"
    assert world.read(world.there) == {}
    assert world("rm", "x/a").code == 1
    assert world("url", "a").code == 2


def test_the_doctor_finds_a_bucket_that_is_not_there(world: World) -> None:
    world.there.rmdir()
    ran = world("doctor")
    assert ran.code == 1
    assert "bad  " in ran.out
    assert "mkdir" in ran.out


def test_a_bucket_that_is_not_there_exits_with_4_and_the_next_is_synced(world: World) -> None:
    world.write(world.here, a="1")
    (world.here / ".buckia").write_text(
        "one: {provider: local, root: .., bucket_name: missing}\n"
        "two: {provider: local, root: .., bucket_name: bucket}\n"
    )
    ran = world("sync")
    assert ran.code == 4
    assert "Error: one: " in ran.err
    assert "mkdir" in ran.err
    assert world.read(world.there) == {"a": "1"}


def test_another_sync_of_the_same_pair_exits_with_7(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys as modules

    codes = []

    def hook(plan: object) -> None:
        codes.append(world("sync").code)

    with_hook(world, hook, monkeypatch, modules.modules)
    world.write(world.here, a="1")
    assert world("sync").code == 0
    assert codes == [7]


def test_a_plugin_may_stop_a_sync(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys as modules

    from buckia.errors import GuardStopped

    def hook(plan: object) -> None:
        raise GuardStopped("not on Sundays", hint="come back tomorrow")

    with_hook(world, hook, monkeypatch, modules.modules)
    world.write(world.here, a="1")
    ran = world("sync")
    assert ran.code == 6
    assert "Error: not on Sundays\nHint: come back tomorrow\n" in ran.err
    assert world.read(world.there) == {}
    assert world("sync", "--disable-plugin", "hooked").code == 0


def with_hook(
    world: World,
    hook: Callable[[object], None],
    monkeypatch: pytest.MonkeyPatch,
    modules: dict[str, Any],
) -> None:
    """Install a plugin whose only hook this is."""
    from types import ModuleType

    from buckia.plugins import hookimpl

    module = ModuleType("plugin_hooked_of_cli")

    def buckia_before_sync(plan: object) -> None:
        hook(plan)

    module.buckia_before_sync = hookimpl(buckia_before_sync)  # type: ignore[attr-defined]  # a made-up module
    monkeypatch.setitem(modules, "plugin_hooked_of_cli", module)
    world.points = [
        EntryPoint("local", "buckia.stores.local.plugin", "buckia"),
        EntryPoint("hooked", "plugin_hooked_of_cli", HOOKS),
    ]


@posix
def test_a_name_that_would_move_the_cursor_is_shown_harmless(world: World) -> None:
    (world.there / "evil\x1b[2J").write_text("x")
    for words in (["ls"], ["status"], ["status", "-v"], ["sync", "-v"]):
        ran = world(*words)
        assert ran.code == 0
        assert "\x1b" not in ran.out + ran.err
        assert "evil\\x1b[2J" in ran.out + ran.err


def test_a_new_user_gets_from_nothing_to_a_synced_folder(folder: Path) -> None:
    shell = Shell(folder, real=True)
    (folder / "a").write_text("1")
    assert shell("init", "--bucket-name", "backup").code == 0
    assert shell("status").code == 0
    assert shell("sync").code == 0
    assert (folder.parent / "buckets" / "backup" / "a").read_text() == "1"
    assert shell("verify").code == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sync_exits_with_130_and_the_next_one_ends_it(
    number: signal.Signals, world: World
) -> None:
    for one in range(20):
        (world.here / f"f{one}").write_bytes(os.urandom(100_000))
    words = ["sync", "-v", "--json", "--bandwidth", "200kB/s", "--max-workers", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "buckia", *words],
        cwd=world.here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            if line.startswith("uploaded"):
                break
        process.send_signal(number)
        out, _err = process.communicate(timeout=60)
    assert process.returncode == 130
    [bucket] = json.loads(out)["buckets"]
    assert 1 <= bucket["uploaded"] < 20
    assert bucket["error"]["kind"] == "Interrupted"
    rest = world.synced()
    assert rest["uploaded"] == 20 - bucket["uploaded"]
    assert len(list(world.there.glob("f*"))) == 20
