from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.session import Session, Step, Unlike, alike, steps

posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def test_steps_are_commands_with_what_is_shown_of_them() -> None:
    text = "$ one\n$ cat <<END\n> a\n> END\na\nb\n"
    assert list(steps(text)) == [Step("one", ""), Step("cat <<END\na\nEND", "a\nb\n")]


def test_output_before_any_command_is_a_mistake() -> None:
    with pytest.raises(Unlike, match="before the first command"):
        list(steps("ls\n"))


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("a\nb", "a\nb\n"),
        ("a   b", "  a b  \n"),
        ("...", ""),
        ("...", "a\nb\n"),
        ("a\n...\nd", "a\nb\nc\nd\n"),
        ("a\n...\nd", "a\nd\n"),
        ("kept ... safe", "kept /tmp/x safe"),
        ("3 files, 1.2 MiB in 0.8 s", "3 files, 900 B in 12 ms"),
        ("a.conflict-20260102T030405678Z-mac.txt", "a.conflict-20270102T030405678Z-mac.txt"),
        ("at 2026-01-02 03:04", "at 2027-05-06 07:08"),
    ],
)
def test_output_is_alike_up_to_times_sizes_spacing_and_gaps(shown: str, real: str) -> None:
    assert alike(shown, real)


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("a", "b"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a.c", "abc"),
        ("kept ... safe", "kept\nsafe"),
        ("3 files", "4 files"),
        ("1 B", "1 s"),
        ("a\n...\nd", "a\nb\n"),
    ],
)
def test_another_output_is_not_alike(shown: str, real: str) -> None:
    assert not alike(shown, real)


@posix
def test_folder_and_exported_variables_hold_from_step_to_step_and_block_to_block(
    session: Session,
) -> None:
    session.play('$ mkdir a && cd a\n$ export NAME="o\'ne two"\n')
    session.play('$ echo $NAME > file\n$ cat file\no\'ne two\n$ basename "$PWD"\na\n')
    assert (session.folder / "file").read_text() == "o'ne two\n"


@posix
def test_other_output_than_shown_is_told_with_both(session: Session) -> None:
    with pytest.raises(Unlike) as caught:
        session.play("$ echo real\nshown\n")
    assert "-shown" in str(caught.value)
    assert "+real" in str(caught.value)


@posix
@pytest.mark.parametrize("text", ["$ false\n", "$ false\n$ true\n", "$ exit 4\n$ true\n"])
def test_a_failure_that_is_not_shown_is_a_mistake(session: Session, text: str) -> None:
    with pytest.raises(Unlike, match="exit status"):
        session.play(text)


@posix
def test_a_failure_that_is_shown_is_part_of_the_story(session: Session) -> None:
    session.play("$ (echo oh; exit 5)\noh\n$ echo $?\n5\n$ true\n")
    with pytest.raises(Unlike):
        session.play("$ (exit 5)\n$ echo $?\n6\n")


@posix
def test_messages_on_standard_error_are_seen_as_on_a_terminal(session: Session) -> None:
    session.play("$ echo out; echo error >&2\nout\nerror\n")


@posix
def test_a_session_sees_neither_the_home_nor_the_variables_of_its_caller(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKIA_ASSETS_API_KEY", "of the caller")
    session.play('$ echo "[$BUCKIA_ASSETS_API_KEY]"\n[]\n$ basename "$HOME"\nhome\n')


@posix
def test_a_python_block_is_a_program_that_must_end_well(session: Session) -> None:
    session.python("open('made', 'x').close()")
    assert (session.folder / "made").exists()
    with pytest.raises(Unlike, match="ZeroDivisionError"):
        session.python("1 / 0")
