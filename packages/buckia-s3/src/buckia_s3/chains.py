"""Chains of requests, each the answer to the one before, that are under way side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, TypeVar, cast

from buckia.errors import StorageError, Unavailable
from buckia_s3.asked import Answer, Asked
from buckia_s3.faults import status_of

R = TypeVar("R")
Chain = Generator[Asked[Answer], Answer, R]
"""Yields a request and is given its answer, or its error."""
_Step = Callable[[Chain[Any]], Asked[Answer]]


def in_turns(*chains: Chain[R]) -> list[R]:
    """What each of them comes to. They take turns, so the order of all requests is always the same.

    The error that ends one chain ends all of them, and what was sent by then is answered by then:
    nothing happens afterwards. Only where nobody answers is nobody waited for.
    """
    ended: dict[int, R] = {}
    steps: dict[int, _Step] = dict.fromkeys(range(len(chains)), next)
    while steps:
        steps = _turn(chains, steps, ended)
    return [ended[number] for number in range(len(chains))]


def _turn(
    chains: tuple[Chain[R], ...], steps: dict[int, _Step], ended: dict[int, R]
) -> dict[int, _Step]:
    """One request of each, and how each goes on."""
    under_way: dict[int, Asked[Answer]] = {}
    following: dict[int, _Step] = {}
    try:
        for number, step in steps.items():
            try:
                under_way[number] = step(chains[number])
            except StopIteration as end:
                ended[number] = cast("R", end.value)
        for number in [*under_way]:
            following[number] = _heard(under_way.pop(number))
    except BaseException as error:  # whatever it was, it goes on its way
        for one in under_way.values():
            if _is_nobody_there(error):
                one.close()
            else:
                with suppress(StorageError):
                    one.end()
        raise
    return following


def _heard(asked: Asked[Answer]) -> _Step:
    try:
        answer = asked.end()
    except StorageError as error:
        if _is_nobody_there(error):
            # All that is left would be waited for as long.
            raise
        failure = error
        return lambda chain: chain.throw(failure)
    return lambda chain: chain.send(answer)


def _is_nobody_there(error: BaseException) -> bool:
    return isinstance(error, Unavailable) and not status_of(error.__cause__)
