"""What the lane makes of an answer is what the SDK would have made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from buckia_s3.lane.answers import is_good, told
from buckia_s3.lane.pages import page
from tests.s3.lane.worlds import read_by_sdk as by_sdk

Headers = Sequence[tuple[str, str]]
WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=9)
DATE = st.sampled_from(
    ["Sun, 22 Nov 2026 05:06:07 GMT", "Mon, 29 Feb 2100 05:06:07 GMT", "Sun, 22 Nov 2026", "0", "x"]
)
VALUES: Mapping[str, st.SearchStrategy[str]] = {
    "accept-ranges": st.just("bytes"),
    "cache-control": WORD,
    "content-disposition": WORD,
    "content-encoding": WORD,
    "content-language": WORD,
    "content-length": st.sampled_from(["0", "3", "99999999999", "+3", "1_0", "x"]),
    "content-range": st.just("bytes 1-3/9"),
    "content-type": WORD,
    "date": DATE,
    "etag": WORD,
    "expires": DATE,
    "last-modified": DATE,
    "server": WORD,
    "x-amz-content-sha256": WORD,
    "x-amz-sdk-checksum-algorithm": WORD,
    "x-amz-delete-marker": st.sampled_from(["true", "false", "True"]),
    "x-amz-meta-buckia-etag": WORD,
    "x-amz-meta-mtime": WORD,
    "x-amz-missing-meta": st.sampled_from(["1", "x"]),
    "x-amz-mp-parts-count": st.sampled_from(["1", "-1"]),
    "x-amz-object-lock-mode": WORD,
    "x-amz-request-id": WORD,
    "x-amz-server-side-encryption": WORD,
    "x-amz-server-side-encryption-aws-kms-key-id": WORD,
    "x-amz-server-side-encryption-customer-algorithm": WORD,
    "x-amz-storage-class": WORD,
    "x-amz-tagging-count": st.sampled_from(["0", "12"]),
    "x-amz-version-id": WORD,
}
HEADERS = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name])),
    max_size=8,
)


@given(HEADERS)
def test_heads(headers: Headers) -> None:
    found = told(200, headers)
    if found is None:
        return
    theirs = by_sdk("head_object", 200, headers, Key="a")
    assert found["ResponseMetadata"]["HTTPHeaders"] == theirs.pop("ResponseMetadata")["HTTPHeaders"]
    mine = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    assert mine == {"Metadata": {}, **theirs}


def test_usual_heads_are_read_here() -> None:
    usual = [
        ("content-length", "3"),
        ("etag", '"e"'),
        ("last-modified", "Sun, 22 Nov 2026 05:06:07 GMT"),
        ("x-amz-meta-mtime", "1.5"),
        ("x-amz-request-id", "tx1"),
        ("x-amz-id-2", "abc"),
        ("date", "Sun, 22 Nov 2026 05:06:07 GMT"),
    ]
    assert told(200, usual) is not None


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("put_object", 204),
        ("delete_object", 200),
        ("head_object", 206),
        ("get_object", 304),
        ("abort_multipart_upload", 200),
        ("copy_object", 201),
    ],
)
def test_only_the_very_word_is_a_yes(operation: str, status: int) -> None:
    assert not is_good(operation, status)


ROW = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-22T05:06:07.000Z</LastModified>"
    "<ETag>{etag}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)


def listing(rows: str, more: str = "<IsTruncated>false</IsTruncated>") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>bucket</Name><Prefix/><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>"
        f"<EncodingType>url</EncodingType>{more}{rows}</ListBucketResult>"
    )


KEY = st.text(st.sampled_from("ab/%+ .&;<>é20F"), min_size=1, max_size=6)
ETAG = st.sampled_from(["&quot;e1&quot;", '"e2-3"', "&#34;e&#34;", "bare", "", "&amp;"])
SIZE = st.sampled_from(["0", "17", "99999999999", "-1", "x", ""])
ROWS = st.lists(
    st.builds(
        lambda *given: ROW.format(**dict(zip(("key", "etag", "size"), given, strict=True))),
        KEY,
        ETAG,
        SIZE,
    ),
    max_size=3,
).map("".join)
MORE = st.lists(
    st.sampled_from(
        [
            "<IsTruncated>false</IsTruncated>",
            "<IsTruncated>true</IsTruncated>",
            "<IsTruncated>TRUE</IsTruncated>",
            "<NextContinuationToken>a%20b</NextContinuationToken>",
            "<ContinuationToken/>",
            "<StartAfter>a%2Fb+c</StartAfter>",
            "<Prefix>x</Prefix>",
            "<CommonPrefixes><Prefix>x</Prefix></CommonPrefixes>",
            "<Other>x</Other>",
            "\n  ",
        ]
    ),
    max_size=3,
).map("".join)
NOISE = st.one_of(st.just(""), st.sampled_from(["<", "&", "</Contents>", "<!-- -->", "x", "\x00"]))


@given(ROWS, MORE, NOISE, st.integers(0, 900))
def test_pages(rows: str, more: str, noise: str, at: int) -> None:
    text = listing(rows, more)
    place = at % len(text)
    body = (text[:place] + noise + text[place:]).encode()
    found = page(body)
    if found is None:
        return
    theirs = by_sdk("list_objects_v2", 200, [], body)
    theirs.pop("ResponseMetadata")
    for row in theirs.get("Contents", ()):
        row.pop("StorageClass", None)
    assert found == theirs


@pytest.mark.parametrize(
    "text",
    [
        listing(""),
        listing(ROW.format(key="a%20b", etag="&quot;e&quot;", size=3)),
        listing("".join(ROW.format(key=key, etag='"e"', size=3) for key in "abc")),
    ],
    ids=["empty", "one", "three"],
)
def test_usual_pages_are_read_here(text: str) -> None:
    assert page(text.encode()) is not None


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_of_another_form_is_not_left_out(at: int) -> None:
    rows = [ROW.format(key=key, etag='"e"', size=3) for key in "abc"]
    rows[at] = rows[at].replace("<Size>", "<Other>x</Other><Size>")
    assert page(listing("".join(rows)).encode()) is None


@pytest.mark.parametrize("cut", [1, 10, 30, 100, 300])
def test_a_page_that_was_cut_is_none(cut: int) -> None:
    text = listing("".join(ROW.format(key=key, etag='"e"', size=3) for key in "abc"))
    assert page(text.encode()[:-cut]) is None


def test_an_error_in_a_yes_is_an_error() -> None:
    body = b"<Error><Code>InternalError</Code><Message>m</Message></Error>"
    assert page(body) is None
    with pytest.raises(ClientError, match="InternalError"):
        by_sdk("list_objects_v2", 200, [], body)
