"""Streams: secrets, pipes that close, logs, signals."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from buckia import events
from buckia.cli.signals import STOPPING, THREAD
from buckia.errors import AccessDenied, Interrupted
from buckia.plugins import HOOKS
from buckia.results import Conflict, Failure, Question, Step, SyncResult
from tests.cli.fakes import Fake, Shell, Stream

SECRET = "hunter2/secret+value"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes as POSIX has them")


def leaking(client: Fake, **_given: Any) -> SyncResult:
    """A library that puts a secret wherever it can."""
    client.secrets.find("assets", "key")
    client.secrets.find("assets", "pin")
    client.tell(events.Noticed(message=f"got {SECRET}", hint=SECRET))
    client.tell(events.ActionStarted(action="upload", path=SECRET, size=1))
    client.tell(events.ActionDone(action="upload", path=SECRET, done=1, total=1, kept=SECRET))
    client.tell(events.Retrying(path=SECRET, attempt=1, seconds=1, message=SECRET))
    return SyncResult(
        name="assets",
        unchanged=120,
        conflicts=(Conflict(SECRET, "local_wins", SECRET),),
        failed=(Failure(SECRET, SECRET, SECRET),),
        actions=(Step(SECRET, "upload", SECRET),),
    )


def raising(client: Fake, **_given: Any) -> SyncResult:
    client.secrets.find("assets", "key")
    raise AccessDenied(f"refused {SECRET}", hint=f"is {SECRET} right?")


@pytest.mark.parametrize("answer", [leaking, raising])
@pytest.mark.parametrize("words", [[], ["-v"], ["--debug"], ["--json"], ["--json", "-v"]])
@pytest.mark.parametrize("tty", [True, False])
def test_no_secret_is_ever_shown_or_logged(
    answer: Callable[..., SyncResult], words: list[str], tty: bool, shell: Shell
) -> None:
    shell.config()
    shell.environ |= {"BUCKIA_ASSETS_KEY": SECRET, "BUCKIA_ASSETS_PIN": "120"}
    shell.script.answers["sync"] = answer
    log = ["--log-file", "log", "--log-level", "debug"]
    ran = shell("sync", *words, *log, tty=tty)
    written = ran.out + ran.err + (shell.folder / "log").read_text()
    assert "hunter2" not in written
    assert "***" in written
    if "--json" in words:
        # A short secret is not taken out of a number, or there would be no document.
        [bucket] = ran.document["buckets"]
        assert bucket["unchanged"] in {120, 0}


def test_warnings_of_the_file_and_of_secrets_are_shown_once(shell: Shell) -> None:
    path = shell.config("one", "two", credentials={"key": "open-secret"})
    path.chmod(0o644)

    def warn(client: Fake, **_given: Any) -> SyncResult:
        client.secrets.warnings.append("the keyring is locked")
        return SyncResult()

    shell.script.answers["sync"] = warn
    ran = shell("sync")
    assert ran.err.count("the keyring is locked") == 1
    assert ran.err.count("others can read") == 2
    assert "Warning: " in ran.err
    assert "open-secret" not in ran.err
    assert shell("sync", "-q").err == ""


class Closed(Stream):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_run_goes_on_to_its_end_when_nobody_reads_its_output(shell: Shell) -> None:
    from buckia.cli.app import run

    shell.config("one", "two")
    failed = SyncResult(name="one", failed=(Failure("a", "Corrupted", "no"),))
    shell.script.of_bucket["one", "sync"] = failed
    err = Stream()
    assert run(["sync"], shell.terminal(Stream(), Closed(), err)) == 1
    assert [call[0] for call in shell.script.calls if call[1] == "sync"] == ["one", "two"]
    assert "Traceback" not in err.getvalue()
    assert "Broken pipe" not in err.getvalue()


BROKEN_PIPE = """
import sys
from pathlib import Path
from buckia.cli.app import run
from buckia.cli.terminal import system_terminal
from buckia.model import BasicEntry
import msgspec
from tests.cli.fakes import Fake, Script

