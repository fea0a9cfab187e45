"""What a person reads: plans, summaries, progress, questions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from buckia import events
from buckia.cli.plans import LISTED
from buckia.errors import NotFound
from buckia.model import BasicEntry, Policy, SideName, Skipped
from buckia.results import (
    Check,
    Conflict,
    Difference,
    Failure,
    Question,
    Restored,
    Step,
    SyncResult,
    Verified,
)
from tests.cli.fakes import Fake, Ran, Shell
from tests.cli.test_json import RESULT, WHEN, item

pytestmark = pytest.mark.usefixtures("at_utc")

PLAN = SyncResult(
    name="assets",
    dry_run=True,
    unchanged=120,
    bytes_up=2048,
    bytes_down=99,
    seconds=0.21,
    conflicts=(Conflict("notes.txt", "keep_both"), Conflict("a", "ask")),
    skipped=(Skipped("C:x", "the key begins with a drive letter"),),
    excluded_secrets=1,
    actions=(
        Step("images/a.png", "upload", "new here"),
        Step("old.txt", "delete_remote", "deleted here"),
        Step("notes.txt", "conflict", "changed on both sides"),
        Step("b.txt", "upload", "changed here"),
        Step("c.txt", "download", "new in the bucket"),
        Step("same.txt", "adopt", "equal bytes"),
        Step("evil\x1b[2J", "delete_local", "deleted in the bucket"),
        Step("new.png", "rename_remote", "from old.png"),
        Step("x", "polish", "a new kind of action"),
    ),
)
SHOWN = """\
assets: a sync would do 8 actions, 120 files unchanged (0.2 s)

To upload (2, 2.0 KiB):
    images/a.png  new here
    b.txt         changed here

To download (1, 99 B):
    c.txt  new in the bucket

