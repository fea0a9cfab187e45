"""Ctrl-C and SIGTERM: the first asks the run to end well, the second ends the process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from buckia.cli.codes import ExitCode
from buckia.cli.session import Session

STOPPING = "Stopping after what is under way; once more to stop at once."
THREAD = "buckia-stopping"
SHOW_CURSOR = b"\x1b[?25h\n"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Counts the wishes to stop while a run is going on."""

    def __init__(self, session: Session, stop: Callable[[], None]) -> None:
        self._session = session
        self._stop = stop
        self.asking = False
        """Whether the main thread waits for an answer, which then never comes."""

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self._session.interrupted:
            _end_at_once(self._session)
        self._session.interrupted = True
        if self.asking:
            # The question stands there without a line end.
            self._session.terminal.stderr.write("\n")
        # The code that was interrupted may hold any lock, that of the output or of the run, so
        # another thread waits for its turn.
        threading.Thread(target=self._ask_to_stop, name=THREAD, daemon=True).start()
        if self.asking:
            raise KeyboardInterrupt

    def _ask_to_stop(self) -> None:
        self._stop()
        self._session.output.tell(STOPPING)


def _end_at_once(session: Session) -> None:
    with contextlib.suppress(OSError, ValueError):
        if session.terminal.live:
            os.write(session.terminal.stderr.fileno(), SHOW_CURSOR)
    # Nothing is tidied up: whatever instant this is, the next run copes with it.
    os._exit(ExitCode.INTERRUPTED)


@contextmanager
def terminable() -> Iterator[None]:
    """Within, SIGTERM is as Ctrl-C: what is being written gets tidied up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


@contextmanager
def stoppable(session: Session, stop: Callable[[], None]) -> Iterator[Interrupts]:
    """Within, the first signal calls `stop`; afterwards signals do what they did before."""
    interrupts = Interrupts(session, stop)
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may listen, and only a program that calls us is not in it.
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts) for number in SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