script = Script()
many = range(10**7)
script.answers["list_files"] = (BasicEntry(key=f"key-{n}", size=1, version="v") for n in many)
client = type("Scripted", (Fake,), {"script": script})
sys.exit(run(["ls"], msgspec.structs.replace(system_terminal(), open_client=client)))
"""


@posix
def test_a_long_listing_into_a_closed_pipe_ends_quietly_and_at_once(shell: Shell) -> None:
    shell.config()
    program = shell.folder / "program.py"
    program.write_text(BROKEN_PIPE)
    line = f'"{sys.executable}" program.py | head -n 2; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=shell.folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert done.stdout == "key-0\nkey-1\n0\n"
    assert done.stderr == ""


def test_a_log_has_the_events_of_the_run_but_not_its_bytes(shell: Shell) -> None:
    shell.config()

    def tell(client: Fake, **_given: Any) -> SyncResult:
        for event in (
            events.Started(bucket="assets", dry_run=False),
            events.Scanned(bucket="assets", left=1, right=2),
            events.Planned(bucket="assets", actions=2, bytes_up=1, bytes_down=0),
            events.ActionStarted(bucket="assets", action="upload", path="a", size=1),
            events.BytesMoved(bucket="assets", path="a", count=123456),
            events.ActionDone(bucket="assets", action="upload", path="a\nERROR b", done=1, total=2),
            events.ActionDone(
                bucket="assets", action="upload", path="c", done=2, total=2, error="E", message="m"
            ),
            events.Retrying(bucket="assets", path="c", attempt=2, seconds=1, message="late"),
            events.Noticed(bucket="assets", message="look", hint="there"),
            events.Comparing(bucket="assets", objects=1, size=1),
            events.Finished(bucket="assets", seconds=1, error="Unavailable"),
        ):
            client.tell(event)
        return SyncResult(name="assets")

    shell.script.answers["sync"] = tell
    assert shell("sync", "--log-file", "log").code == 0
    log = (shell.folder / "log").read_text()
    lines = log.splitlines()
    assert "command: buckia sync" in lines[0]
    assert "exit code: 0" in lines[-1]
    assert any("INFO buckia: assets: the run begins" in line for line in lines)
    assert any(r"INFO buckia: assets: upload a\nERROR b done (1 of 2)" in line for line in lines)
    assert any("ERROR buckia: assets: upload c failed: E: m" in line for line in lines)
    assert any("WARNING buckia: assets: look there" in line for line in lines)
    assert any("ERROR buckia: assets: stopped by Unavailable" in line for line in lines)
    assert "123456" not in log
    assert "seen so far" not in log
    assert shell("sync", "--log-file", "log", "--log-level", "debug").code == 0
    added = (shell.folder / "log").read_text()
    assert added.startswith(log)
    assert "seen so far: 1 here, 2 in the bucket" in added
    assert shell("sync", "--log-file", "quiet", "--log-level", "error").code == 0
    assert "begins" not in (shell.folder / "quiet").read_text()


def test_a_log_has_errors_with_their_tracebacks_and_what_other_libraries_say(shell: Shell) -> None:
    import logging

    shell.config()

    def fail(client: Fake, **_given: Any) -> SyncResult:
        logging.getLogger("sdk").warning("retrying %s", "soon")
        raise RuntimeError("broken")

    shell.script.answers["sync"] = fail
    before = logging.getLogger().handlers[:], logging.getLogger().level
    assert shell("sync", "--log-file", "log").code == 1
    log = (shell.folder / "log").read_text()
    assert "WARNING sdk: retrying soon" in log
    assert "RuntimeError: broken" in log
    assert "Traceback" in log
    assert "exit code: 1" in log
    assert (logging.getLogger().handlers, logging.getLogger().level) == before


@posix
def test_what_stands_in_an_error_neither_forges_a_line_of_the_log_nor_moves_the_cursor(
    shell: Shell,
) -> None:
    shell.config()
    shell.script.answers["sync"] = ValueError("odd \x1b[2J\u202e key\n2026-01-01 INFO all is well")
    shell("sync", "--log-file", "log")
    lines = (shell.folder / "log").read_text().splitlines()
    assert any("odd \\x1b[2J\\u202e key" in line for line in lines)
    assert not [line for line in lines if "\x1b" in line or "\u202e" in line]
    assert not [line for line in lines if line.startswith("2026-01-01 INFO all")]


def test_a_log_is_for_its_owner_only(shell: Shell) -> None:
    shell.config()
    assert shell("sync", "--log-file", "log").code == 0
    assert stat.S_IMODE((shell.folder / "log").stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_stops_before_anything_is_done(shell: Shell) -> None:
    shell.config()
    ran = shell("sync", "--log-file", "missing/log")
    assert ran.code == 2
    assert "cannot be opened" in ran.err
    assert not shell.script.calls


def join_stopping() -> None:
    """Wait until the wish to stop has been passed on."""
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@posix
def test_the_first_signal_asks_the_run_to_end_and_the_next_bucket_is_not_begun(
    number: signal.Signals, shell: Shell
) -> None:
    shell.config("one", "two", "three")
    before = signal.getsignal(number)

    def interrupted(client: Fake, **_given: Any) -> SyncResult:
        os.kill(os.getpid(), number)
        join_stopping()
        return SyncResult(name=client.config.name, uploaded=1, interrupted=True)

    shell.script.of_bucket["one", "sync"] = interrupted
    ran = shell("sync", "--json")
    assert ran.code == 130
    assert shell.script.interrupts == 1
    assert [call[0] for call in shell.script.calls] == ["one", "one"]
    one, two, three = ran.document["buckets"]
    assert one["uploaded"] == 1
    assert two["error"]["kind"] == three["error"]["kind"] == "Interrupted"
    assert ran.err.count(STOPPING) == 1
    assert signal.getsignal(number) is before


TWO_SIGNALS = """
import os, signal, sys, threading, time
from buckia.cli.app import run
from buckia.cli.terminal import system_terminal
import msgspec
from tests.cli.fakes import Fake, Script

