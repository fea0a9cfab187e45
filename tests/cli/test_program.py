"""`buckia` itself: its help, its commands, what the shell may complete, how mistakes are told."""

from __future__ import annotations

import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any

import click
import pytest

import buckia
from buckia.cli.app import COMMANDS, COMPLETE, PROGRAM, program
from buckia.cli.flags import COMMON, NAMES
from buckia.plugins import HOOKS, PROVIDERS
from tests.cli.fakes import Shell


def commands() -> dict[str, Any]:
    """All commands by the words that call them."""
    found: dict[str, Any] = {}
    for name in COMMANDS:
        built = getattr(import_module(f"buckia.cli.commands.{name}"), name)
        inner = built.commands.items() if isinstance(built, click.Group) else [("", built)]
        found |= {f"{name} {word}".strip(): one for word, one in inner}
    return found


ALL = commands()


def test_the_version_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    from buckia.cli import main

    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"buckia {buckia.__version__}\n"


def test_the_module_can_be_run_like_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "buckia", "--version"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == f"buckia {buckia.__version__}\n"


def test_it_looks_for_cycles_seldom() -> None:
    """That would cost a run with many files a tenth of its time."""
    told = "import atexit, gc; atexit.register(lambda: print('threshold', *gc.get_threshold()))"
    run = f"{told}; from buckia.cli import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "threshold 50000 20 50"


