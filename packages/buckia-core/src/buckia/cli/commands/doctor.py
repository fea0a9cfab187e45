"""`buckia doctor`."""

from __future__ import annotations

import click

from buckia.cli.codes import ExitCode
from buckia.cli.command import command
from buckia.cli.parameters import buckets_argument
from buckia.cli.runs import Outcome, each
from buckia.cli.session import Opened, Session
from buckia.cli.shown import shown
from buckia.cli.signals import Interrupts
from buckia.results import Check

MARKS = {True: ("ok ", "green"), False: ("bad", "red bold"), None: ("-  ", "dim")}


@command(
    "doctor",
    many=True,
    examples=[
        ("buckia doctor", "all buckets of the file"),
        ("buckia doctor assets --debug", "with everything that may help in a report"),
    ],
)
@buckets_argument
@click.pass_obj
def doctor(session: Session, buckets: tuple[str, ...]) -> int:
    """Check what a sync needs, step by step: settings, reach, credentials, clock, permissions.

    Each line that is not well says what to do. Exits with 1 when something is wrong.
    """
    configs = session.chosen(buckets)
    session.load_hooks()

    def work(bucket: Opened, _interrupts: Interrupts) -> Outcome:
        checks: list[Check] = []
        for check in bucket.client.doctor():
            _show(session, bucket.config.name, check)
            checks.append(check)
            session.check_interrupted()
        wrong = any(check.ok is False for check in checks)
        item = {"name": bucket.config.name, "checks": checks}
        return Outcome(ExitCode.FAILED if wrong else ExitCode.DONE, item)

    return each(session, configs, work)


def _show(session: Session, bucket: str, check: Check) -> None:
    output = session.output
    # What is wrong is shown also with -q.
    show = output.answer if check.ok is False else output.say
    mark, style = MARKS[check.ok]
    name = output.styled(shown(bucket), "bold")
    show(f"{name}: {output.styled(mark, style)}  {shown(check.name)}: {shown(check.message)}")
    if check.hint:
        show(f"    {output.styled('Hint', 'cyan')}: {shown(check.hint)}")
