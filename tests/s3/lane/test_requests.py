"""What the lane sends is what the SDK would have sent."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from buckia_s3.lane.lane import Lane
from buckia_s3.lane.requests import OPERATIONS, Request
from buckia_s3.lane.signing import Keys, sign
from tests.s3.lane.worlds import Asked, as_sent, by_sdk, connection, made

KEYS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
).filter(lambda key: key not in {".", ".."} and not key.startswith("/"))
WORDS = (
    st.text(string.ascii_letters + string.digits + " -_/;=\"'+%", min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
NAMES = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=8)
OPTIONAL: Mapping[str, st.SearchStrategy[Any]] = {
    "CacheControl": WORDS,
    "ContentDisposition": WORDS,
    "ContentType": WORDS,
    "ContentMD5": st.just("kAFQmDzST7DWlj99KOF/cg=="),
    "IfMatch": WORDS,
    "IfNoneMatch": st.just("*"),
    "Metadata": st.dictionaries(NAMES, WORDS, max_size=3),
    "StorageClass": st.just("STANDARD_IA"),
    "Tagging": st.just("a=b&c=d%20e"),
}
ASKED = st.one_of(
    st.tuples(
        st.just("put_object"),
        st.fixed_dictionaries(
            {"Key": KEYS, "Body": st.binary(max_size=9)}, optional=dict(OPTIONAL)
        ),
    ),
    st.tuples(
        st.just("upload_part"),
        st.fixed_dictionaries(
            {
                "Key": KEYS,
                "Body": st.binary(max_size=9),
                "UploadId": WORDS,
                "PartNumber": st.integers(1, 10_000),
            }
        ),
    ),
    st.tuples(
        st.just("get_object"),
        st.fixed_dictionaries({"Key": KEYS}, optional={"Range": st.just("bytes=1-2")}),
    ),
    st.tuples(st.just("head_object"), st.fixed_dictionaries({"Key": KEYS})),
    st.tuples(
        st.just("delete_object"), st.fixed_dictionaries({"Key": KEYS}, optional={"IfMatch": WORDS})
    ),
    st.tuples(
        st.just("list_objects_v2"),
        st.fixed_dictionaries(
            {"Prefix": st.one_of(st.just(""), KEYS), "MaxKeys": st.integers(1, 1000)},
            optional={"ContinuationToken": KEYS, "StartAfter": KEYS},
        ),
    ),
)

ONE = made()
WAY = connection("http://127.0.0.1:9")


def by_lane(operation: str, arguments: Mapping[str, Any]) -> Asked:
    request = OPERATIONS[operation].request(arguments)
    assert request is not None
    lane: Any = WAY._short()
    assert isinstance(lane, Lane)
    return as_sent(*lane._written(request))


@given(ASKED)
def test_the_same_request(asked: tuple[str, dict[str, Any]]) -> None:
    operation, arguments = asked
    assert by_lane(operation, arguments).told() == by_sdk(ONE, operation, arguments).told()


@given(ASKED, st.booleans(), st.booleans())
def test_the_same_signature(
    asked: tuple[str, dict[str, Any]], has_token: bool, is_open: bool
) -> None:
    operation, arguments = asked
    request = OPERATIONS[operation].request(arguments)
    assert request is not None
    request.headers["host"] = "h.example.com"
    path = "/bucket" + request.path
    keys = Keys("AK", "SK", "T" if has_token else None)
    sign(request, path, keys, "eu-west-1", "20261122T050607Z", is_open=is_open)
    assert request.headers["authorization"] == _by_sdk(request, path, keys)


def _by_sdk(request: Request, path: str, keys: Keys) -> str:
    """The signature of the very same lines."""
    scheme = "http" if request.headers["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD" else "https"
    query = "&".join(f"{name}={value}" for name, value in request.query)
    url = f"{scheme}://h.example.com{path}" + (f"?{query}" if query else "")
    headers = {n: v for n, v in request.headers.items() if n not in {"authorization", "host"}}
    theirs = AWSRequest(request.method, url, headers, request.body)
    theirs.context["timestamp"] = request.headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials(*keys), "s3", "eu-west-1")
    payload = request.headers["x-amz-content-sha256"]
    signer.payload = lambda _request: payload  # type: ignore[assignment]  # another test's
    canonical = signer.canonical_request(theirs)
    words = signer.string_to_sign(theirs, canonical)
    signature = signer.signature(words, theirs)
    names = signer.signed_headers(signer.headers_to_sign(theirs))
    scope = signer.credential_scope(theirs)
    return (
        f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"Expires": 5},
        {"ContentType": "a\nb"},
        {"ContentType": "ä"},
        {"ContentType": " a"},
        {"ContentType": ""},
        {"Metadata": {"Upper": "x"}},
        {"Metadata": {"a b": "x"}},
        {"Metadata": {"a": ""}},
        {"Body": bytearray(b"x")},
    ],
    ids=str,
)
def test_what_is_out_of_the_ordinary_is_for_the_sdk(arguments: dict[str, Any]) -> None:
    assert OPERATIONS["put_object"].request({"Key": "a", **arguments}) is None
