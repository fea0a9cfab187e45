"""`buckia init`: what it writes, and what it never does."""

from __future__ import annotations

import os
import stat
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from buckia.config import load
from buckia.model import Direction
from buckia.plugins import Plugins
from tests.cli.fakes import Shell

CLOUD = """
import msgspec
from buckia.plugins import hookimpl
from buckia.provider import Provider
from buckia.secrets import Secret

class Options(msgspec.Struct, kw_only=True):
    zone: str
    api_key: Secret
    token: Secret | None = None
    fast: bool = False

def open_storage(options, context):
    raise NotImplementedError

@hookimpl
def buckia_provider():
    return Provider(name="cloud", options=Options, open=open_storage)
"""


@pytest.fixture
def cloud(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """A machine on which a provider with options and secrets of its own is installed."""
    (tmp_path / "plugin_cloud_of_init.py").write_text(CLOUD)
    monkeypatch.syspath_prepend(tmp_path)
    shell.points = [
        EntryPoint("local", "buckia.stores.local.plugin", "buckia"),
        EntryPoint("cloud", "plugin_cloud_of_init", "buckia"),
    ]
    return shell


def test_all_by_flags_on_a_machine_without_a_terminal(shell: Shell) -> None:
    ran = shell("init", "--provider", "local", "--bucket-name", "backup", "--root", "../disk")
    assert ran.code == 0, ran.err
    file = shell.folder / ".buckia"
    [bucket] = load(file).buckets.values()
    assert bucket.name == bucket.bucket_name == "backup"
    assert bucket.provider == "local"
    assert bucket.options["root"] == "../disk"
    assert [root.path for root in bucket.paths] == ["."]
    assert not bucket.delete_orphaned
    assert (shell.folder.parent / "disk" / "backup").is_dir()
    assert str(file) in ran.out
    assert "buckia sync" in ran.out


def test_a_local_bucket_lies_beside_the_folder_unless_something_else_is_said(shell: Shell) -> None:
    assert shell("init", "--bucket-name", "backup").code == 0
    assert (shell.folder.parent / "buckets" / "backup").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="modes as POSIX has them")
def test_the_file_is_for_its_owner_only(shell: Shell) -> None:
    assert shell("init", "--bucket-name", "backup").code == 0
    assert stat.S_IMODE((shell.folder / ".buckia").stat().st_mode) == 0o600


def test_every_line_of_the_file_is_explained_and_more_is_offered(shell: Shell) -> None:
    assert shell("init", "--bucket-name", "backup").code == 0
    text = (shell.folder / ".buckia").read_text()
    for line in text.splitlines():
        assert not line or "#" in line or line == "backup:", line
    assert "# delete_orphaned: true" in text
    offered = text.replace("  # exclude:", "  exclude:").replace("  # direction:", "  direction:")
    (shell.folder / "offered.yaml").write_text(offered)
    assert load(shell.folder / "offered.yaml").bucket("backup").direction == Direction.PUSH