def test_help_names_every_command_with_what_it_does(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("--help").code == 0
    told = capsys.readouterr().out
    for name, what in COMMANDS.items():
        assert f"  {name} " in told
        assert what in told
    assert re.search(r"installed: [^.]*\blocal,\s+memory\b", told)


def test_no_words_at_all_are_a_wish_for_help(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell().code == 0
    assert "Usage: buckia" in capsys.readouterr().out


@pytest.mark.parametrize("words", ALL)
def test_the_help_of_a_command_has_examples_and_the_common_options(
    words: str, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(*words.split(), "--help").code == 0
    told = capsys.readouterr().out
    assert "Examples:\n" in told
    assert told.count("buckia") >= 2
    assert "Options of every command:" in told
    for option in COMMON:
        assert option.opts[-1] in told


@pytest.mark.parametrize("words", ALL)
def test_the_examples_of_a_command_are_command_lines_that_are_understood(words: str) -> None:
    from buckia.cli.words import spread

    for line, _said in ALL[words].examples:
        typed = split(line)
        assert typed[0] == "buckia"
        one = program.commands.get(typed[1]) or getattr(
            import_module(f"buckia.cli.commands.{typed[1]}"), typed[1]
        )
        rest = spread(typed[1:])[1:]
        if isinstance(one, click.Group):
            one, rest = one.commands[rest[0]], rest[1:]
        with one.make_context(typed[1], rest) as ctx:
            assert ctx.command is one


def split(line: str) -> list[str]:
    """The last command of a line of shell, as words."""
    import shlex

    return shlex.split(line.rpartition(" | ")[2])


def test_every_command_has_a_module_and_no_module_is_without_its_command() -> None:
    commands = import_module("buckia.cli.commands")
    assert {one.name for one in pkgutil.iter_modules(commands.__path__)} == set(COMMANDS)


def test_every_command_has_every_common_option_once() -> None:
    for built in ALL.values():
        names = [name for param in built.params for name in param.opts]
        assert set(names) >= NAMES
        assert len(names) == len(set(names))


def test_a_mistyped_command_is_named_with_the_nearest(shell: Shell) -> None:
    ran = shell("snyc")
    assert ran.code == 2
    assert ran.err == 'Error: there is no command "snyc"\nHint: Did you mean "sync"?\n'


def test_a_word_that_is_like_no_command_gets_a_hint_about_providers(shell: Shell) -> None:
    ran = shell("floppy")
    assert ran.code == 2
    assert "pip install buckia-NAME" in ran.err


def test_options_in_front_of_the_command_are_explained(shell: Shell) -> None:
    for words in (["--config", "x", "sync"], ["--json", "sync"], ["-q", "sync"]):
        ran = shell(*words)
        assert ran.code == 2
        assert "options come after the command: buckia sync " + words[0] in ran.err


def test_an_unknown_option_is_named_with_the_nearest(shell: Shell) -> None:
    ran = shell("sync", "--dryrun")
    assert ran.code == 2
    assert "--dryrun" in ran.err
    assert "--dry-run" in ran.err
    assert "Hint: buckia sync --help" in ran.err


def test_an_option_without_its_value_points_to_the_help_of_its_command(shell: Shell) -> None:
    ran = shell("sync", "--bandwidth")
    assert ran.code == 2
    assert "'--bandwidth'" in ran.err
    assert "Hint: buckia sync --help" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-q", "-v"], "--quiet and --verbose"),
        (["--config", "a", "--directory", "b"], "--directory"),
        (["--log-level", "debug"], "--log-file"),
        (["--log-level", "loud", "--log-file", "x"], "loud"),
    ],
)
def test_common_options_that_contradict_each_other_are_a_usage_error(
    words: list[str], said: str, shell: Shell
) -> None:
    shell.config()
    ran = shell("sync", *words)
    assert ran.code == 2
    assert said in ran.err
    assert not shell.script.calls


def test_without_a_file_the_hint_says_how_to_begin(shell: Shell) -> None:
    ran = shell("sync")
    assert ran.code == 2
    assert "there is no .buckia file" in ran.err
    assert "buckia init" in ran.err


def test_the_file_is_looked_for_here_and_above_or_from_another_folder(shell: Shell) -> None:
    shell.config("outer")
    inner = shell.folder / "a" / "b"
    inner.mkdir(parents=True)
    shell.folder = inner
    assert shell("sync").code == 0
    assert [call[0] for call in shell.script.calls] == ["outer", "outer"]
    shell.folder = inner.parent
    shell.config("middle")
    assert shell("sync", "--directory", "b").code == 0
    assert shell.script.calls[-1][0] == "middle"


def test_the_file_can_be_named(shell: Shell) -> None:
    shell.config("usual")
    shell.config("other", name="staging.yaml")
    assert shell("sync", "--config", "staging.yaml").code == 0
    assert {call[0] for call in shell.script.calls} == {"other"}


def test_verbose_names_the_file_that_is_used(shell: Shell) -> None:
    path = shell.config()
    assert f"Using {path}" in shell("sync", "-v").err
    assert "Using" not in shell("sync").err


def complete(shell: Shell, capsys: pytest.CaptureFixture[str], line: str) -> list[str]:
    """What bash would offer behind this line."""
    words = line.split(" ")
    shell.environ |= {
        COMPLETE: "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shell.environ.items():
            patch.setenv(name, value)
        assert shell().code == 0
    return [one.partition(",")[2] for one in capsys.readouterr().out.splitlines() if one]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_shell_is_told_how_to_complete(
    name: str, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell("--completion", name).code == 0
    told = capsys.readouterr().out
    assert f"{COMPLETE}={name}_complete" in told
    assert PROGRAM in told


def test_commands_and_providers_are_completed_from_their_names_only(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.points = [EntryPoint("resin", "module_that_is_not_there", PROVIDERS)]
    assert complete(shell, capsys, "buckia res") == ["resolve", "restore", "resin"]


def test_buckets_are_completed_from_the_file_that_is_named(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.config("assets", "archive", "other")
    shell.config("elsewhere", name="staging.yaml")
    assert complete(shell, capsys, "buckia sync a") == ["assets", "archive"]
    assert complete(shell, capsys, "buckia ls --bucket o") == ["other"]
    assert complete(shell, capsys, "buckia sync --config staging.yaml e") == ["elsewhere"]


def test_a_broken_file_completes_nothing_and_says_nothing(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    (shell.folder / ".buckia").write_text("a: [")
    assert complete(shell, capsys, "buckia sync a") == []


def test_plugins_are_completed_where_one_is_to_be_disabled(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.points = [EntryPoint("aa", "x", PROVIDERS), EntryPoint("ab", "x", HOOKS)]
    assert complete(shell, capsys, "buckia sync --disable-plugin a") == ["aa", "ab"]
    assert complete(shell, capsys, "buckia init --provider a") == ["aa"]


PLUGIN = """
import click
import msgspec
from buckia.plugins import hookimpl
from buckia.provider import Provider

class Options(msgspec.Struct):
    pass

def open_storage(options, context):
    raise NotImplementedError

@hookimpl
def buckia_provider():
    return Provider(name="shelf", options=Options, open=open_storage)

@hookimpl
def buckia_commands(cli):
    @cli.command()
    @click.argument("bucket")
    @click.option("-v", "--volume", type=int)
    @click.pass_obj
    def purge(session, bucket, volume):
        "Purge it."
        config = session.one(bucket)
        session.output.say(f"purging {config.name} at {volume}")
        session.document.whole({"purged": config.name})
        return 3
"""


@pytest.fixture
def shelf(shell: Shell, monkeypatch: pytest.MonkeyPatch, request: Any) -> Shell:
    module = f"shelf_{abs(hash(request.node.name))}"
    (shell.folder / f"{module}.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(shell.folder)
    shell.points = [EntryPoint("shelf", module, PROVIDERS)]
    return shell


def test_a_providers_own_commands_have_a_session_and_the_common_options(shelf: Shell) -> None:
    shelf.config("assets", "other", name="x.yaml")
    ran = shelf("shelf", "purge", "other", "-v", "3", "--config", "x.yaml")
    assert (ran.code, ran.out, ran.err) == (3, "purging other at 3\n", "")
    assert shelf("shelf", "purge", "other", "--config", "x.yaml", "--json").document == {
        "purged": "other"
    }


def test_an_error_in_a_providers_command_is_told_like_ours(shelf: Shell) -> None:
    shelf.config("assets")
    ran = shelf("shelf", "purge", "asets")
    assert ran.code == 2
    assert 'Did you mean "assets"?' in ran.err


def test_a_provider_without_commands_says_so(shell: Shell) -> None:
    ran = shell("memory", "purge")
    assert ran.code == 2
    assert 'the provider "memory" has no commands of its own' in ran.err


@pytest.mark.skipif(os.name != "posix", reason="deletes the current folder")
def test_in_a_folder_that_was_deleted_the_error_is_a_sentence(shell: Shell) -> None:
    script = f'rm -r "$PWD"; "{sys.executable}" -m buckia sync'
    done = subprocess.run(
        ["sh", "-c", script], cwd=shell.folder, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="closes a pipe as a shell does")
def test_help_into_a_closed_pipe_ends_quietly() -> None:
    script = f"{sys.executable} -m buckia sync --help | true"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stderr == b""
