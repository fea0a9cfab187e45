"""`buckia users move`, from one kind of bucket to another, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.fakes import Shell
from tests.grounds import Ground
from tests.people.tiers import ID, NOTE
from tests.people.watching import Watched, watched

WAYS = (("local", "s3"), ("s3", "bunny"), ("bunny", "local"), ("linode", "s3"))
FILES = {f"{ID}/.env": b"mine", f"{ID}/a.txt": b"a", f"{ID}/d/b.txt": b"b"}


class App:
    """The `.buckia` file of who runs the app: two tiers, and what they hold."""

    def __init__(self, folder: Path, common: Watched, premium: Watched) -> None:
        self.common, self.premium = common, premium
        folder.mkdir()
        self.run = Shell(folder, real=True)
        self.configure()

    def configure(self, **settings: object) -> None:
        named = {"common": self.common.ground, "premium": self.premium.ground}
        file = {name: {**_own(one), **settings} for name, one in named.items()}
        (self.run.folder / ".buckia.json").write_text(json.dumps(file))
        (self.run.folder / ".buckia.json").chmod(0o600)
        for one in named.values():
            self.run.environ.update(one.secrets)


def _own(ground: Ground) -> dict[str, object]:
    return {**ground.own, "retries": 2}


@pytest.fixture(params=WAYS, ids="-".join)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    with ExitStack() as stack:
        common, premium = (
            stack.enter_context(watched(kind, tmp_path / f"{at}-{kind}"))
            for at, kind in enumerate(request.param)
        )
        made = App(tmp_path / "app", common, premium)
        for key, data in {**FILES, "other/c": b"of somebody else"}.items():
            common.ground.put(key, data)
        yield made


def test_a_folder_goes_from_any_kind_of_bucket_to_any_other(app: App) -> None:
    ran = app.run("users", "move", ID, "--to", "premium", "--json")
    assert ran.code == 0, ran.err
    told = ran.document
    assert (told["id"], told["from"], told["to"]) == (ID, "common", "premium")
    assert (told["copied"], told["deleted"], told["left"]) == (3, 3, [])
    assert app.premium.ground.objects() == FILES
    left = app.common.ground.objects()
    assert left.keys() == {f"{ID}/{NOTE}", "other/c"}
    assert json.loads(left[f"{ID}/{NOTE}"])["to"] == "premium"
    unfinished = {*app.common.ground.unfinished(), *app.premium.ground.unfinished()}
    assert unfinished <= {NOTE}
    again = app.run("users", "move", ID, "--to", "premium")
    assert again.code == 0
    assert "0 files (0 B) copied from common to premium" in again.out
    back = app.run("users", "move", ID, "--to", "common")
    assert back.code == 0, back.err
    assert app.common.ground.objects() == {**FILES, "other/c": b"of somebody else"}
    assert app.premium.ground.objects().keys() == {f"{ID}/{NOTE}"}


def test_only_that_folder_is_listed_and_a_device_is_stopped(app: App) -> None:
    app.common.forget()
    app.premium.forget()
    assert app.run("users", "move", ID, "--to", "premium").code == 0
    for one in (app.common, app.premium):
        listed = one.listed()
        assert listed or one is app.premium
        assert all(begin.startswith(f"{ID}/") for begin in listed), listed
    app.configure(folders=[ID])
    (app.run.folder / ID).mkdir()
    (app.run.folder / ID / "late").write_text("late")
    before = app.common.ground.objects()
    ran = app.run("sync", "common")
    assert ran.code == 6
    assert "was moved to premium" in ran.err
    assert ID not in ran.err
    assert app.common.ground.objects() == before
    assert app.run("sync", "premium").code == 0
    assert app.premium.ground.objects() == {**FILES, f"{ID}/late": b"late"}


@pytest.fixture
def local(tmp_path: Path) -> Iterator[App]:
    with (
        watched("local", tmp_path / "one") as common,
        watched("local", tmp_path / "other") as premium,
    ):
        yield App(tmp_path / "app", common, premium)


def test_where_it_comes_from_is_found_out_or_asked_for(local: App) -> None:
    nowhere = local.run("users", "move", ID, "--to", "premium")
    assert nowhere.code == 2
    assert "no other bucket of the file has it" in nowhere.err
    assert local.run("users", "move", ID, "--to", "premium", "--from", "common").code == 2
    local.common.ground.put(f"{ID}/a", b"a")
    assert local.run("users", "move", ID, "--to", "other").code == 2
    assert local.run("users", "move", ID, "--to", "premium", "--from", "premium").code == 2
    assert local.run("users", "move", "a/b", "--to", "premium").code == 2
    assert local.run("users", "move", ID, "--to", "premium").code == 0


def test_a_bucket_by_two_names_is_not_moved_into_itself(app: App) -> None:
    app.premium = app.common
    app.configure()
    for _ in range(2):
        ran = app.run("users", "move", ID, "--from", "common", "--to", "premium")
        assert ran.code == 2
        assert "common and premium are one bucket" in ran.err
        assert app.common.ground.objects() == {**FILES, "other/c": b"of somebody else"}


def test_folders_limit_what_may_be_moved(local: App) -> None:
    local.common.ground.put(f"{ID}/a", b"a")
    local.configure(folders=["other"])
    ran = local.run("users", "move", ID, "--from", "common", "--to", "premium")
    assert ran.code == 2
    assert "none of the folders of premium" in ran.err
    assert local.common.ground.objects() == {f"{ID}/a": b"a"}


def test_what_differs_is_told_with_its_code_and_nothing_is_done(local: App) -> None:
    local.common.ground.put(f"{ID}/a", b"a")
    local.premium.ground.put(f"{ID}/a", b"another")
    ran = local.run("users", "move", ID, "--from", "common", "--to", "premium")
    assert ran.code == 5
    assert "premium has other files in that folder: 1 differ, such as a" in ran.err
    assert local.common.ground.objects() == {f"{ID}/a": b"a"}
    assert local.premium.ground.objects() == {f"{ID}/a": b"another"}


def test_what_is_left_is_shown_and_the_exit_code_says_so(local: App) -> None:
    local.common.ground.put(f"{ID}/a", b"a")
    assert local.run("users", "move", ID, "--to", "premium").code == 0
    local.common.ground.put(f"{ID}/a", b"came late")
    ran = local.run("users", "move", ID, "--to", "premium")
    assert ran.code == 1
    assert "Left in common, because it changed or differs:\n    a\n" in ran.out
    assert local.common.ground.objects()[f"{ID}/a"] == b"came late"
