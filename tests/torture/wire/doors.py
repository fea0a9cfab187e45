"""Connections that cannot be made, or end before a word was said: for http, and for https."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from tests.s3.servers.certificate import Certificate, issue
from tests.torture.wire.gate import Bad, Gate
from tests.torture.wire.line import Line

Scheme = Literal["http", "https"]


class Door(msgspec.Struct, frozen=True):
    """A line behind a gate."""

    line: Line
    gate: Gate
    stranger: Certificate | None
    mine: Certificate | None

    @property
    def scheme(self) -> Scheme:
        return "http" if self.mine is None else "https"


Shut = Callable[[Door, bool], AbstractContextManager[None]]
"""Does harm for as long as a `with`, to each connection or to the first only."""


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which there is no connection."""

    shut: Shut
    schemes: tuple[Scheme, ...] = ("http", "https")
    waits: bool = False
    only_often: bool = False
    """Whether there is no such thing for a single connection."""


def _each(bad: Bad) -> Shut:
    @contextmanager
    def shut(door: Door, often: bool) -> Iterator[None]:
        door.gate.harm(bad, often=often)
        yield
        assert door.gate.applied, "no connection was made"
        door.gate.harm(None)

    return shut


@contextmanager
def _refused(door: Door, _often: bool) -> Iterator[None]:
    with door.gate.closed():
        yield


@contextmanager
def _full(door: Door, _often: bool) -> Iterator[None]:
    with door.gate.full():
        yield


@contextmanager
def _strange(door: Door, _often: bool) -> Iterator[None]:
    assert door.line.tls is not None
    assert door.stranger is not None
    assert door.mine is not None
    door.line.tls.load_cert_chain(door.stranger.chain, door.stranger.key)
    door.line.harm([])
    # Connections of before would still be trusted.
    door.gate.harm(None)
    yield
    assert not door.line.seen, "a stranger was told something"
    door.line.tls.load_cert_chain(door.mine.chain, door.mine.key)


HELLO, AFTER = 40, 2600
"""Bytes to a client in the midst of a handshake, and behind it."""
CLOSED: Mapping[str, Closed] = {
    "refused": Closed(shut=_refused, only_often=True),
    "not even answered": Closed(shut=_full, only_often=True, waits=True),
    "reset at once": Closed(shut=_each(Bad(up=0))),
    "ended at once": Closed(shut=_each(Bad(up=0, by="fin"))),
    "silent": Closed(shut=_each(Bad(down=0, by="silence")), waits=True),
    "reset in the first bytes of the client": Closed(shut=_each(Bad(up=60))),
    "reset in the first bytes of the server": Closed(shut=_each(Bad(down=HELLO))),
    "ended in the first bytes of the server": Closed(shut=_each(Bad(down=HELLO, by="fin"))),
    "silent in the first bytes of the server": Closed(
        shut=_each(Bad(down=HELLO, by="silence")), waits=True
    ),
    "reset behind the handshake": Closed(shut=_each(Bad(down=AFTER)), schemes=("https",)),
    "ended behind the handshake": Closed(shut=_each(Bad(down=AFTER, by="fin")), schemes=("https",)),
    "silent behind the handshake": Closed(
        shut=_each(Bad(down=AFTER, by="silence")), schemes=("https",), waits=True
    ),
    "slow": Closed(shut=_each(Bad(slow=True)), waits=True),
    "bit flipped in the handshake": Closed(shut=_each(Bad(flips_down=300)), schemes=("https",)),
    "bit flipped in the client's handshake": Closed(
        shut=_each(Bad(flips_up=100)), schemes=("https",)
    ),
    "bit flipped behind the handshake": Closed(
        shut=_each(Bad(flips_down=AFTER)), schemes=("https",)
    ),
    "bit flipped in a request": Closed(shut=_each(Bad(flips_up=900)), schemes=("https",)),
    "garbage": Closed(shut=_each(Bad(says=bytes(range(256)) * 4))),
    "http where https is expected": Closed(
        shut=_each(Bad(says=b"HTTP/1.1 400 Bad Request\r\n\r\n")), schemes=("https",)
    ),
    "certificate of a stranger": Closed(shut=_strange, schemes=("https",), only_often=True),
}


@contextmanager
def door(line: Line, folder: Path) -> Iterator[Door]:
    """Before a line that speaks https where it has a certificate."""
    mine = stranger = None
    if line.tls is not None:
        mine = Certificate(folder / "cert.pem", folder / "key.pem")
        elsewhere = folder / "stranger"
        elsewhere.mkdir(exist_ok=True)
        stranger = issue(elsewhere)
    with Gate(line.port) as gate:
        yield Door(line, gate, stranger, mine)
