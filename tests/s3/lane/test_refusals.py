"""What the lane raises for a refusal is what the SDK would have raised."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from buckia_s3.lane.refusals import refusal
from buckia_s3.lane.requests import OPERATIONS
from tests.s3.lane.worlds import NEEDED, read_by_sdk

CODES = st.sampled_from(
    [
        *("NoSuchKey", "NoSuchBucket", "NoSuchUpload", "PreconditionFailed", "AccessDenied"),
        *("SlowDown", "InternalError", "RequestTimeout", "BadDigest", "InvalidObjectState"),
        *("AuthorizationHeaderMalformed", "PermanentRedirect", "ExpiredToken", "TooManyParts"),
        *("InvalidRequest", "Odd &amp; even", "", " ", "400", "304"),
    ]
)
PIECES = st.sampled_from(
    [
        "<Message>m</Message>",
        "<Message>a &quot;b&quot; \u00e4 &#39;</Message>",
        "<Message/>",
        "<Message></Message>",
        "<Region>eu-west-3</Region>",
        "<RequestId>r</RequestId><HostId>h</HostId>",
        "<RequestID>r</RequestID>",
        "<Key>a/b</Key><BucketName>bucket</BucketName>",
        "<Resource>/bucket/a</Resource>",
        "<StorageClass>GLACIER</StorageClass>",
        "<IsTruncated>0</IsTruncated>",
        "<ETag>e</ETag>",
        "<Details><Code>x</Code></Details>",
        "<Error>x</Error>",
        "<Type>Sender</Type>",
        "\n  ",
        "x",
        "<!-- -->",
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["none", "page", "other", *["document"] * 9]))
    if kind == "none":
        return b""
    if kind == "page":
        return draw(st.sampled_from([b"<html><body>x</body></html>", b"<!DOCTYPE html>", b"no"]))
    head = draw(st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>\n', "  "]))
    root = "Error" if kind == "document" else "ErrorResponse"
    xmlns = draw(st.sampled_from(["", "", "", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"']))
    pieces = "".join(draw(st.lists(PIECES, max_size=4)))
    code = draw(st.sampled_from(["<Code>{}</Code>"] * 5 + [""])).format(draw(CODES))
    text = f"{head}<{root}{xmlns}>{code}{pieces}</{root}>"
    at = draw(st.integers(0, len(text)))
    noise = draw(st.sampled_from(["", "", "", "<", "&", "\x00", "\u00e9"]))
    return (text[:at] + noise + text[at:]).encode()


HEADERS = st.lists(
    st.sampled_from(
        [
            ("content-type", "application/xml"),
            ("content-length", "7"),
            ("date", "Sun, 22 Nov 2026 05:06:07 GMT"),
            ("retry-after", "3"),
            ("x-amz-bucket-region", "eu-west-3"),
            ("x-amz-delete-marker", "true"),
            ("x-amz-id-2", "h"),
            ("x-amz-request-id", "r"),
            ("x-amz-request-id", "again"),
            ("x-amzn-requestid", "n"),
        ]
    ),
    max_size=5,
)
STATUSES = st.one_of(
    st.sampled_from([400, 401, 403, 404, 409, 412, 416, 418, 429, 500, 503]), st.integers(300, 620)
)


def test_all_operations_are_refused() -> None:
    assert NEEDED.keys() == OPERATIONS.keys()


@given(st.sampled_from(sorted(NEEDED)), STATUSES, HEADERS, bodies())
def test_refusals(operation: str, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    if OPERATIONS[operation].method == "HEAD":
        body = b""
    found = refusal(operation, status, headers, body)
    if found is None:
        return
    with pytest.raises(ClientError) as theirs:
        read_by_sdk(operation, status, headers, body, **NEEDED[operation])
    assert found.response == theirs.value.response
    assert found.operation_name == theirs.value.operation_name
    assert str(found) == str(theirs.value)


@pytest.mark.parametrize("status", [200, 204, 206, 300, 301, 304, 307, 308, 600])
def test_what_is_no_refusal_or_says_where_else_to_look_is_for_the_sdk(status: int) -> None:
    assert refusal("get_object", status, [], b"") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Error><Code>NoSuchKey</Code><Message>It is not there.</Message><Key>a</Key></Error>",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message/></Error>',
        "<Error><Code>NoSuchKey</Code><Message/><Key>\u00e4 &amp; b</Key></Error>".encode(),
    ],
)
def test_usual_refusals_are_understood_here(body: bytes) -> None:
    assert refusal("get_object", 404, [("x-amz-request-id", "r")], body) is not None
