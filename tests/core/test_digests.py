"""Digests: how they are computed, kept in one line, and what two sets of them prove."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buckia import digests

EMPTY = {
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "md5": "d41d8cd98f00b204e9800998ecf8427e",
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "blake2b": "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
    "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
}

hexes = st.text("0123456789abcdef", min_size=1, max_size=8)
known = st.dictionaries(st.sampled_from(digests.ALGORITHMS), hexes)


def test_there_are_the_algorithms_that_a_configuration_may_name() -> None:
    assert set(digests.ALGORITHMS) == set(EMPTY)


@pytest.mark.parametrize(("algorithm", "value"), EMPTY.items())
def test_nothing_at_all_has_a_digest(algorithm: str, value: str) -> None:
    assert digests.of(b"", algorithm) == value
    assert digests.of_chunks((b"", b""), algorithm) == value
    assert digests.new(algorithm).hexdigest() == value


@given(st.lists(st.binary(max_size=8), max_size=5), st.sampled_from(digests.ALGORITHMS))
def test_a_digest_does_not_hang_on_how_the_bytes_are_cut(pieces: list[bytes], name: str) -> None:
    assert digests.of_chunks(pieces, name) == digests.of(b"".join(pieces), name)


@given(st.lists(st.binary(max_size=20), max_size=5), st.integers(1, 9))
def test_the_digest_of_parts_is_that_of_their_digests(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    cut = [whole[at : at + size] for at in range(0, len(whole), size)] or [b""]
    joined = b"".join(hashlib.md5(part).digest() for part in cut)
    expected = f"{hashlib.md5(joined).hexdigest()}-{len(cut)}"
    assert digests.of_chunks(pieces, f"md5/{size}") == expected
    assert digests.of(whole, f"md5/{size}") == expected
    hasher = digests.new(f"md5/{size}")
    hasher.update(whole)
    assert hasher.hexdigest() == hasher.hexdigest() == expected


def test_what_can_be_computed_is_told_from_what_cannot() -> None:
    names = {"md5", "sha256", "md5/5", "md5/0", "md5/", "md5/x", "sha256/5", "crc7", ""}
    assert digests.computable(names) == {"md5", "sha256", "md5/5"}


def test_any_hint_that_is_a_digest_proves_and_none_disproves() -> None:
    known = {"md5": "ab", "md5/5": "cd-2", "md5/8": "ef-2"}
    assert digests.hinted({"md5/5": "CD-2", "md5/8": "00-2"}, known)
    assert not digests.hinted({"md5": "00"}, known)
    assert not digests.hinted({"sha1": "ab"}, known)
    assert not digests.hinted({}, {})


def test_an_algorithm_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="crc7"):
        digests.new("crc7")


@given(known)
def test_what_is_packed_comes_out_again(one: dict[str, str]) -> None:
    assert digests.unpack(digests.pack(one)) == one


@given(known)
def test_equal_digests_are_packed_equally(one: dict[str, str]) -> None:
    assert digests.pack(dict(reversed(one.items()))) == digests.pack(one)


def test_a_packed_line_can_be_read_by_people() -> None:
    assert digests.pack({"sha256": "12", "md5": "ab"}) == "md5:ab sha256:12"
    assert digests.pack({}) == ""
    assert digests.unpack("") == {}


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ({}, {}, None),
        ({"md5": "1"}, {}, None),
        ({"md5": "1"}, {"sha1": "1"}, None),
        ({"md5": "a"}, {"md5": "a"}, True),
        ({"md5": "a"}, {"md5": "A"}, True),
        ({"md5": "a"}, {"md5": "b"}, False),
        ({"md5": "a", "sha1": "1"}, {"md5": "a", "sha256": "2"}, True),
        # One that differs proves that the bytes do, whatever else agrees.
        ({"md5": "a", "sha1": "1"}, {"md5": "a", "sha1": "2"}, False),
    ],
)
def test_only_common_digests_prove_anything(
    one: dict[str, str], other: dict[str, str], answer: bool | None
) -> None:
    assert digests.agree(one, other) is answer
    assert digests.agree(other, one) is answer


def test_what_is_unpacked_is_the_callers_own() -> None:
    """What is remembered of a row must not change with what somebody makes of it."""
    mine = digests.unpack("md5:1 sha256:2")
    mine["sha1"] = "3"
    assert digests.unpack("md5:1 sha256:2") == {"md5": "1", "sha256": "2"}
    assert digests.unpacked("md5:1 sha256:2") == {"md5": "1", "sha256": "2"}
