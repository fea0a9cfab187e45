"""Digests of bytes that go by: computed on the way, or beside it where there are many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from buckia import digests

LARGE = 8 << 20
"""Bytes of a body from which on threads of its own are worth it."""
BATCH = 1 << 20
"""Bytes that a thread is given at a time: for fewer it would wait more than it works."""


class Hashing:
    """Running digests by several algorithms of a body of that size. Closing it ends its threads.

    Those of a large body are computed while its next bytes are fetched and written. A little of it
    is held in memory for that, and never more.
    """

    def __init__(self, algorithms: Iterable[str], size: int) -> None:
        self._hashes = {name: digests.new(name) for name in algorithms}
        self._batch: list[bytes] = []
        self._size = 0
        self._under_way: list[Future[None]] = []
        self._threads: ThreadPoolExecutor | None = None
        if size >= LARGE and self._hashes:
            self._threads = ThreadPoolExecutor(
                len(self._hashes), thread_name_prefix="buckia-digest"
            )

    def update(self, chunk: bytes) -> None:
        if self._threads is None:
            for one in self._hashes.values():
                one.update(chunk)
            return
        self._batch.append(chunk)
        self._size += len(chunk)
        if self._size >= BATCH:
            self._hand_over(self._threads)

    def hexdigests(self) -> dict[str, str]:
        """By algorithm, of all that went by so far."""
        if self._threads is not None:
            self._hand_over(self._threads)
            self._wait()
        return {name: one.hexdigest() for name, one in self._hashes.items()}

    def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    def _hand_over(self, threads: ThreadPoolExecutor) -> None:
        # One after the other: no algorithm may see the bytes in another order.
        self._wait()
        batch, self._batch, self._size = self._batch, [], 0
        self._under_way = [threads.submit(_update, one, batch) for one in self._hashes.values()]

    def _wait(self) -> None:
        for one in self._under_way:
            one.result()
        self._under_way = []


def _update(one: digests.Hash, batch: Sequence[bytes]) -> None:
    for chunk in batch:
        one.update(chunk)
