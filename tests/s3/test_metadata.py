"""What is kept with an object comes back exactly, and what strangers keep there breaks nothing."""

from __future__ import annotations

import time
from decimal import localcontext

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from buckia import digests
from buckia_s3 import metadata
from buckia_s3.metadata import DIGEST, ETAG, MTIME

E1, E2 = "0" * 32, "1" * 32
SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
nanoseconds = st.integers(-(2**63), 2**63 - 1)
known = st.builds(
    lambda names, body: {name: digests.of(body, name) for name in names},
    st.sets(st.sampled_from(digests.ALGORITHMS), min_size=1),
    st.binary(max_size=3),
)
"""Digests by their names."""


@given(nanoseconds)
@example(2**53 + 1)
@example(-1)
@example(-999_999_999)
@example(-(2**63))
@example(2**63 - 1)
@example(1_700_000_000_123_456_789)
def test_a_time_comes_back_to_the_nanosecond(mtime_ns: int) -> None:
    kept = metadata.made(mtime_ns, {}, "")
    assert set(kept) == {MTIME}
    assert metadata.mtime_ns(kept) == mtime_ns


@given(nanoseconds, st.integers(1, 28))
def test_a_time_is_exact_whatever_precision_a_program_has_set(mtime_ns: int, digits: int) -> None:
    with localcontext(prec=digits):
        assert metadata.mtime_ns(metadata.made(mtime_ns, {}, "")) == mtime_ns


@given(nanoseconds)
def test_a_time_is_written_as_other_tools_read_it(mtime_ns: int) -> None:
    whole, _, fraction = metadata.seconds(mtime_ns).partition(".")
    assert len(fraction) == 9
    assert whole.isascii()
    assert fraction.isdigit()
    assert abs(float(metadata.seconds(mtime_ns)) - mtime_ns / 1e9) < 1e-5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700000000.123456789", 1_700_000_000_123_456_789),
        ("1700000000", 1_700_000_000_000_000_000),
        ("1.7e9", 1_700_000_000_000_000_000),
        ("-1.5", -1_500_000_000),
        ("0", 0),
        ("0.0000000001", 0),
        ("1700000000.1234567891", 1_700_000_000_123_456_789),
        ("1." + "0" * 1000, 1_000_000_000),
    ],
)
def test_times_that_other_tools_wrote_are_read(text: str, expected: int) -> None:
    assert metadata.mtime_ns({MTIME: text}) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "nan", "-nan", "sNaN", "NaN123", "inf", "-inf", "Infinity", "garbage", "1.2.3"),
        *("0x10", "12:00", "2024-01-01T00:00:00Z", "1e", "e9", "--1", "1\x00", "9" * 1000),
        *("-" + "9" * 1000, "9223372036.854775808", "-9223372036.854775809", "1e30", "1e400"),
        *("1e999999", "-1e999999", "1e9999999999999999999999", "9" * 100_000),
    ],
)
def test_a_time_that_nobody_can_read_is_none(text: str) -> None:
    assert metadata.mtime_ns({MTIME: text}) is None


@pytest.mark.parametrize("text", ["9e300000", "-9e300000", "9e-300000", "1" + "0" * 100_000])
def test_no_text_keeps_a_run_busy_for_long(text: str) -> None:
    began = time.process_time()
    assert metadata.mtime_ns({MTIME: text}) in {None, 0}
    assert time.process_time() - began < 0.5


@settings(deadline=None)
@given(st.text(max_size=20) | st.text("0123456789.eE+-_ nasif", max_size=7))
def test_no_text_in_place_of_a_time_breaks_anything(text: str) -> None:
    found = metadata.mtime_ns({MTIME: text})
    assert found is None or -(2**63) <= found < 2**63


def test_without_a_time_there_is_none() -> None:
    assert metadata.mtime_ns({}) is None
    assert MTIME not in metadata.made(None, {"sha256": SHA}, E1)


@given(known, st.sampled_from([E1, E2, f"{E1}-3", f"{E1}-2"]), st.sampled_from([E1, f"{E1}-3", ""]))
def test_a_digest_is_believed_only_with_the_tag_it_was_written_for(
    digest: dict[str, str], written: str, found: str
) -> None:
    kept = metadata.made(None, digest, written)
    assert metadata.proven(kept, found) == (digest if found == written else {})


@pytest.mark.parametrize("algorithm", digests.ALGORITHMS)
def test_a_digest_of_ours_comes_back(algorithm: str) -> None:
    digest = {algorithm: digests.of(b"abc", algorithm)}
    assert metadata.proven(metadata.made(5, digest, E1), E1) == digest
    assert metadata.proven(metadata.made(5, digest, E1), E2) == {}


def test_several_digests_come_back_together() -> None:
    digest = {name: digests.of(b"abc", name) for name in digests.ALGORITHMS}
    assert metadata.proven(metadata.made(None, digest, E1), E1) == digest


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {DIGEST: f"sha256:{SHA}"},
        {ETAG: E1},
        {ETAG: "", DIGEST: f"sha256:{SHA}"},
        {ETAG: f'"{E1}"', DIGEST: f"sha256:{SHA}"},
        {ETAG: E1.upper() + " ", DIGEST: f"sha256:{SHA}"},
    ],
)
def test_a_digest_without_its_own_tag_is_not_believed(kept: dict[str, str]) -> None:
    assert metadata.proven(kept, E1) == {}
    assert metadata.proven(kept, E2) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        f":{SHA}",
        SHA,
        f"crc7:{SHA}",
        f"md5/5:{SHA}",
        f"SHA256:{SHA}",
        ": :",
    ],
)
def test_what_names_no_digest_of_ours_is_passed_over(text: str) -> None:
    assert metadata.proven({ETAG: E1, DIGEST: text}, E1) == {}


@pytest.mark.parametrize("value", ["hello", SHA[1:], "z" * 64])
def test_a_text_that_no_bytes_can_have_as_their_digest_is_none(value: str) -> None:
    assert metadata.proven({ETAG: E1, DIGEST: f"sha256:{value}"}, E1) == {}


@given(st.text(), st.text())
def test_no_text_in_place_of_a_digest_breaks_anything(text: str, etag: str) -> None:
    found = metadata.proven({ETAG: etag, DIGEST: text}, etag)
    assert set(found) <= set(digests.ALGORITHMS)


@pytest.mark.parametrize(("digest", "etag"), [({}, E1), ({"sha256": SHA}, ""), ({}, "")])
def test_half_a_proof_is_not_written(digest: dict[str, str], etag: str) -> None:
    assert metadata.made(None, digest, etag) == {}


def test_all_that_is_kept_fits_into_headers_and_their_limits() -> None:
    digest = {name: digests.of(b"", name) for name in digests.ALGORITHMS}
    kept = metadata.made(-(2**63), digest, f"{E1}-10000")
    assert all(text.isascii() and text.isprintable() for text in (*kept, *kept.values()))
    assert all(name == name.lower() for name in kept)
    assert sum(len(name) + len(value) for name, value in kept.items()) < 1024
