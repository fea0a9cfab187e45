"""How a key is brought in step: a generator, so that many keys share a thread and a flush.

It yields whenever it would have to wait, and says what for. What is written down for one key is
written down for many at once, and while one answer is on its way others are asked for.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from buckia.engine.first import First
from buckia.model import Agreed, Forgotten, Intent
from buckia.protocols import StagesTogether

T = TypeVar("T")
R = TypeVar("R")


class Settle(NamedTuple):
    """All that this store was given must be durable."""

    storage: StagesTogether


Note = Settle | Intent | Agreed | Forgotten
"""What must be durable before it goes on: what is meant to happen, or was seen to have happened."""


class Turn(Enum):
    """What else there is to wait for."""

    SENDING = auto()
    """When it goes on, it sends a request, for which there must be a line."""
    WAITING = auto()
    """An answer is on its way; when it goes on, it waits for it."""
    ALONE = auto()
    """It will take long, so no other key may wait for this one."""


def settled(storage: StagesTogether | None) -> tuple[Settle, ...]:
    return () if storage is None else (Settle(storage),)


Doing = Generator[Turn | tuple[Note, ...], None, T]


def waited(first: First[R] | None) -> Doing[None]:
    """Let others go on until the answer is needed; None is one that can only be waited for."""
    if first is None:
        yield Turn.ALONE
        return
    try:
        yield Turn.WAITING
    except GeneratorExit:
        first.close()
        raise
    if not first.wait():
        yield Turn.ALONE
