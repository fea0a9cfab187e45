"""Asking a person which version of a key to keep."""

from __future__ import annotations

from buckia.cli.amounts import moment, moment_of_ns, size
from buckia.cli.session import Opened, Session
from buckia.cli.shown import shown
from buckia.cli.signals import Interrupts
from buckia.model import BasicEntry, Policy
from buckia.results import Question

ANSWERS = {
    "l": Policy.LOCAL_WINS,
    "r": Policy.REMOTE_WINS,
    "b": Policy.KEEP_BOTH,
    "s": None,
}
PROMPT = "Keep [l]ocal, [r]emote or [b]oth, or [s]kip? A capital letter also for all that follow: "


class Asking:
    """Asks on the terminal, one conflict at a time; no answer leaves the key alone."""

    def __init__(self, session: Session, bucket: Opened, interrupts: Interrupts) -> None:
        self._session = session
        self._bucket = bucket
        self._interrupts = interrupts
        self._for_all: str = ""

    def __call__(self, question: Question) -> Policy | None:
        if self._session.interrupted:
            return None
        if not self._for_all:
            with self._bucket.progress.paused():
                answer = self._answer(question)
            if not answer.isupper():
                return ANSWERS[answer]
            self._for_all = answer.lower()
        return ANSWERS[self._for_all]

    def _answer(self, question: Question) -> str:
        for line in described(self._bucket.config.name, question):
            self._session.output.tell(line)
        terminal = self._session.terminal
        try:
            self._interrupts.asking = True
            while True:
                terminal.stderr.write(PROMPT)
                terminal.stderr.flush()
                line = terminal.stdin.readline()
                if not line:
                    # The input has ended, so nobody will answer the next question either.
                    terminal.stderr.write("\n")
                    return "S"
                if line.strip().lower() in ANSWERS:
                    return line.strip()
        except KeyboardInterrupt:
            return "S"
        finally:
            self._interrupts.asking = False


def described(bucket: str, question: Question) -> list[str]:
    """The question, and both sides with size and time."""
    lines = [f"{bucket}: {shown(question.path)}: {shown(question.reason)}"]
    for where, entry in (("here", question.left), ("in the bucket", question.right)):
        lines.append(f"    {where:<13}  {_side(entry)}")
    return lines


def _side(entry: BasicEntry | None) -> str:
    if entry is None:
        return "deleted"
    when = "at an unknown time"
    if entry.mtime_ns is not None:
        when = moment_of_ns(entry.mtime_ns)
    elif entry.changed is not None:
        when = moment(entry.changed)
    return f"{size(entry.size):>10}  {when}"
