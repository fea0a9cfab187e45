"""Many hands, without ever holding more work than there are hands for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self


class Pool:
    """Threads that do what they are given. Leaving it waits for them.

    The first error ends it: no further work is begun, what is under way is waited for, and the
    error is raised. So is one that was raised inside, once all is done that was given.
    """

    def __init__(self, workers: int) -> None:
        self._room = threading.Semaphore(workers * 2)
        self._errors: list[BaseException] = []
        self._changed = threading.Condition()
        self._count = 0
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="buckia")

    @property
    def count(self) -> int:
        """How much work was given and is not done."""
        return self._count

    def wait_below(self, count: int) -> None:
        """Until there is less work than that."""
        with self._changed:
            self._changed.wait_for(lambda: self._count < count)

    def has_room(self) -> bool:
        """Whether the next work is taken at once."""
        if self._room.acquire(blocking=False):
            self._room.release()
            return True
        return False

    def give(self, work: Callable[[], None], *, instead: Callable[[], None] | None = None) -> None:
        """Have it done, as soon as there is a hand; after an error what is to be done `instead`."""
        self._room.acquire()
        self._counted(1)
        self._threads.submit(self._do, work, instead)

    def check(self) -> None:
        """Raise the first error, if there was one."""
        if self._errors:
            raise self._errors[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if error is not None:
            self._errors.append(error)
        self._threads.shutdown()
        if error is None and self._errors:
            raise self._errors[0]

    def _do(self, work: Callable[[], None], instead: Callable[[], None] | None) -> None:
        try:
            if not self._errors:
                work()
            elif instead is not None:
                instead()
        except BaseException as error:  # noqa: BLE001 - not handled here, only carried over
            # It is raised again by the thread that gave the work; a pool would keep it to itself.
            self._errors.append(error)
        finally:
            self._counted(-1)
            self._room.release()

    def _counted(self, more: int) -> None:
        with self._changed:
            self._count += more
            self._changed.notify_all()
