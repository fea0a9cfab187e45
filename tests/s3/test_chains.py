"""Chains of requests that take turns: who is asked when, and what an error ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from buckia.errors import AccessDenied, StorageError, Unavailable
from buckia_s3.asked import Asked
from buckia_s3.chains import Chain, in_turns


class Line:
    """Writes down what is sent, heard and given up."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.errors: dict[str, BaseException] = {}

    def ask(self, name: str) -> Asked[dict[str, str]]:
        self.log.append(f"send {name}")

        def end() -> dict[str, str]:
            self.log.append(f"hear {name}")
            if name in self.errors:
                raise self.errors[name]
            return {"name": name}

        return Asked(end, lambda: self.log.append(f"drop {name}"))

    def chain(self, *names: str) -> Chain[list[str]]:
        found = []
        for name in names:
            answer = yield self.ask(name)
            found.append(answer["name"])
        return found


def test_one_request_of_each_chain_is_under_way_at_a_time() -> None:
    line = Line()
    found = in_turns(line.chain("a1", "a2", "a3"), line.chain(), line.chain("b1", "b2"))
    assert found == [["a1", "a2", "a3"], [], ["b1", "b2"]]
    assert line.log == [
        *("send a1", "send b1", "hear a1", "hear b1"),
        *("send a2", "send b2", "hear a2", "hear b2"),
        *("send a3", "hear a3"),
    ]


def test_a_chain_is_told_its_own_error_and_may_go_on() -> None:
    line = Line()
    line.errors["a1"] = StorageError("refused")

    def bold() -> Chain[str]:
        try:
            yield line.ask("a1")
        except StorageError as error:
            yield line.ask("a2")
            return error.message
        return ""

    assert in_turns(bold(), line.chain("b1")) == ["refused", ["b1"]]


def nobody() -> StorageError:
    return Unavailable("no answer came")


def busy() -> StorageError:
    error = Unavailable("later")
    told: Any = {"ResponseMetadata": {"HTTPStatusCode": 503}}
    error.__cause__ = ClientError(told, "PutObject")
    return error


@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (lambda: AccessDenied("no"), ["hear b1", "hear c1"]),
        (busy, ["hear b1", "hear c1"]),
        (KeyboardInterrupt, ["hear b1", "hear c1"]),
        (nobody, ["drop b1", "drop c1"]),
    ],
    ids=["refused", "later", "interrupted", "nobody there"],
)
def test_what_was_sent_is_heard_before_an_error_goes_on_its_way(
    error: Callable[[], BaseException], rest: list[str]
) -> None:
    """Or it would take effect behind the back of whoever clears up."""
    line = Line()
    line.errors["a1"] = raised = error()
    line.errors["b1"] = StorageError("of no interest any more")
    with pytest.raises(type(raised)) as caught:
        in_turns(line.chain("a1", "a2"), line.chain("b1"), line.chain("c1", "c2"))
    assert caught.value is raised
    assert line.log == ["send a1", "send b1", "send c1", "hear a1", *rest]
