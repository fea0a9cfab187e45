"""What is heard on a connection is the answer to what was asked on it, and to nothing else."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from buckia.patience import Patience
from buckia_s3.connection import Connection
from buckia_s3.lane.lines import Line, Place
from tests.s3.lane.worlds import Talking, answer, connection

ETAG = [("ETag", '"e"')]
ONE, TWO = answer(b"one", headers=ETAG), answer(b"two", headers=ETAG)
HERS = answer(b"hers", headers=ETAG)
"""What is nobody's answer here."""


@contextmanager
def asking(*connections: list[bytes], **more: Any) -> Iterator[tuple[Talking, Connection]]:
    with (
        Talking(*connections).running() as server,
        closing(connection(server.url, region="us-east-1", **more)) as made,
    ):
        yield server, made


def read(made: Connection, key: str) -> bytes:
    data: bytes = made.call("get_object", key)["Body"].read()
    return data


def test_one_connection_serves_one_request_after_the_other() -> None:
    with asking([ONE, TWO]) as (_, made):
        assert read(made, "a") == b"one"
        assert read(made, "b") == b"two"


def test_where_something_went_wrong_nothing_more_is_heard() -> None:
    """What comes too late could be taken for what goes on."""
    half = answer(b"abcdef", headers=ETAG)[:-3]
    with asking([half], timeout=0.2) as (server, made):
        body = made.call("get_object", "a")["Body"]
        assert body.read(6) == b"abc"
        with pytest.raises(ReadTimeoutError):
            body.read(3)
        # Nobody may be there any more to hear it.
        with suppress(OSError):
            server.say(b"def")
        with pytest.raises(ConnectionClosedError):
            body.read(3)


def test_what_nobody_read_to_its_end_is_not_heard_by_the_next() -> None:
    """The bytes of an object may look like anything, an answer among it."""
    whole = answer(b"abc" + HERS, headers=ETAG)
    with asking([whole[: -len(HERS)], HERS], [TWO]) as (_, made):
        body = made.call("get_object", "a")["Body"]
        assert body.read(3) == b"abc"
        body.close()
        assert read(made, "b") == b"two"


def test_an_answer_that_nobody_waited_for_is_not_heard_by_the_next() -> None:
    with asking([b"", HERS + TWO], [TWO]) as (_, made):
        made.begin("get_object", "a").close()
        assert read(made, "b") == b"two"


def test_a_connection_that_says_more_than_it_was_asked_is_not_asked_again() -> None:
    with asking([ONE + b"HTTP/1.1 2", HERS], [TWO]) as (_, made):
        assert read(made, "a") == b"one"
        assert read(made, "b") == b"two"


@pytest.mark.parametrize("what", ["an answer to nothing", "the end"])
def test_a_connection_on_which_something_came_meanwhile_is_not_asked_again(what: str) -> None:
    with asking([ONE], [TWO]) as (server, made):
        assert read(made, "a") == b"one"
        lane: Any = made._lane
        [line] = lane._lines._idle
        if what == "the end":
            server.hang_up()
        else:
            server.say(HERS)
        assert select.select([line._socket], [], [], 20)[0]
        assert read(made, "b") == b"two"


def test_a_close_that_follows_the_end_leaves_the_connection_to_whoever_has_it_now() -> None:
    with asking([ONE, TWO]) as (_, made):
        first = made.begin("get_object", "a")
        assert first.end()["Body"].read() == b"one"
        second = made.begin("get_object", "b")
        first.close()
        assert second.end()["Body"].read() == b"two"


@pytest.mark.parametrize("status", [200, 403])
def test_a_yes_before_all_was_sent_is_none(status: int) -> None:
    """A refusal may well come then."""
    mine, theirs = socket.socketpair()
    theirs.sendall(answer(b"", status=status))
    theirs.close()
    line = Line(mine, Place("http", "127.0.0.1", 9), 5.0, Patience(5.0))
    line.send(b"PUT / HTTP/1.1\r\n\r\n", b"body")
    with closing(line):
        if status == 200:
            with pytest.raises(ConnectionClosedError):
                line.heard(is_bodiless=False)
        else:
            assert line.heard(is_bodiless=False).status == status
