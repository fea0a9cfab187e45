"""What an ETag tells of the bytes, for objects that any tool uploaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from buckia import digests
from buckia_s3 import etags
from buckia_s3.parts import LARGEST_PART, MIB, MOST_PARTS, Sizes, count, part_size

MD5 = "0123456789abcdef0123456789abcdef"
GIB = 1024 * MIB
TIB = 1024 * GIB


def doubling(size: int) -> int:
    part = 8 * MIB
    while count(size, part) > MOST_PARTS:
        part *= 2
    return min(part, LARGEST_PART)


def steps(least: int) -> Callable[[int], int]:
    """Parts that grow by as much as they are large at least."""
    return lambda size: max(least, -(-(size // MOST_PARTS) // least) * least)


def one_more_byte(size: int) -> int:
    return 5 * MIB if size // (5 * MIB) < MOST_PARTS else size // MOST_PARTS + 1


TOOLS: Mapping[str, Callable[[int], int]] = {
    "the AWS command line and boto3: 8 MiB, doubled": doubling,
    "rclone: 5 MiB, grown by mebibytes": lambda size: part_size(size, 5 * MIB),
    "Buckia: 16 MiB, grown by mebibytes": lambda size: part_size(size, Sizes().part),
    "mc: 16 MiB, grown by 16 MiB": steps(16 * MIB),
    "the Go SDK: 5 MiB, grown by bytes": one_more_byte,
    "the Java SDK: 5 MiB, grown by bytes": lambda size: max(5 * MIB, -(-size // MOST_PARTS)),
}
"""How tools find the size of their parts, as the size of the object grows."""

FIXED = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1024]
"""Mebibytes that tools never change, or that people tell them."""


def parted(size: int, part: int) -> str:
    return f"{MD5}-{count(size, part)}"


@pytest.mark.parametrize("tool", TOOLS)
@settings(deadline=None)
@given(size=st.integers(0, 40 * GIB) | st.integers(0, 5 * TIB) | st.integers(0, 50 * 10**12))
@example(size=100 * GIB)
@example(size=400 * GIB)
@example(size=50 * 10**12)
def test_the_parts_of_each_tool_are_among_the_hints(tool: str, size: int) -> None:
    part = TOOLS[tool](size)
    assert count(size, part) <= MOST_PARTS
    assert part <= LARGEST_PART or count(size, part) == 1
    etag = parted(size, part)
    found = etags.hints(etag, size)
    # Parts of one size and of another one are the same where there is only one of them.
    true = f"md5/{max(size, 1) if count(size, part) == 1 else part}"
    assert found.get(true) == etag


@given(st.sampled_from(FIXED), st.data())
def test_parts_of_a_usual_size_are_among_the_hints(mebibytes: int, data: st.DataObject) -> None:
    part = mebibytes * MIB
    size = data.draw(st.integers(part + 1, part * MOST_PARTS))
    etag = parted(size, part)
    assert etags.hints(etag, size).get(f"md5/{part}") == etag


@given(st.integers(0, 50 * 10**12), st.integers(0, 99999))
def test_each_hint_is_of_parts_that_make_as_many_as_the_tag_says(size: int, parts: int) -> None:
    etag = f"{MD5}-{parts}"
    found = etags.hints(etag, size)
    assert set(found.values()) <= {etag}
    assert digests.computable(found) == set(found)
    for name in found:
        assert count(size, int(name.removeprefix("md5/"))) == parts


@pytest.mark.parametrize(
    ("size", "part"),
    [(0, 5 * MIB), (1, 5 * MIB), (5 * MIB, 5 * MIB), (5 * MIB + 1, 5 * MIB), (17 * MIB, 8 * MIB)],
)
def test_the_bytes_here_are_recognised_by_the_tag_of_their_parts(size: int, part: int) -> None:
    body = b"x" * size
    pieces = [body[at : at + part] for at in range(0, size, part)] or [b""]
    joined = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    etag = f"{hashlib.md5(joined).hexdigest()}-{len(pieces)}"
    found = etags.hints(etag, size)
    known = {name: digests.of(body, name) for name in found}
    assert digests.hinted(found, known)
    other = {name: digests.of(body + b"y", name) for name in found}
    assert not digests.hinted(found, other)


def test_the_tag_of_a_plain_object_may_be_its_md5() -> None:
    assert etags.hints(MD5, 7) == {"md5": MD5}
    assert etags.is_md5(MD5)


@pytest.mark.parametrize(
    "etag",
    [
        *("", "x", MD5[1:], MD5 + "0", MD5.upper(), f"{MD5}\n", f" {MD5}", f"{MD5}-", f"{MD5}-x"),
        *(f"{MD5}-123456", f"{MD5}-1-1", f"{MD5}-1\n", f"{MD5}-\u0661", f"{MD5[:-1]}g", "0x8D"),
    ],
)
def test_a_tag_of_any_other_form_tells_nothing(etag: str) -> None:
    assert etags.hints(etag, 100) == {}
    assert not etags.is_md5(etag)
    assert etags.number_of_parts(etag) is None


@given(st.text(), st.integers(0, 2**63))
def test_no_tag_however_odd_breaks_a_listing(etag: str, size: int) -> None:
    found = etags.hints(etags.bare(etag), size)
    assert all(name == "md5" or name.startswith("md5/") for name in found)


@pytest.mark.parametrize(
    ("written", "tag"),
    [(f'"{MD5}"', MD5), (MD5, MD5), (f'W/"{MD5}"', MD5), (f'"{MD5}-3"', f"{MD5}-3"), ('""', "")],
)
def test_the_quotes_belong_to_the_header_and_not_to_the_tag(written: str, tag: str) -> None:
    assert etags.bare(written) == tag


@given(st.text("0123456789abcdef-", min_size=1))
def test_a_tag_comes_back_out_of_its_quotes(tag: str) -> None:
    assert etags.quoted(tag) == f'"{tag}"'
    assert etags.bare(etags.quoted(tag)) == tag


@pytest.mark.parametrize(
    ("etag", "parts"), [(f"{MD5}-1", 1), (f"{MD5}-17", 17), (f"{MD5}-10000", 10000), (MD5, None)]
)
def test_a_tag_says_how_many_parts_there_were(etag: str, parts: int | None) -> None:
    assert etags.number_of_parts(etag) == parts