def hang(client, **given):
    print("begun", flush=True)
    threading.Event().wait(60)

script = Script()
script.answers["sync"] = hang
client = type("Scripted", (Fake,), {"script": script})
try:
    run(["sync"], msgspec.structs.replace(system_terminal(), open_client=client))
finally:
    print("tidied up", flush=True)
"""


@posix
def test_the_second_signal_ends_the_process_at_once(shell: Shell) -> None:
    shell.config()
    program = shell.folder / "program.py"
    program.write_text(TWO_SIGNALS)
    with subprocess.Popen(
        [sys.executable, str(program)],
        cwd=shell.folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == STOPPING + "\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout.read() == ""


@posix
def test_ctrl_c_at_a_question_leaves_the_key_alone(shell: Shell) -> None:
    question = Question(path="a", reason="r", left=None, right=None, resolution="ask")
    answers = []

    class Pressed(Stream):
        """Somebody who presses Ctrl-C instead of answering."""

        def readline(self, _size: int | None = -1) -> str:  # type: ignore[override]  # as io has it
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("the question must end here")

    def ask(client: Fake, **given: Any) -> SyncResult:
        answers.extend([given["on_conflict"](question), given["on_conflict"](question)])
        join_stopping()
        return SyncResult(name="assets", interrupted=True)

    from buckia.cli.app import run

    shell.config()
    shell.script.answers["sync"] = ask
    out, err = Stream(tty=True), Stream(tty=True)
    assert run(["sync"], shell.terminal(Pressed(tty=True), out, err)) == 130
    assert answers == [None, None]
    assert shell.script.interrupts == 1


def test_a_run_that_ends_by_being_interrupted_is_no_error(shell: Shell) -> None:
    shell.config()
    shell.script.answers["verify"] = Interrupted("interrupted", hint="run it again")
    ran = shell("verify")
    assert (ran.code, ran.err) == (130, "Interrupted.\n")


def test_ctrl_c_outside_of_a_run_is_told_in_a_word(shell: Shell) -> None:
    shell.config()
    shell.script.answers["list_files"] = KeyboardInterrupt()
    ran = shell("ls")
    assert (ran.code, ran.err) == (130, "Interrupted.\n")
    ran = shell("ls", "--json")
    assert ran.code == 130
    assert ran.document["error"]["kind"] == "Interrupted"


@posix
def test_sigterm_outside_of_a_run_tidies_up_like_ctrl_c(shell: Shell) -> None:
    shell.config()
    before = signal.getsignal(signal.SIGTERM)

    def listing(_client: Fake, **_given: Any) -> SyncResult:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the command must end here")

    shell.script.answers["list_files"] = listing
    ran = shell("ls")
    assert (ran.code, ran.err) == (130, "Interrupted.\n")
    assert shell.script.closed == ["assets"]
    assert signal.getsignal(signal.SIGTERM) is before


PLUGINS = {
    "good": "from buckia.plugins import hookimpl\n@hookimpl\ndef buckia_before_sync(plan): ...\n",
    "bad": "raise RuntimeError('no licence')\n",
}


def test_providers_shows_each_plugin_and_a_broken_one_as_a_line_with_the_reason(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, source in PLUGINS.items():
        (shell.folder / f"plugin_of_cli_{name}.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(shell.folder)
    shell.points = [
        EntryPoint("memory", "buckia.stores.memory.plugin", "buckia"),
        EntryPoint("local", "buckia.stores.local.plugin", "buckia"),
        EntryPoint("bad", "plugin_of_cli_bad", "buckia"),
        EntryPoint("good", "plugin_of_cli_good", HOOKS),
    ]
    ran = shell("providers")
    assert ran.code == 2
    assert re_line(ran.out, "memory", "ok")
    assert re_line(ran.out, "bad", "broken")
    assert re_line(ran.out, "good", "hooks", "ok")
    assert "RuntimeError: no licence" in ran.out
    assert "keeps file times" in ran.out
    assert "options: root" in shell("providers", "-v").out
    document = shell("providers", "--json").document
    assert [one["name"] for one in document["plugins"]] == ["bad", "local", "memory", "good"]
    assert document["plugins"][2]["traits"][0] == "lists sha256"
    disabled = shell("providers", "--disable-plugin", "bad")
    assert disabled.code == 0
    assert re_line(disabled.out, "bad", "disabled")


PICKY = """
import msgspec
from buckia.errors import ConfigError
from buckia.plugins import hookimpl
from buckia.provider import Provider
from buckia.secrets import Secret
from buckia.stores.memory import MemoryStore

