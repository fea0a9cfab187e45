"""`sync` and `status`: what they ask of the library, and how a run over several buckets ends."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from buckia.client import BuckiaClient
from buckia.errors import (
    AccessDenied,
    AlreadyRunning,
    BuckiaError,
    ConfigError,
    GuardStopped,
    Interrupted,
    Unavailable,
)
from buckia.model import Policy
from buckia.plugins import HOOKS, Plugins
from buckia.results import LEFT_ALONE, Conflict, Failure, Question, Step, SyncResult
from tests.cli.fakes import Fake, Shell

WAITING = SyncResult(conflicts=(Conflict("a", LEFT_ALONE),))
FAILED = SyncResult(failed=(Failure("a", "Corrupted", "no"),))


def test_the_fake_has_the_face_of_the_library() -> None:
    for name in dir(BuckiaClient):
        if name.startswith("_") or name == "from_file":
            continue
        real = inspect.signature(getattr(BuckiaClient, name))
        fake = inspect.signature(getattr(Fake, name))
        kinds = {parameter.kind for parameter in fake.parameters.values()}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            assert list(real.parameters) == list(fake.parameters), name


PLANNING: list[tuple[list[str], dict[str, Any]]] = [
    (["--paths", "a/", "b.txt"], {"sync_paths": ("a/", "b.txt")}),
    (["--paths", "a", "b", "--paths", "a"], {"sync_paths": ("a", "b")}),
    (["--direction", "push"], {"direction": "push"}),
    (["--delete-orphaned"], {"delete_orphaned": True}),
    (["--no-delete-orphaned"], {"delete_orphaned": False}),
    (["--conflict", "keep_both"], {"conflict_resolution": "keep_both"}),
    (["--include", "*.png", "--include", "b"], {"include": ("*.png", "b")}),
    (["--exclude", "*.tmp"], {"exclude": ("*.tmp",)}),
    (["--max-delete", "25%"], {"max_delete": "25%"}),
    (["--max-delete", "7"], {"max_delete": "7"}),
]
DOING: list[tuple[list[str], dict[str, Any]]] = [
    (["--max-workers", "3"], {"max_workers": 3}),
    (["--max-transfer", "1.5KiB"], {"max_transfer": 1536}),
    (["--max-transfer", "0"], {"max_transfer": 0}),
    (["--max-duration", "1h30m"], {"max_duration": 5400.0}),
    (["--max-duration", "0"], {"max_duration": 0.0}),
    (["--bandwidth", "08:00 1MiB/s, 19:00 off"], {"bandwidth": "08:00 1MiB/s, 19:00 off"}),
    (["--force"], {"force": True}),
]
NOTHING = {"dry_run": False, "on_conflict": None}


@pytest.mark.parametrize(("words", "given"), [([], {}), *PLANNING, *DOING])
def test_each_option_of_sync_reaches_the_library_and_nothing_else_does(
    words: list[str], given: dict[str, Any], shell: Shell
) -> None:
    shell.config()
    assert shell("sync", *words).code == 0
    assert shell.script.given("sync") == NOTHING | given


def test_a_dry_run_is_asked_for_as_one(shell: Shell) -> None:
    shell.config()
    assert shell("sync", "--dry-run").code == 0
    assert shell.script.given("sync") == NOTHING | {"dry_run": True}


@pytest.mark.parametrize(("words", "given"), [([], {}), *PLANNING])
def test_each_option_of_status_reaches_the_library(
    words: list[str], given: dict[str, Any], shell: Shell
) -> None:
    shell.config()
    assert shell("status", *words).code == 0
    assert shell.script.given("status") == given


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--paths"], "at least one key"),
        (["--paths", "--json"], "at least one key"),
        (["--paths", "../x"], "leads out of its folder"),
        (["--paths", "./x"], "keys are names in the bucket"),
        (["--paths", "/x"], "absolute"),
        (["--direction", "up"], "push"),
        (["--conflict", "mine"], "keep_both"),
        (["--max-delete", "lots"], "percentage"),
        (["--max-workers", "0"], "1"),
        (["--max-transfer", "10M"], "units are"),
        (["--max-duration", "soon"], "1h30m"),
        (["--bandwidth", "fast"], "10MiB/s"),
        (["--bandwidth", "0"], "off"),
        (["--files-from", "missing"], "missing cannot be read"),
        (["--from0"], "--files-from"),
    ],
)
def test_a_value_that_cannot_be_is_refused_before_anything_begins(
    words: list[str], said: str, shell: Shell
) -> None:
    shell.config()
    ran = shell("sync", *words)
    assert ran.code == 2
    assert said in ran.err + ran.out
    assert not shell.script.calls


def test_keys_come_from_a_file_one_a_line(shell: Shell) -> None:
    shell.config()
    (shell.folder / "list").write_bytes("\ufeffa b.txt\r\n\nü/\n".encode())
    assert shell("sync", "--files-from", "list", "--paths", "c").code == 0
    assert shell.script.given("sync")["sync_paths"] == ("c", "a b.txt", "ü/")


def test_keys_come_from_standard_input_and_may_end_with_nul(shell: Shell) -> None:
    shell.config()
    assert shell("sync", "--files-from", "-", "--from0", stdin="a\nb\0c\r\0").code == 0
    assert shell.script.given("sync")["sync_paths"] == ("a\nb", "c\r")


@pytest.mark.parametrize("command", ["sync", "status"])
def test_a_list_that_names_no_key_means_nothing_and_not_everything(
    command: str, shell: Shell
) -> None:
    shell.config()
    ran = shell(command, "--files-from", "-", "--json", stdin="\n\n")
    assert ran.code == 0
    assert "No keys are named" in ran.err
    assert ran.document["buckets"][0]["uploaded"] == 0
    assert [call[1] for call in shell.script.calls] == ["open"]


def test_a_list_with_something_that_is_no_key_is_an_error_that_says_where(shell: Shell) -> None:
    shell.config()
    ran = shell("sync", "--files-from", "-", stdin="a\n../b\n")
    assert ran.code == 2
    assert "entry 2" in ran.err
    (shell.folder / "list").write_bytes(b"\xff")
    assert "not UTF-8" in shell("sync", "--files-from", "list").err


def synced(shell: Shell) -> list[str]:
    return [bucket for bucket, method, _given in shell.script.calls if method == "sync"]


def test_no_bucket_means_all_of_the_file_in_its_order(shell: Shell) -> None:
    shell.config("zeta", "alpha")
    assert shell("sync").code == 0
    assert synced(shell) == ["zeta", "alpha"]


def test_buckets_are_those_that_are_named_each_once(shell: Shell) -> None:
    shell.config("a", "b", "c")
    assert shell("sync", "c", "a", "c").code == 0
    assert synced(shell) == ["c", "a"]


def test_a_bucket_that_is_not_in_the_file_is_an_error_that_names_the_nearest(shell: Shell) -> None:
    shell.config("assets", "archive")
    ran = shell("sync", "assets", "asets")
    assert ran.code == 2
    assert 'there is no bucket "asets"' in ran.err
    assert 'Did you mean "assets"?' in ran.err
    assert not shell.script.calls


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([None, None], 0),
        ([WAITING, None], 5),
        ([WAITING, FAILED], 1),
        ([FAILED, AlreadyRunning("x")], 7),
        ([AlreadyRunning("x"), GuardStopped("x")], 6),
        ([GuardStopped("x"), Unavailable("x")], 4),
        ([Unavailable("x"), AccessDenied("x")], 3),
        ([AccessDenied("x"), ConfigError("x")], 2),
        ([ConfigError("x"), SyncResult(interrupted=True)], 130),
        ([ConfigError("x"), Interrupted("x")], 130),
        ([RuntimeError("x"), None], 1),
        ([OSError(28, "No space left on device"), None], 1),
    ],
)
def test_a_stopped_bucket_does_not_stop_the_next_and_the_worst_outcome_counts(
    outcomes: list[SyncResult | Exception | None], code: int, shell: Shell
) -> None:
    shell.config("one", "two", "three")
    for bucket, outcome in zip(("one", "two"), outcomes, strict=True):
        if outcome is not None:
            shell.script.of_bucket[bucket, "sync"] = outcome
    ran = shell("sync")
    assert ran.code == code
    assert synced(shell) == ["one", "two", "three"]
    assert shell.script.closed == ["one", "two", "three"]
    for bucket, outcome in zip(("one", "two"), outcomes, strict=True):
        if isinstance(outcome, BuckiaError) and not isinstance(outcome, Interrupted):
            assert f"Error: {bucket}: x" in ran.err


def test_an_error_of_the_only_bucket_needs_no_name_in_front(shell: Shell) -> None:
    shell.config()
    shell.script.answers["sync"] = GuardStopped("40 of 50 files would go", hint="look first")
    ran = shell("sync")
    assert ran.code == 6
    assert ran.err == "Error: 40 of 50 files would go\nHint: look first\n"


def test_a_bucket_whose_settings_are_wrong_does_not_stop_the_next(shell: Shell) -> None:
    shell.config("one", "two")
    shell.script.of_bucket["one", "open"] = ConfigError("no secret")
    assert shell("sync").code == 2
    assert synced(shell) == ["two"]


def test_an_error_without_debug_has_no_traceback_and_with_it_one(shell: Shell) -> None:
    shell.config()
    shell.script.answers["sync"] = RuntimeError("oh\nno")
    plain = shell("sync")
    assert plain.code == 1
    assert "RuntimeError: oh no" in plain.err
    assert "--debug" in plain.err
    assert "Traceback" not in plain.err
    assert "Traceback" in shell("sync", "--debug").err
    assert "Traceback" in shell("sync", "--debug", "--config", "missing").err


def test_files_that_failed_and_conflicts_that_wait_are_told_also_when_quiet(shell: Shell) -> None:
    shell.config()
    shell.script.answers["sync"] = SyncResult(
        name="assets",
        failed=(Failure("a.txt", "AccessDenied", "not allowed"),),
        conflicts=(Conflict("b.txt", LEFT_ALONE),),
    )
    ran = shell("sync", "-q")
    assert ran.code == 1
    assert ran.out == ""
    assert "Error: assets: a.txt: not allowed" in ran.err
    assert "Error: assets: 1 conflict waits for a decision" in ran.err
    assert "buckia resolve PATH" in ran.err


BROKEN = [EntryPoint("guard", "module_that_is_not_there", HOOKS)]


def test_a_broken_hook_plugin_stops_a_sync_and_says_how_to_go_on(shell: Shell) -> None:
    shell.config()
    memory = EntryPoint("memory", "buckia.stores.memory.plugin", "buckia")
    shell.points = [memory, *BROKEN]
    ran = shell("sync")
    assert ran.code == 2
    assert '"guard"' in ran.err
    assert "--disable-plugin guard" in ran.err
    assert not shell.script.calls
    assert shell("sync", "--disable-plugin", "guard").code == 0


@pytest.mark.parametrize(
    "words", ["status", "conflicts", "verify", "doctor", "ls", "rm k", "url k", "restore --list"]
)
def test_a_broken_hook_plugin_is_only_a_warning_elsewhere(words: str, shell: Shell) -> None:
    shell.config()
    shell.points = BROKEN
    ran = shell(*words.split())
    assert ran.code == 0
    assert "Warning: " in ran.err
    assert '"guard"' in ran.err
    assert shell.script.calls


def test_a_plugin_that_is_not_there_cannot_be_disabled(shell: Shell) -> None:
    shell.config()
    ran = shell("sync", "--disable-plugin", "memry")
    assert ran.code == 2
    assert 'Did you mean "memory"?' in ran.err


def test_the_library_is_given_the_plugins_and_secrets_of_the_run(shell: Shell) -> None:
    shell.config()
    shell.environ["BUCKIA_ASSETS_KEY"] = "s3cret-value"
    seen = []

    def look(client: Fake, **given: Any) -> SyncResult:
        seen.append(client.plugins.names())
        seen.append(client.secrets.find("assets", "key").reveal())
        return SyncResult()

    shell.script.answers["sync"] = look
    assert shell("sync", "--disable-plugin", "local").code == 0
    assert seen == [tuple(n for n in Plugins().names() if n != "local"), "s3cret-value"]


def test_status_exits_with_0_whatever_differs_unless_it_is_asked(shell: Shell) -> None:
    shell.config()
    step = Step("a", "upload", "new here")
    shell.script.answers["status"] = SyncResult(name="assets", dry_run=True, actions=(step,))
    assert shell("status").code == 0
    assert shell("status", "--exit-code").code == 1
    assert shell("status", "--exit-code", "-q").out == ""


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (SyncResult(dry_run=True), 0),
        (SyncResult(dry_run=True, actions=(Step("a", "adopt", "equal"),)), 0),
        (SyncResult(dry_run=True, actions=(Step("a", "conflict", "both"),)), 1),
        (SyncResult(dry_run=True, conflicts=(Conflict("a", LEFT_ALONE),)), 1),
        (SyncResult(dry_run=True, failed=(Failure("a", "OSError", "unreadable"),)), 1),
        (Unavailable("gone"), 4),
    ],
)
def test_the_exit_code_of_status_says_whether_something_differs(
    result: SyncResult | Exception, code: int, shell: Shell
) -> None:
    shell.config()
    shell.script.answers["status"] = result
    assert shell("status", "--exit-code").code == code


def test_nobody_is_asked_where_nobody_is_there(shell: Shell) -> None:
    shell.config()
    shell("sync", tty=False)
    assert shell.script.given("sync")["on_conflict"] is None


def test_on_a_terminal_somebody_is_asked(shell: Shell) -> None:
    shell.config()
    question = Question(path="a", reason="r", left=None, right=None, resolution="ask")
    answers = []

    def ask(_client: Fake, **given: Any) -> SyncResult:
        answers.append(given["on_conflict"](question))
        return SyncResult()

    shell.script.answers["sync"] = ask
    assert shell("sync", tty=True, stdin="r\n").code == 0
    assert answers == [Policy.REMOTE_WINS]
