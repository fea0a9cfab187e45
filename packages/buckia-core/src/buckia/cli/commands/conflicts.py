"""`buckia conflicts`."""

from __future__ import annotations

import shlex

import click

from buckia.cli.asking import described
from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.parameters import buckets_argument
from buckia.cli.runs import Outcome, each
from buckia.cli.session import Opened, Session
from buckia.cli.shown import shown
from buckia.cli.signals import Interrupts
from buckia.model import BasicEntry
from buckia.results import LEFT_ALONE, Question


@command(
    "conflicts",
    many=True,
    examples=[
        ("buckia conflicts", "all buckets of the file"),
        ("buckia resolve a.txt --keep local", "decide one of them"),
    ],
)
@buckets_argument
@click.pass_obj
def conflicts(session: Session, buckets: tuple[str, ...]) -> int:
    """List the files that both sides changed, and what the settings would make of them.

    Exits with 5 when one of them waits for a person. Without BUCKET, all buckets of the file.
    """
    configs = session.chosen(buckets)
    session.load_hooks()

    def work(bucket: Opened, _interrupts: Interrupts) -> Outcome:
        questions = bucket.client.conflicts()
        session.check_interrupted()
        _show(session, bucket.config.name, questions)
        waiting = any(question.resolution == LEFT_ALONE for question in questions)
        item = {"name": bucket.config.name, "conflicts": [_item(one) for one in questions]}
        return Outcome(ExitCode.CONFLICTS if waiting else ExitCode.DONE, item)

    return each(session, configs, work)


def _show(session: Session, name: str, questions: tuple[Question, ...]) -> None:
    for question in questions:
        for line in described(name, question):
            session.output.answer(line)
        if question.resolution == LEFT_ALONE:
            session.output.answer(f"    decide: {_command(session, name, question.path)}")
    if not questions:
        session.output.answer(f"{name}: no conflicts")


def _command(session: Session, bucket: str, path: str) -> str:
    """The command line that decides this conflict, to be typed as it is."""
    words = ["buckia", "resolve", path, "--keep"]
    if len(session.file.buckets) > 1:
        words[3:3] = ["--bucket", bucket]
    return shown(shlex.join(words)) + " local|remote|both"


def _item(question: Question) -> dict[str, object]:
    return {
        "path": question.path,
        "reason": question.reason,
        "resolution": question.resolution,
        "local": _side(question.left),
        "remote": _side(question.right),
    }


def _side(entry: BasicEntry | None) -> dict[str, object] | None:
    from buckia.cli.entries import entry_item

    return entry_item(entry) if entry is not None else None
