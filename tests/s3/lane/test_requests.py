"""What the lane sends is what the SDK would have sent."""

from __future__ import annotations

import hashlib
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
from buckia_s3.lane.signing import Keys, payload_of, sign
from tests.s3.lane.worlds import BUCKET, Asked, as_sent, by_sdk, connection, made

KEYS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
).filter(lambda key: key not in {".", ".."} and not key.startswith("/"))
WORDS = (
    st.text(string.ascii_letters + string.digits + " -_/;=\"'+%", min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
NAMES = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=8)
DRESS: Mapping[str, st.SearchStrategy[Any]] = {
    "CacheControl": WORDS,
    "ContentDisposition": WORDS,
    "ContentEncoding": WORDS,
    "ContentLanguage": WORDS,
    "ContentType": WORDS,
    "Metadata": st.dictionaries(NAMES, WORDS, max_size=3),
    "ServerSideEncryption": st.just("aws:kms"),
    "SSEKMSKeyId": WORDS,
    "StorageClass": st.just("STANDARD_IA"),
    "Tagging": st.just("a=b&c=d%20e"),
    "WebsiteRedirectLocation": WORDS,
}
CHECKS = {"ContentMD5": st.just("kAFQmDzST7DWlj99KOF/cg==")}
CONDITIONS = {"IfMatch": WORDS, "IfNoneMatch": st.just("*")}
BODIES = st.one_of(st.binary(max_size=9), st.binary(max_size=9).map(bytearray))
UPLOAD = {"Key": KEYS, "UploadId": WORDS}
PART = {**UPLOAD, "PartNumber": st.integers(1, 10_000)}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
ORIGIN = {"CopySource": st.fixed_dictionaries({"Bucket": st.just(BUCKET), "Key": KEYS})}
COPIED = {"CopySourceIfMatch": WORDS}


def rows(
    member: str, required: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    row = st.fixed_dictionaries(dict(required)).map(dict)
    return st.fixed_dictionaries({member: st.lists(row, min_size=1, max_size=3)})


PARTS = st.one_of(
    rows("Parts", {"PartNumber": st.integers(1, 10_000), "ETag": TEXTS}),
    rows("Parts", {"ETag": TEXTS, "PartNumber": st.integers(1, 10_000)}),
)
ARGUMENTS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "put_object": ({"Key": KEYS, "Body": BODIES}, {**DRESS, **CHECKS, **CONDITIONS}),
    "copy_object": (
        {"Key": KEYS, **ORIGIN},
        {
            **DRESS,
            **COPIED,
            **CONDITIONS,
            "MetadataDirective": st.just("REPLACE"),
            "TaggingDirective": st.just("REPLACE"),
        },
    ),
    "create_multipart_upload": ({"Key": KEYS}, dict(DRESS)),
    "upload_part": ({**PART, "Body": BODIES}, CHECKS),
    "upload_part_copy": (
        {**PART, **ORIGIN},
        {**COPIED, "CopySourceRange": st.just("bytes=0-9")},
    ),
    "complete_multipart_upload": ({**UPLOAD, "MultipartUpload": PARTS}, CONDITIONS),
    "abort_multipart_upload": (UPLOAD, {}),
    "list_multipart_uploads": ({}, {"Prefix": st.one_of(st.just(""), KEYS)}),
    "list_parts": (
        UPLOAD,
        {"PartNumberMarker": st.integers(0, 10_000), "MaxParts": st.integers(1, 1000)},
    ),
    "get_object": ({"Key": KEYS}, {"Range": st.just("bytes=1-2")}),
    "head_object": ({"Key": KEYS}, {"PartNumber": st.just(1)}),
    "head_bucket": ({}, {}),
    "delete_object": ({"Key": KEYS}, {"IfMatch": WORDS}),
    "delete_objects": ({"Delete": rows("Objects", {"Key": KEYS})}, {}),
    "get_object_tagging": ({"Key": KEYS}, {}),
    "put_object_tagging": (
        {"Key": KEYS, "Tagging": rows("TagSet", {"Key": KEYS, "Value": TEXTS})},
        {"VersionId": WORDS},
    ),
    "list_objects_v2": (
        {"Prefix": st.one_of(st.just(""), KEYS), "MaxKeys": st.integers(1, 1000)},
        {"ContinuationToken": KEYS, "StartAfter": KEYS},
    ),
}
ASKED = st.sampled_from(sorted(ARGUMENTS)).flatmap(
    lambda operation: st.tuples(
        st.just(operation),
        st.fixed_dictionaries(ARGUMENTS[operation][0], optional=ARGUMENTS[operation][1]),
    )
)

URLS = ["http://127.0.0.1:9", "https://127.0.0.1:9"]
SDKS = {url: made(url=url) for url in URLS}
WAYS = {url: connection(url, region="us-east-1") for url in URLS}


def test_all_operations_are_asked_for() -> None:
    assert ARGUMENTS.keys() == OPERATIONS.keys()


def by_lane(url: str, operation: str, arguments: Mapping[str, Any]) -> Asked:
    request = OPERATIONS[operation].request(arguments)
    assert request is not None
    lane: Any = WAYS[url]._short()
    assert isinstance(lane, Lane)
    head, body = lane._written(request, "")
    return as_sent(head, bytes(body))


@given(ASKED, st.sampled_from(URLS))
def test_the_same_request(asked: tuple[str, dict[str, Any]], url: str) -> None:
    operation, arguments = asked
    theirs = by_sdk(SDKS[url], operation, arguments)
    assert by_lane(url, operation, arguments).told() == theirs.told()


def test_a_digest_that_is_known_is_not_computed_again() -> None:
    request = OPERATIONS["put_object"].request({"Key": "a", "Body": b"bytes"})
    assert request is not None
    assert payload_of(request, is_open=True, sha256="known") == "known"
    assert payload_of(request, is_open=True) == hashlib.sha256(b"bytes").hexdigest()
    # Nor is it told where it was not asked for.
    request.headers["content-md5"] = "x"
    assert payload_of(request, is_open=False, sha256="known") == "UNSIGNED-PAYLOAD"


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
    payload = payload_of(request, is_open=is_open)
    sign(request, path, keys, "eu-west-1", "20261122T050607Z", payload=payload)
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
        {"Body": memoryview(b"x")},
    ],
    ids=" ".join,
)
def test_what_is_out_of_the_ordinary_is_for_the_sdk(arguments: dict[str, Any]) -> None:
    assert OPERATIONS["put_object"].request({"Key": "a", **arguments}) is None


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("delete_objects", {"Delete": {"Objects": []}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "a"}], "Quiet": True}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "a", "VersionId": "v"}]}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": ""}]}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "\ud800"}]}}),
        ("delete_objects", {"Delete": {"Objects": ["a"]}}),
        ("complete_multipart_upload", {"MultipartUpload": {"Parts": [{"PartNumber": 1}]}}),
        ("complete_multipart_upload", {"MultipartUpload": {}}),
        ("put_object_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": 1}]}}),
        ("put_object_tagging", {"Tagging": "a=b"}),
        ("copy_object", {"CopySource": "bucket/a"}),
        ("copy_object", {"CopySource": {"Bucket": "b", "Key": "a", "VersionId": "v"}}),
        ("copy_object", {"CopySource": {"Bucket": "arn:aws:s3:::b", "Key": "a"}}),
        ("copy_object", {"ACL": "private"}),
        ("abort_multipart_upload", {"UploadId": ["u", "v"]}),
    ],
    ids=str,
)
def test_other_documents_are_for_the_sdk(operation: str, arguments: dict[str, Any]) -> None:
    assert OPERATIONS[operation].request({"Key": "a", **arguments}) is None