def test_each_flag_ends_up_in_the_file(shell: Shell) -> None:
    words = ["init", "--bucket-name", "b", "--name", "my assets", "--region", "here"]
    words += ["--endpoint-url", "http://127.0.0.1:1", "--path", "images", "--path", "a: b"]
    words += ["--set", "max_workers=4", "--set", "delete_orphaned=true", "--set", "bandwidth=off"]
    words += ["--set", "folders=[one, two]", "--set", 'exclude="*.tmp"']
    ran = shell(*words[:-2])
    assert ran.code == 0, ran.err
    bucket = load(shell.folder / ".buckia").bucket("my assets")
    assert bucket.region == "here"
    assert bucket.endpoint_url == "http://127.0.0.1:1"
    assert [root.path for root in bucket.paths] == ["images", "a: b"]
    assert bucket.max_workers == 4
    assert bucket.delete_orphaned
    assert str(bucket.bandwidth) == "off"
    assert bucket.folders == ("one", "two")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--bucket-name is needed"),
        (["--bucket-name", "../x"], "../x"),
        (["--bucket-name", "b", "--provider", "loacl"], 'Did you mean "local"?'),
        (["--bucket-name", "b", "--set", "retires=3"], 'Did you mean "retries"?'),
        (["--bucket-name", "b", "--set", "retries=many"], "retries"),
        (["--bucket-name", "b", "--set", "root=5"], "root"),
        (["--bucket-name", "b", "--set", "retries"], "KEY=VALUE"),
        (["--bucket-name", "b", "--set", "x=[1"], "YAML"),
        (["--bucket-name", "b", "--set", "retries=1", "--set", "retries=2"], "twice"),
        (["--bucket-name", "b", "--root", "a", "--set", "root=b"], "twice"),
        (["--bucket-name", "b", "--path", "a", "--set", "paths=[b]"], "twice"),
        (["--bucket-name", "b", "--root", "."], "hold each other"),
        (["--bucket-name", "work", "--root", ".."], "hold each other"),
        (["--bucket-name", "b", "--config", "x.toml"], "YAML"),
        (["--bucket-name", "b", "--directory", "missing"], "no such folder"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(
    words: list[str], said: str, shell: Shell
) -> None:
    ran = shell("init", *words)
    assert ran.code == 2
    assert said in ran.err
    assert not list(shell.folder.iterdir())
    assert [path.name for path in shell.folder.parent.iterdir()] == ["work"]


def test_a_file_that_is_there_is_replaced_only_by_force(shell: Shell) -> None:
    shell.config("old")
    ran = shell("init", "--bucket-name", "new")
    assert ran.code == 2
    assert "--force" in ran.err
    assert list(load(shell.folder / ".buckia").buckets) == ["old"]
    assert shell("init", "--bucket-name", "new", "--force").code == 0
    assert list(load(shell.folder / ".buckia").buckets) == ["new"]
    assert [path.name for path in shell.folder.iterdir()] == [".buckia"]


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_never_gets_two_files(force: list[str], shell: Shell) -> None:
    (shell.folder / ".buckia.toml").write_text("")
    ran = shell("init", "--bucket-name", "new", *force)
    assert ran.code == 2
    assert ".buckia.toml" in ran.err
    assert not (shell.folder / ".buckia").exists()


def test_the_file_goes_where_it_is_told(shell: Shell) -> None:
    (shell.folder / "sub").mkdir()
    assert shell("init", "--bucket-name", "b", "--directory", "sub", "--root", "../..").code == 0
    assert (shell.folder / "sub" / ".buckia").exists()
    assert shell("init", "--bucket-name", "c", "--config", "sub/.buckia-staging").code == 0
    assert list(load(shell.folder / "sub" / ".buckia-staging").buckets) == ["c"]


def test_on_a_terminal_it_asks_for_what_is_not_given(shell: Shell) -> None:
    answers = ["", "", "backup", "assets", "..", "images", "y", "y"]
    ran = shell("init", tty=True, stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    bucket = load(shell.folder / ".buckia").bucket("assets")
    assert (bucket.provider, bucket.bucket_name) == ("local", "backup")
    assert [root.path for root in bucket.paths] == ["images"]
    assert bucket.delete_orphaned
    assert (shell.folder.parent / "backup").is_dir()
    names = ", ".join(Plugins().names())
    for question in (f"Which kind of storage ({names})? [local]:", "Name of the bucket?:"):
        assert question in ran.err
    assert "This one is needed." in ran.err


def test_the_buckets_folder_is_not_made_against_somebodys_will(shell: Shell) -> None:
    ran = shell("init", "--bucket-name", "b", tty=True, stdin="\n\n\n\n\nn\n")
    assert ran.code == 0, ran.err
    assert not (shell.folder.parent / "b").exists()


def test_yes_asks_nothing_on_a_terminal(shell: Shell) -> None:
    ran = shell("init", "--bucket-name", "b", "--yes", tty=True)
    assert ran.code == 0
    assert "?" not in ran.err


def test_answers_that_end_too_early_write_nothing(shell: Shell) -> None:
    ran = shell("init", tty=True, stdin="local\n")
    assert ran.code == 2
    assert not list(shell.folder.iterdir())


def test_a_provider_that_is_not_installed_is_asked_again(shell: Shell) -> None:
    answers = ["flopy", "local", "b", "", "", "", "", ""]
    ran = shell("init", tty=True, stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    assert "pip install buckia-NAME" in ran.err


def test_what_a_provider_needs_is_asked_and_its_secrets_are_only_pointed_to(cloud: Shell) -> None:
    answers = ["cloud", "assets", "", "eu", "", "z1", "", ""]
    ran = cloud("init", tty=True, stdin="\n".join(answers) + "\n")
    assert ran.code == 0, ran.err
    bucket = load(cloud.folder / ".buckia").bucket("assets")
    assert dict(bucket.options) == {"zone": "z1"}
    assert bucket.region == "eu"
    text = (cloud.folder / ".buckia").read_text()
    assert "the variable BUCKIA_ASSETS_API_KEY, or `buckia secrets set assets.api_key`" in text
    assert "buckia secrets set assets.api_key" in ran.out
    document = cloud(
        *("init", "--provider", "cloud", "--bucket-name", "b", "--set", "zone=z"),
        *("--config", "x.yaml", "--json"),
    ).document
    assert document["secrets"] == ["api_key", "token"]


@pytest.mark.parametrize(
    "pair",
    [
        "api_key=hunter2",
        "api_key=literal:hunter2",
        "api_key=77777",
        "credentials={api_key: hunter2}",
    ],
)
def test_a_secret_is_never_written_into_the_file(pair: str, cloud: Shell) -> None:
    words = ["init", "--provider", "cloud", "--bucket-name", "b", "--set", "zone=z"]
    ran = cloud(*words, "--set", pair)
    assert ran.code == 2
    assert "init writes no secret into a file" in ran.err
    assert "hunter2" not in ran.err
    assert not list(cloud.folder.iterdir())


def test_a_reference_to_a_secret_is_written(cloud: Shell) -> None:
    words = ["init", "--provider", "cloud", "--bucket-name", "b", "--set", "zone=z"]
    ran = cloud(*words, "--set", "api_key=env:KEY", "--set", "fast=true")
    assert ran.code == 0, ran.err
    bucket = load(cloud.folder / ".buckia").bucket("b")
    assert dict(bucket.options) == {"zone": "z", "api_key": "env:KEY", "fast": True}


def test_without_a_terminal_what_a_provider_needs_must_be_given(cloud: Shell) -> None:
    ran = cloud("init", "--provider", "cloud", "--bucket-name", "b")
    assert ran.code == 2
    assert "--set zone=" in ran.err
    wrong = cloud(
        *("init", "--provider", "cloud", "--bucket-name", "b"),
        *("--set", "zone=z", "--set", "fast=perhaps"),
    )
    assert wrong.code == 2
    assert 'key "fast"' in wrong.err
