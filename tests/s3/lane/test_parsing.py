"""One answer from bytes, however they are cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia_s3.lane.parsing import Answer, Broken

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: b\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CASES = {
    "a body": (HEAD + b"abc", 200, b"abc", True),
    "no body": (b"HTTP/1.1 204 None\r\n\r\n", 204, b"", True),
    "chunks": (CHUNKED + b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200, b"abcd", True),
    "an interim answer": (
        b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" + HEAD + b"abc",
        200,
        b"abc",
        True,
    ),
    "an old service": (HEAD.replace(b"1.1", b"1.0") + b"abc", 200, b"abc", False),
    "a goodbye": (HEAD.replace(b"ETag", b"Connection: close\r\nETag") + b"abc", 200, b"abc", False),
    "another answer behind it": (HEAD + b"abc" + HEAD + b"abc", 200, b"abc", False),
}


def fed(data: bytes, cuts: list[int], *, is_bodiless: bool = False) -> Answer:
    answer = Answer(is_bodiless=is_bodiless)
    edges = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    for start, end in pairwise(edges):
        answer.feed(data[start:end])
    return answer


@pytest.mark.parametrize("case", CASES)
@given(cuts=st.lists(st.integers(0, 1000), max_size=6))
def test_it_is_the_same_however_it_comes(case: str, cuts: list[int]) -> None:
    data, status, body, can_go_on = CASES[case]
    answer = fed(data, cuts)
    assert answer.is_headed
    assert answer.is_over
    assert (answer.status, b"".join(answer.pieces())) == (status, body)
    assert answer.can_go_on is can_go_on
    assert ("a", "b") not in answer.headers, "of an interim answer"


def test_names_are_in_small_letters_and_values_as_they_came() -> None:
    answer = fed(HEAD.replace(b"ETag: b", b"ETaG: \xe9 B") + b"abc", [])
    assert ("etag", "\xe9 B") in answer.headers


@pytest.mark.parametrize("status", [b"200 OK", b"404 Not Found"])
def test_the_answer_to_a_head_has_no_body_whatever_it_says(status: bytes) -> None:
    answer = fed(HEAD.replace(b"200 OK", status), [], is_bodiless=True)
    assert answer.is_over
    assert answer.can_go_on
    assert answer.pieces() == []
    answer = fed(HEAD.replace(b"200 OK", status) + b"abc", [], is_bodiless=True)
    assert not answer.can_go_on
    assert answer.pieces() == []


def test_without_a_length_the_connection_is_the_body() -> None:
    answer = fed(b"HTTP/1.1 200 OK\r\n\r\nabc", [])
    was_over = answer.is_over
    answer.end()
    assert (was_over, answer.is_over) == (False, True)
    assert not answer.can_go_on
    assert answer.pieces() == [b"abc"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        HEAD[:-2],
        HEAD,
        HEAD + b"ab",
        CHUNKED + b"3\r\nabc\r\n",
        CHUNKED + b"3\r\na",
    ],
)
def test_an_answer_that_ends_too_early_is_none(data: bytes) -> None:
    answer = fed(data, [])
    with pytest.raises(Broken):
        answer.end()


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"<html></html>",
        HEAD.replace(b"\r\nETag", b"\r\nContent-Length: 4\r\nETag"),
        HEAD.replace(b"\r\nETag", b"\r\nTransfer-Encoding: chunked\r\nETag"),
        HEAD.replace(b": 3", b": -3"),
        HEAD.replace(b": 3", b": 3x"),
        CHUNKED + b"zz\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: h2\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * (1 << 19),
    ],
    ids=lambda data: data[:40],
)
def test_what_is_no_answer_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        fed(data, [])


@given(st.binary(max_size=200), st.lists(st.integers(0, 300), max_size=3), st.booleans())
def test_whatever_comes_it_is_an_answer_or_broken(
    data: bytes, cuts: list[int], is_bodiless: bool
) -> None:
    try:
        fed(b"HTTP/1.1 200 OK\r\n" + data, cuts, is_bodiless=is_bodiless).end()
    except Broken:
        return