To delete here (1):
    evil\\x1b[2J  deleted in the bucket

To delete in the bucket (1):
    old.txt  deleted here

To rename in the bucket (1):
    new.png  from old.png

Conflicts (1):
    notes.txt  changed on both sides

Equal on both sides, to be recorded (1)

polish (1):
    x  a new kind of action

Skipped (1):
    C:x: the key begins with a drive letter
"""


def ran_with(shell: Shell, method: str, answer: Any, *words: str, tty: bool = False) -> Ran:
    shell.config()
    shell.script.answers[method] = answer
    return shell(*words, tty=tty)


@pytest.mark.parametrize("words", [["status"], ["sync", "--dry-run"]])
def test_a_plan_is_grouped_by_what_would_happen(words: list[str], shell: Shell) -> None:
    shell.config()
    shell.script.answers |= {"status": PLAN, "sync": PLAN}
    ran = shell(*words)
    assert ran.out == SHOWN
    assert ran.err == ""


def test_nothing_to_do_is_one_line(shell: Shell) -> None:
    result = SyncResult(name="assets", dry_run=True, unchanged=1)
    ran = ran_with(shell, "status", result, "status")
    assert ran.out == "assets: nothing to do, 1 file unchanged (0.0 s)\n"


def test_a_long_plan_is_cut_and_verbose_shows_all_of_it(shell: Shell) -> None:
    steps = tuple(Step(f"f{n}", "upload", "new here") for n in range(LISTED + 5))
    result = SyncResult(name="assets", dry_run=True, actions=steps)
    ran = ran_with(shell, "status", result, "status")
    assert f"    f{LISTED - 1} " in ran.out
    assert f"f{LISTED} " not in ran.out
    assert "... and 5 more; -v shows all" in ran.out
    shown = shell("status", "-v").out.splitlines()
    assert len([line for line in shown if line.startswith("upload")]) == LISTED + 5
    assert shown[0] == "upload         f0  (new here)"


def test_a_long_name_does_not_push_all_reasons_away(shell: Shell) -> None:
    steps = (Step("a" * 200, "upload", "new here"), Step("b", "upload", "new here"))
    ran = ran_with(shell, "status", SyncResult(dry_run=True, actions=steps), "status")
    assert re.search(r"^    b {47}  new here$", ran.out, re.MULTILINE)


def test_quiet_shows_no_plan(shell: Shell) -> None:
    assert ran_with(shell, "status", PLAN, "status", "-q").out == ""


def test_a_summary_counts_what_was_done_and_explains_each_conflict(shell: Shell) -> None:
    ran = ran_with(shell, "sync", RESULT, "sync")
    assert ran.out == (
        "assets: 3 uploaded (1.2 KiB), 1 downloaded (99 B), 1 conflict, 1 failed,"
        " 120 unchanged (0.8 s)\n"
        "    conflict  a.txt: the version here wins; the other one is kept in trash/1\n"
        "Skipped (1):\n"
        "    C:x: a drive letter\n"
        "2 files left out, because their names are those of secrets\n"
    )
    assert ran.err == (
        "Error: assets: b.txt: not allowed\n"
        "1 file failed, all others were done. Run it again when the cause is gone.\n"
    )


@pytest.mark.parametrize(
    ("conflict", "line"),
    [
        (
            Conflict("a", "remote_wins", "t"),
            "a: the bucket's version wins; the other one is kept in t",
        ),
        (
            Conflict("a", "newest_wins", "t"),
            "a: the newer version wins; the other one is kept in t",
        ),
        (Conflict("a", "keep_both", "a.conflict"), "a: both are kept; the copy is a.conflict"),
        (Conflict("a\n", "ask"), r"a\n: waits for a decision"),
        (
            Conflict("a", "edit_wins", "t"),
            (
                "a: deleted on one side and changed on the other: the change wins;"
                " the other one is kept in t"
            ),
        ),
    ],
)
def test_every_conflict_is_one_line(conflict: Conflict, line: str, shell: Shell) -> None:
    ran = ran_with(shell, "sync", SyncResult(name="assets", conflicts=(conflict,)), "sync")
    assert f"    conflict  {line}" in ran.out


def test_of_many_skipped_files_a_few_are_named_and_verbose_names_all(shell: Shell) -> None:
    skipped = tuple(Skipped(f"s{n}", "a link") for n in range(13))
    ran = ran_with(shell, "sync", SyncResult(name="assets", skipped=skipped), "sync")
    assert "Skipped (13):" in ran.out
    assert "... and 3 more" in ran.out
    assert "s12" not in ran.out
    assert "s12" in shell("sync", "-v").out


def test_the_bytes_of_what_failed_are_no_upload(shell: Shell) -> None:
    failed = (Failure("b", "Unavailable", "gone"),)
    ran = ran_with(shell, "sync", SyncResult(name="a", bytes_up=6, failed=failed), "sync")
    assert "a: 1 failed, 0 unchanged" in ran.out
    stopped = SyncResult(name="a", bytes_up=6, interrupted=True)
    assert "a: 0 uploaded (6 B), interrupted" in ran_with(shell, "sync", stopped, "sync").out


def test_an_interrupted_run_says_so(shell: Shell) -> None:
    result = SyncResult(name="assets", uploaded=1, interrupted=True)
    assert "1 uploaded (0 B), interrupted, 0" in ran_with(shell, "sync", result, "sync").out
    nothing = SyncResult(name="assets", interrupted=True)
    assert "interrupted before anything" in ran_with(shell, "sync", nothing, "sync").out


def told(*heard: events.Event) -> Any:
    def tell(client: Fake, **_given: Any) -> SyncResult:
        for event in heard:
            client.tell(event)
        return SyncResult(name="assets")

    return tell


STORY = (
    events.Started(dry_run=False),
    events.Scanned(left=2000, right=1999),
    events.Comparing(objects=3, size=2048),
    events.Planned(actions=2, bytes_up=1024, bytes_down=0),
    events.ActionStarted(action="upload", path="a\x1b", size=1024),
    events.BytesMoved(path="a\x1b", count=1024),
    events.ActionDone(action="upload", path="a\x1b", done=1, total=2, kept="trash/1"),
    events.Retrying(path="b", attempt=1, seconds=0.5, message="timed out"),
    events.ActionDone(
        action="download", path="b", done=2, total=2, error="Corrupted", message="cut short"
    ),
    events.Noticed(message="the clock is wrong", hint="set it"),
    events.Finished(seconds=1),
)


def test_without_a_terminal_the_plan_is_a_line_and_each_action_only_with_verbose(
    shell: Shell,
) -> None:
    ran = ran_with(shell, "sync", told(*STORY), "sync")
    assert ran.err == (
        "assets: 2 actions to do, 1.0 KiB up\nNote: the clock is wrong\n      set it\n"
    )
    verbose = shell("sync", "-v").err
    assert "uploaded  a\\x1b  (the other version: trash/1)\n" in verbose
    assert "try 1 of b failed, again in 0.5 s: timed out\n" in verbose
    assert "failed  b: cut short\n" in verbose
    assert shell("sync", "-q").err == ""


def test_without_a_terminal_a_long_run_says_now_and_then_how_far_it_is(shell: Shell) -> None:
    seconds = iter(range(0, 10_000, 20))
    shell.tick = lambda: float(next(seconds))
    moved = [events.BytesMoved(path="a", count=512) for _ in range(4)]
    plan = events.Planned(actions=3, bytes_up=4096, bytes_down=0)
    done = events.ActionDone(action="upload", path="a", done=1, total=3)
    story = (events.Scanned(left=1, right=2), events.Scanned(left=5, right=7), plan, *moved, done)
    lines = ran_with(shell, "sync", told(*story), "sync").err.splitlines()
    assert lines[0] == "assets: seen 5 here and 7 in the bucket so far"
    assert lines[1] == "assets: 3 actions to do, 4.0 KiB up"
    assert lines[2] == "assets: 0 of 3 actions done, 512 B of 4.0 KiB"
    assert len(lines) < len(story)


def screen(text: str) -> str:
    """What was written to a terminal, without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_on_a_terminal_the_run_is_drawn_and_lines_stand_above_it(shell: Shell) -> None:
    ran = ran_with(shell, "sync", told(*STORY), "sync", "-v", tty=True)
    seen = screen(ran.err)
    assert "uploaded  a\\x1b" in seen
    assert "Note: the clock is wrong\n" in seen
    assert "\x1b[?25l" in ran.err
    assert ran.err.rindex("\x1b[?25h") > ran.err.rindex("\x1b[?25l"), "the cursor is back"
    assert "assets: nothing to do" in screen(ran.out)


def test_the_drawing_shows_listings_files_bytes_and_what_is_under_way(shell: Shell) -> None:
    from buckia.cli.flags import Flags
    from buckia.cli.live import Live
    from buckia.cli.output import Output
    from buckia.secrets import Redactor
    from tests.cli.fakes import Stream

    stream = Stream(tty=True)
    output = Output(shell.terminal(Stream(), Stream(), stream), Flags(), Redactor())
    live = Live(output, "assets")
    for event in STORY[:7]:
        live.see(event)
        live._board.refresh()
    live.close()
    drawn = screen(stream.getvalue())
    assert "seen 2,000 here and 1,999 in the bucket so far" in drawn
    assert "read 3 files (2.0 KiB) to compare them so far" in drawn
    assert "0 of 2 files, 1.0 KiB of 1.0 KiB" in drawn
    assert "1 of 2 files, 1.0 KiB of 1.0 KiB" in drawn
    assert "a\\x1b" in drawn


def test_what_is_drawn_is_taken_away_before_the_answer_comes(shell: Shell) -> None:
    from buckia.cli.flags import Flags
    from buckia.cli.live import Live
    from buckia.cli.output import Output
    from buckia.secrets import Redactor
    from tests.cli.fakes import Stream

    both = Stream(tty=True)
    output = Output(shell.terminal(Stream(), both, both), Flags(), Redactor())
    live = Live(output, "assets")
    live.see(events.Comparing(objects=3, size=2048))
    output.say("all is equal")
    assert "\x1b[?25h" in both.getvalue().rpartition("all is equal")[0]
    assert both.getvalue().endswith("all is equal\n")
    live.see(events.Comparing(objects=4, size=4096))
    live.close()


def test_a_dumb_terminal_is_not_drawn_on(shell: Shell) -> None:
    shell.environ["TERM"] = "dumb"
    ran = ran_with(shell, "sync", told(*STORY), "sync", tty=True)
    assert "\x1b" not in ran.err + ran.out


def test_a_run_that_is_stopped_leaves_no_drawing_behind(shell: Shell) -> None:
    def stop(client: Fake, **given: Any) -> SyncResult:
        told(*STORY[:2])(client)
        raise NotFound("no such bucket")

    ran = ran_with(shell, "sync", stop, "sync", tty=True)
    assert ran.code == 4
    assert ran.err.rindex("\x1b[?25h") < ran.err.rindex("no such bucket")


@pytest.mark.parametrize(
    ("environ", "words", "tty", "coloured"),
    [
        ({}, [], True, True),
        ({}, [], False, False),
        ({"NO_COLOR": "1"}, [], True, False),
        ({"NO_COLOR": ""}, [], True, True),
        ({"TERM": "dumb"}, [], True, False),
        ({}, ["--no-color"], True, False),
    ],
)
def test_colours_are_for_terminals_whose_owner_wants_them(
    environ: dict[str, str], words: list[str], tty: bool, coloured: bool, shell: Shell
) -> None:
    shell.environ |= environ
    ran = ran_with(shell, "status", PLAN, "status", *words, tty=tty)
    assert ("\x1b[32m" in ran.out) == coloured
    failing = shell("sync", "nope", *words, tty=tty)
    assert ("\x1b[31;1mError" in failing.err) == coloured


HERE = BasicEntry(key="a", size=1200, version="v", mtime_ns=int(WHEN.timestamp()) * 10**9)
THERE = BasicEntry(key="a", size=99, version="w", changed=datetime(2026, 1, 3, tzinfo=UTC))
QUESTION = Question("a\x1b", "changed on both sides", HERE, THERE, "ask")


def asked(stdin: str, shell: Shell, *questions: Question) -> tuple[list[Policy | None], str]:
    answers: list[Policy | None] = []

    def ask(_client: Fake, **given: Any) -> SyncResult:
        answers.extend(given["on_conflict"](question) for question in questions)
        return SyncResult(name="assets")

    shell.config()
    shell.script.answers["sync"] = ask
    ran = shell("sync", tty=True, stdin=stdin)
    assert ran.code == 0
    return answers, screen(ran.err)


def test_a_question_shows_size_and_time_of_both_sides(shell: Shell) -> None:
    answers, seen = asked("l\n", shell, QUESTION)
    assert answers == [Policy.LOCAL_WINS]
    assert "assets: a\\x1b: changed on both sides" in seen
    assert "    here              1.2 KiB  2026-01-02 03:04:05" in seen
    assert "    in the bucket        99 B  2026-01-03 00:00:00" in seen
    assert "[l]ocal, [r]emote" in seen


@pytest.mark.parametrize(
    ("stdin", "answers"),
    [
        ("l\nr\nb\ns\n", [Policy.LOCAL_WINS, Policy.REMOTE_WINS, Policy.KEEP_BOTH, None]),
        ("what?\n\nr\nR\n", [Policy.REMOTE_WINS, *[Policy.REMOTE_WINS] * 3]),
        ("b\nL\n", [Policy.KEEP_BOTH, *[Policy.LOCAL_WINS] * 3]),
        ("S\n", [None] * 4),
        ("l\n", [Policy.LOCAL_WINS, None, None, None]),
        ("", [None] * 4),
    ],
)
def test_the_answer_is_a_letter_and_a_capital_one_holds_for_the_rest(
    stdin: str, answers: list[Policy | None], shell: Shell
) -> None:
    assert asked(stdin, shell, *[QUESTION] * 4)[0] == answers


def test_conflicts_are_explained_and_exit_with_5_when_one_waits(shell: Shell) -> None:
    decided = Question("b", "deleted here, changed in the bucket", None, THERE, "remote_wins")
    ran = ran_with(shell, "conflicts", (QUESTION, decided), "conflicts")
    assert ran.code == 5
    assert ran.out == (
        "assets: a\\x1b: changed on both sides\n"
        "    here              1.2 KiB  2026-01-02 03:04:05\n"
        "    in the bucket        99 B  2026-01-03 00:00:00\n"
        "    decide: buckia resolve 'a\\x1b' --keep local|remote|both\n"
        "assets: b: deleted here, changed in the bucket\n"
        "    here           deleted\n"
        "    in the bucket        99 B  2026-01-03 00:00:00\n"
    )
    assert ran_with(shell, "conflicts", (decided,), "conflicts").code == 0
    none = ran_with(shell, "conflicts", (), "conflicts")
    assert (none.code, none.out) == (0, "assets: no conflicts\n")


def test_a_conflict_is_resolved_by_name(shell: Shell) -> None:
    shell.config()
    ran = shell("resolve", "a b.txt", "--keep", "both")
    assert ran.code == 0
    assert shell.script.given("resolve") == {"path": "a b.txt", "keep": "both"}
    for words in (["resolve", "a"], ["resolve", "a", "--keep", "mine"], ["resolve"]):
        assert shell(*words).code == 2


def test_verify_names_what_differs_and_exits_with_1(shell: Shell) -> None:
    verified = Verified(
        name="assets",
        equal=2,
        differing=(Difference("a\n", "other bytes"),),
        skipped=(Skipped("s", "a link"),),
        bytes_read=2048,
        seconds=1.0,
    )
    ran = ran_with(shell, "verify", verified, "verify")
    assert ran.code == 1
    assert ran.out == (
        "assets: 2 files are equal, 1 is not (2.0 KiB read in 1.0 s)\n"
        "    a\\n  other bytes\n"
        "Skipped (1):\n"
        "    s  a link\n"
    )
    assert shell("verify", "-q").out == "    a\\n  other bytes\n"
    assert shell.script.calls[-1][2] == {"fast": False}
    assert shell("verify", "--fast").code == 1
    assert shell.script.calls[-1][2] == {"fast": True}
    assert ran_with(shell, "verify", Verified(name="assets", equal=3), "verify").code == 0


def test_the_doctor_says_of_each_check_what_to_do(shell: Shell) -> None:
    checks = (
        Check("settings", True, "sound"),
        Check("clock", False, "40 minutes behind", "set it"),
        Check("permissions", None, "not tried"),
    )
    ran = ran_with(shell, "doctor", checks, "doctor")
    assert ran.code == 1
    assert ran.out == (
        "assets: ok   settings: sound\n"
        "assets: bad  clock: 40 minutes behind\n"
        "    Hint: set it\n"
        "assets: -    permissions: not tried\n"
    )
    assert ran_with(shell, "doctor", checks[::2], "doctor").code == 0
    quiet = ran_with(shell, "doctor", checks, "doctor", "-q").out
    assert quiet == "assets: bad  clock: 40 minutes behind\n    Hint: set it\n"


def test_a_listing_has_names_and_with_long_sizes_and_times(shell: Shell) -> None:
    entries = (HERE, BasicEntry(key="b\x1b", size=1, version="v"))
    ran = ran_with(shell, "list_files", entries, "ls", "a/")
    assert (ran.out, ran.err) == ("a\nb\\x1b\n", "")
    assert shell.script.given("list_files") == {"prefix": "a/"}
    long = shell("ls", "-l")
    assert long.out == (
        "   1.2 KiB  2026-01-02 03:04:05  a\n       1 B  -                    b\\x1b\n"
    )
    assert long.err == "2 files, 1.2 KiB\n"
    assert shell("ls", "-q").out == ran.out


def test_a_file_goes_where_it_is_told_or_beside_us(shell: Shell) -> None:
    shell.config()
    (shell.folder / "sub").mkdir()
    for words, target in (
        (["get", "x/a.png"], "a.png"),
        (["get", "x/a.png", "sub"], "sub/a.png"),
        (["get", "x/a.png", "b.png"], "b.png"),
    ):
        assert shell(*words).code == 0
        given = shell.script.calls[-1][2]
        assert given == {"key": "x/a.png", "local": shell.folder / target, "force": False}
    assert shell("get", "x/a.png", "--force").code == 0
    assert shell.script.calls[-1][2]["force"] is True
    assert shell("get", "x/").code == 2


def test_a_file_is_sent_to_its_name_or_the_key_that_is_given(shell: Shell) -> None:
    shell.config()
    file = shell.folder / "sub" / "a.png"
    file.parent.mkdir()
    file.write_text("x")
    for words, key in (
        (["put", "sub/a.png"], "a.png"),
        (["put", "sub/a.png", "x/"], "x/a.png"),
        (["put", "sub/a.png", "x/b"], "x/b"),
    ):
        assert shell(*words).code == 0
        assert shell.script.calls[-1][2] == {"key": key, "local": file, "force": False}
    assert shell("put", "sub/a.png", "--force").code == 0
    assert shell.script.calls[-1][2]["force"] is True
    for wrong in ("missing", "sub"):
        assert shell("put", wrong).code == 2


def test_each_key_is_deleted_and_one_that_fails_stops_no_other(shell: Shell) -> None:
    def delete(_client: Fake, key: str) -> Path | None:
        if key == "gone":
            raise NotFound("there is no gone", key=key)
        return Path("/trash") / key

    ran = ran_with(shell, "delete_file", delete, "rm", "a", "gone", "b", "a")
    assert ran.code == 1
    assert ran.out == "deleted a, kept in /trash/a\ndeleted b, kept in /trash/b\n"
    assert ran.err == "Error: there is no gone\n"
    assert shell("rm").code == 2
    assert shell("rm", "folder/").code == 2


def test_an_address_is_printed_alone_and_whole(shell: Shell) -> None:
    shell.environ["BUCKIA_ASSETS_KEY"] = "AKIAEXAMPLE"

    def url(client: Fake, **_given: Any) -> str:
        client.secrets.find("assets", "key")
        return "https://x/a?Credential=AKIAEXAMPLE"

    ran = ran_with(shell, "get_public_url", url, "url", "a", "--expires", "1h")
    assert ran.out == "https://x/a?Credential=AKIAEXAMPLE\n"
    assert shell.script.given("get_public_url")["expires"].total_seconds() == 3600
    assert "AKIAEXAMPLE" in shell("url", "a", "--json").document["url"]


def test_versions_in_the_trash_are_listed(shell: Shell) -> None:
    ran = ran_with(shell, "versions", (item("a\x1b"),), "restore", "--list", "a/")
    assert ran.out == "2026-01-02 03:04:05         3 B  remote  a\\x1b  (replaced)\n"
    assert shell.script.given("versions") == {"path": "a/"}
    nothing = shell("restore", "--list", "--before", "2026-02-01")
    assert nothing.out == ""
    assert "holds no such version" in nothing.err
    assert shell("restore", "--list", "--before", "2026-01-01").out == ran.out


def test_a_version_is_restored_and_what_stood_there_is_named(shell: Shell) -> None:
    restored = Restored("a", Path("/w/a"), WHEN, Path("/trash/b"))
    ran = ran_with(shell, "restore", restored, "restore", "a", "--before", "1h")
    assert ran.out == (
        "a is back as it was until 2026-01-02 03:04:05: /w/a\n"
        "    what stood there is kept in /trash/b\n"
    )
    given = shell.script.given("restore")
    assert given == {"path": "a", "before": datetime(2026, 3, 1, 11, tzinfo=UTC)}


def test_a_folder_is_restored_as_it_was_at_a_time(shell: Shell) -> None:
    def restore(_client: Fake, path: str, before: datetime) -> Restored:
        if path == "a/gone":
            raise NotFound("it has just expired", key=path)
        return Restored(path, Path("/w") / path, WHEN, None)

    shell.config()
    left = [item(key, SideName.LEFT) for key in ("a/2", "a/gone", "a/1", "a/2")]
    shell.script.answers["versions"] = (*left, item("a/of the bucket"))
    shell.script.answers["restore"] = restore
    ran = shell("restore", "a/", "--before", "2026-01-02")
    assert ran.code == 1
    assert [line.split()[0] for line in ran.out.splitlines()] == ["a/1", "a/2"]
    assert ran.err == "Error: it has just expired\n"
    given = [given for _, method, given in shell.script.calls if method == "restore"]
    assert [one["path"] for one in given] == ["a/1", "a/2", "a/gone"]
    assert {one["before"] for one in given} == {datetime(2026, 1, 2, tzinfo=UTC)}
    later = shell("restore", "a/", "--before", "2026-02-01")
    assert (later.code, later.out) == (0, "")
    assert "no such version" in later.err
    always = shell("restore", "a/")
    assert always.code == 2
    assert "buckia restore a/ --before 2h" in always.err


@pytest.mark.parametrize("words", [["restore"], ["restore", "a", "--before", "soon"]])
def test_what_cannot_be_restored_is_refused(words: list[str], shell: Shell) -> None:
    shell.config()
    assert shell(*words).code == 2
    assert not shell.script.calls


@pytest.mark.parametrize(
    "words", ["ls", "get k", "put f", "rm k", "url k", "restore k", "resolve k --keep both"]
)
def test_a_command_on_one_bucket_needs_its_name_when_there_are_several(
    words: str, shell: Shell
) -> None:
    shell.config("one", "two")
    (shell.folder / "f").write_text("x")
    shell.script.answers["restore"] = Restored("k", Path("k"), WHEN, None)
    ran = shell(*words.split())
    assert ran.code == 2
    assert "--bucket: one, two" in ran.err
    assert not shell.script.calls
    assert shell(*words.split(), "--bucket", "two").code == 0
    assert {call[0] for call in shell.script.calls} == {"two"}
    assert 'Did you mean "two"' in shell(*words.split(), "--bucket", "towo").err