class Options(msgspec.Struct, frozen=True):
    token: Secret | None = None

def opened(options, context):
    if options.token is None:
        raise ConfigError("the token is missing")
    return MemoryStore()

@hookimpl
def buckia_provider():
    return Provider(name="picky", options=Options, open=opened, sample=SAMPLE)
"""


@pytest.mark.parametrize(("sample", "shown"), [("Options(Secret('x'))", True), ("None", False)])
def test_providers_opens_one_with_the_sample_that_it_gives(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, sample: str, shown: bool
) -> None:
    name = f"plugin_of_cli_picky_{shown}"
    (shell.folder / f"{name}.py").write_text(PICKY.replace("SAMPLE", sample))
    monkeypatch.syspath_prepend(shell.folder)
    shell.points = [EntryPoint("picky", name, "buckia")]
    ran = shell("providers")
    assert ran.code == 0
    assert ("traits: lists sha256" in ran.out) is shown


def re_line(text: str, *words: str) -> bool:
    return any(all(word in line for word in words) for line in text.splitlines())


def test_providers_names_the_buckets_that_use_each(shell: Shell) -> None:
    assert "used by" not in shell("providers").out
    shell.config("one", "two")
    assert "used by: one, two" in shell("providers").out
    assert shell("providers", "--config", "missing").code == 2


class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def test_a_secret_is_kept_shown_and_forgotten(shell: Shell) -> None:
    shell.keyring = ring = Ring()
    ran = shell("secrets", "set", "assets.key", stdin=f"{SECRET}\nrest\n")
    assert (ran.code, ran.err) == (0, "")
    assert SECRET not in ran.out
    assert ring.kept == {("buckia", "assets.key"): SECRET}
    assert shell("secrets", "get", "assets.key").out == f"{SECRET}\n"
    assert shell("secrets", "get", "assets.key", "--json").document["value"] == SECRET
    assert shell("secrets", "rm", "assets.key").code == 0
    assert not ring.kept
    gone = shell("secrets", "get", "assets.key")
    assert gone.code == 2
    assert "buckia secrets set assets.key" in gone.err


@pytest.mark.parametrize("word", ["set", "get", "rm"])
def test_without_a_keyring_the_hint_says_what_to_use_instead(word: str, shell: Shell) -> None:
    ran = shell("secrets", word, "assets.key", stdin="x\n")
    assert ran.code == 2
    assert "no keyring" in ran.err
    assert "BUCKIA_ASSETS_KEY" in ran.err


def test_a_secret_is_never_empty_and_its_name_has_a_bucket(shell: Shell) -> None:
    shell.keyring = Ring()
    assert shell("secrets", "set", "assets.key", stdin="\n").code == 2
    assert shell("secrets", "set", "assets.key", stdin="").code == 2
    assert shell("secrets", "set", "key", stdin="x\n").code == 2
    assert not shell.keyring.kept


def test_a_secret_for_a_bucket_that_is_not_in_the_file_is_noticed(shell: Shell) -> None:
    shell.keyring = Ring()
    shell.config("assets")
    ran = shell("secrets", "set", "asets.key", stdin="x\n")
    assert ran.code == 0
    assert 'no bucket "asets"' in ran.err
    assert 'Did you mean "assets"?' in ran.err
    assert shell("secrets", "set", "assets.key", stdin="x\n").err == ""
    assert shell("secrets", "set", "a.key", "--config", "missing", stdin="x\n").code == 2


def test_json_of_a_secret_names_no_secret_but_where_it_is_asked(shell: Shell) -> None:
    shell.keyring = Ring()
    ran = shell("secrets", "set", "assets.key", "--json", stdin=f"{SECRET}\n")
    assert json.loads(ran.out) == {"name": "assets.key", "kept": True}
