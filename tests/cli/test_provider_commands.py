"""A provider's own command reaches its bucket as a sync would."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from buckia.plugins import HOOKS, PROVIDERS
from tests.cli.fakes import Shell

PLUGIN = """
import click
import msgspec
from buckia.cli.command import Command
from buckia.cli.parameters import bucket_option
from buckia.cli.provider_commands import reached
from buckia.plugins import hookimpl
from buckia.provider import Context, Provider
from buckia.secrets import Secret
from buckia.stores.memory import plugin as memory

class Options(msgspec.Struct):
    pin: Secret | None = None
    colour: str = "red"

seen = []

def open_storage(options, context):
    seen.append(context)
    found = memory.buckia_provider()
    return found.open(found.options(), Context(bucket_name='x', base=context.base))

@hookimpl
def buckia_provider():
    return Provider(name="shelf", options=Options, open=open_storage)

@hookimpl
def buckia_commands(cli):
    @cli.command(cls=Command)
    @click.option("--wrong", is_flag=True)
    @bucket_option
    @click.pass_obj
    def look(session, bucket, wrong):
        found = reached(session, "shelf", memory.Options if wrong else Options, bucket)
        seen.append(found)
        session.output.say(f"{found.config.name}: {found.options.colour}")
"""


@pytest.fixture
def shelf(shell: Shell, monkeypatch: pytest.MonkeyPatch, request: Any) -> Shell:
    module = f"shelf_of_{abs(hash(request.node.name))}"
    (shell.folder / f"{module}.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(shell.folder)
    shell.points = [
        EntryPoint("shelf", module, PROVIDERS),
        EntryPoint("memory", "buckia.stores.memory.plugin", PROVIDERS),
    ]
    shell.real = True
    shell.config("other", name="memory.yaml")
    return shell


def seen(shelf: Shell) -> list[Any]:
    assert shelf.points is not None
    found: list[Any] = import_module(shelf.points[0].value).seen
    return found


def write(shelf: Shell, **buckets: str) -> None:
    lines = [
        f"{name}:\n  provider: {provider}\n  bucket_name: in-{name}\n"
        for name, provider in buckets.items()
    ]
    path = shelf.folder / ".buckia"
    path.write_text("".join(lines))
    path.chmod(0o600)


def add(shelf: Shell, *lines: str) -> None:
    with (shelf.folder / ".buckia").open("a") as file:
        file.writelines(f"  {line}\n" for line in lines)


def test_a_command_is_given_what_the_storage_would_be_opened_with(shelf: Shell) -> None:
    """All of it, so that what a sync learns to give is not forgotten here."""
    write(shelf, assets="shelf")
    add(shelf, "region: north", "endpoint_url: https://x.example", "timeout: 5", "max_workers: 3")
    add(shelf, "checksum_algorithm: md5", "state_dir: elsewhere")
    state = shelf.folder / "elsewhere"
    state.mkdir()
    (state / "tag").write_text("abcdef\n")
    assert shelf("ls").code == 0
    assert shelf("shelf", "look").code == 0
    opened, found = seen(shelf)
    assert found.context == opened
    assert (found.context.region, found.context.tag) == ("north", "abcdef")


def test_a_command_finds_the_options_and_their_secrets(shelf: Shell) -> None:
    write(shelf, assets="shelf")
    add(shelf, "colour: blue")
    shelf.environ["BUCKIA_ASSETS_PIN"] = "1234567"
    assert shelf("shelf", "look").out == "assets: blue\n"
    [found] = seen(shelf)
    assert found.options.pin.reveal() == "1234567"


def test_looking_leaves_nothing_behind(shelf: Shell) -> None:
    write(shelf, assets="shelf")
    assert shelf("shelf", "look").code == 0
    assert not (shelf.folder / ".buckia.state").exists()


def test_the_only_bucket_of_the_provider_is_meant_where_none_is_named(shelf: Shell) -> None:
    write(shelf, first="memory", second="shelf", third="memory")
    assert shelf("shelf", "look").out == "second: red\n"


def test_of_several_buckets_of_the_provider_one_must_be_named(shelf: Shell) -> None:
    write(shelf, first="memory", second="shelf", third="shelf")
    ran = shelf("shelf", "look")
    assert ran.code == 2
    assert "Name it with --bucket: second, third" in ran.err
    assert shelf("shelf", "look", "--bucket", "third").out == "third: red\n"


def test_a_bucket_of_another_provider_is_refused(shelf: Shell) -> None:
    write(shelf, first="memory", second="shelf")
    ran = shelf("shelf", "look", "--bucket", "first")
    assert ran.code == 2
    assert (
        'the bucket "first" is of the provider "memory", and this command is of "shelf"' in ran.err
    )


def test_a_file_without_a_bucket_of_the_provider_is_told_so(shelf: Shell) -> None:
    write(shelf, first="memory")
    ran = shelf("shelf", "look")
    assert ran.code == 2
    assert 'holds no bucket of the provider "shelf"' in ran.err


def test_a_warning_about_a_secret_is_shown(shelf: Shell) -> None:
    write(shelf, assets="shelf")
    add(shelf, "pin: 'literal:12345678'")
    (shelf.folder / ".buckia").chmod(0o644)
    ran = shelf("shelf", "look")
    assert ran.code == 0
    assert ran.err.count("this secret stands in a file that others can read") == 1


def test_a_command_for_other_options_than_the_provider_s_is_a_broken_plugin(shelf: Shell) -> None:
    write(shelf, assets="shelf")
    ran = shelf("shelf", "look", "--wrong")
    assert ran.code == 2
    assert 'the provider "shelf" has other options than this command needs' in ran.err


def test_a_scheme_of_another_plugin_is_understood(
    shelf: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"safe_of_{abs(hash(str(shelf.folder)))}"
    (shelf.folder / f"{name}.py").write_text(
        "from buckia.plugins import hookimpl\n"
        "@hookimpl\n"
        "def buckia_secret(reference):\n"
        "    return 'from-the-safe' if reference.startswith('safe:') else None\n"
    )
    assert shelf.points is not None
    shelf.points.append(EntryPoint("safe", name, HOOKS))
    write(shelf, assets="shelf")
    add(shelf, "pin: safe:1")
    assert shelf("shelf", "look").code == 0
    [found] = seen(shelf)
    assert found.options.pin.reveal() == "from-the-safe"
