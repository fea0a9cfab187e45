"""Many pieces of work at once, without ever holding more of them than there are hands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def each(items: Iterable[T], work: Callable[[T], None], *, workers: int) -> None:
    """Do the work for every item, up to `workers` at a time.

    The first error ends it: no further item is begun, those under way are waited for, and the
    error is raised.
    """
    room = threading.Semaphore(workers * 2)
    errors: list[BaseException] = []

    def do(item: T) -> None:
        try:
            if not errors:
                work(item)
        except BaseException as error:  # noqa: BLE001 - not handled here, only carried over
            # It is raised again by the thread that gave the work; a pool would keep it to itself.
            errors.append(error)
        finally:
            room.release()

    with ThreadPoolExecutor(workers, thread_name_prefix="buckia") as pool:
        for item in items:
            room.acquire()
            if errors:
                break
            pool.submit(do, item)
    if errors:
        raise errors[0]
