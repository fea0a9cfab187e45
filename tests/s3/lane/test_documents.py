"""What the lane makes of documents in answers is what the SDK would have made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from buckia_s3.lane.answers import told
from buckia_s3.lane.documents import has_document, read
from buckia_s3.lane.requests import OPERATIONS
from tests.s3.lane.worlds import NEEDED, read_by_sdk

XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
WORDS = "Words"
"""Stands in a document for any text."""
WHOSE = "<Owner><ID>7</ID><DisplayName>w</DisplayName></Owner><Initiator><ID>8</ID></Initiator>"
BEGUN = "<Initiated>2026-11-22T05:06:07.123Z</Initiated><StorageClass>STANDARD</StorageClass>"
MARKED = "<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>v</DeleteMarkerVersionId>"
TAG = "<Tag><Key>Words</Key><Value>Words</Value></Tag>"
MADE = "<LastModified>2026-11-22T05:06:07.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
DOCUMENTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "create_multipart_upload": (
        "InitiateMultipartUploadResult",
        ["<Bucket>b</Bucket>", "<Key>Words</Key>", "<UploadId>Words</UploadId>"],
    ),
    "complete_multipart_upload": (
        "CompleteMultipartUploadResult",
        [
            "<Location>http://h/b/Words</Location>",
            "<Bucket>b</Bucket>",
            "<Key>Words</Key>",
            "<ETag>&quot;e-2&quot;</ETag>",
            "<ChecksumCRC64NVME>Words</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>",
        ],
    ),
    "copy_object": ("CopyObjectResult", [MADE, "<ChecksumType>FULL_OBJECT</ChecksumType>"]),
    "upload_part_copy": ("CopyPartResult", [MADE, "<ChecksumCRC32>Words</ChecksumCRC32>"]),
    "delete_objects": (
        "DeleteResult",
        [
            "<Deleted><Key>Words</Key></Deleted>",
            f"<Deleted><Key>b</Key>{MARKED}</Deleted>",
            "<Error><Key>Words</Key><Code>AccessDenied</Code><Message>Words</Message></Error>",
            "<Error><Key>d</Key><VersionId/><Code>Words</Code></Error>",
        ],
    ),
    "get_object_tagging": (
        "Tagging",
        [
            f"<TagSet>{TAG}{TAG}<Tag><Key>k</Key><Value/></Tag></TagSet>",
            "<TagSet/>",
            "<TagSet></TagSet>",
        ],
    ),
    "list_multipart_uploads": (
        "ListMultipartUploadsResult",
        [
            "<Bucket>b</Bucket><KeyMarker/><UploadIdMarker></UploadIdMarker>",
            "<Prefix>Words</Prefix><MaxUploads>1000</MaxUploads>",
            "<IsTruncated>false</IsTruncated>",
            f"<Upload><Key>Words</Key><UploadId>Words</UploadId>{BEGUN}{WHOSE}</Upload>",
            "<Upload><Key>b</Key></Upload>",
            "<CommonPrefixes><Prefix>x</Prefix></CommonPrefixes>",
        ],
    ),
    "list_parts": (
        "ListPartsResult",
        [
            "<Bucket>b</Bucket><Key>Words</Key><UploadId>u</UploadId>",
            WHOSE,
            "<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker>",
            "<IsTruncated>true</IsTruncated>",
            f"<Part><PartNumber>1</PartNumber>{MADE}<Size>5</Size></Part>",
            f"<Part><PartNumber>2</PartNumber>{MADE}<Size>-5</Size></Part>",
        ],
    ),
}
TEXTS = st.text(st.sampled_from("ab é\u4e2d\U0001f600\t%\u0085\u2028]>"), max_size=4).flatmap(
    lambda text: st.sampled_from(
        [
            text,
            f"{text}&amp;",
            f"&#xD;{text}",
            f"&lt;{text}&#34;",
            f"{text}&nbsp;",
            f"<!--{text}-->",
        ]
    )
)
HEADS = st.sampled_from(
    [
        "",
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        "<?xml version='1.0' encoding='utf-8'?>",
        '<?xml version="1.0"?>\n\n   ',
        ' <?xml version="1.0"?>',
        '<?xml version="1.0" encoding="latin-1"?>',
        "\ufeff",
        "   ",
    ]
)
BETWEEN = st.sampled_from(["", "", "\n  ", "x", "<Other>x</Other>", "<!-- x -->"])
NOISE = st.sampled_from(["", "", "", "<", "&", "</Key>", "<Key>", "\x00", '"', "\x0b", "/", "é"])


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, bytes]:
    operation = draw(st.sampled_from(sorted(DOCUMENTS)))
    root, pieces = DOCUMENTS[operation]
    chosen = draw(st.lists(st.sampled_from(pieces), max_size=5, unique=draw(st.booleans())))
    inner = draw(BETWEEN).join(chosen)
    while WORDS in inner:
        inner = inner.replace(WORDS, draw(TEXTS), 1)
    xmlns = draw(st.sampled_from([XMLNS, "", ' a="b"', ' xmlns="http://www.w3.org/2000/xmlns/"']))
    name = draw(st.sampled_from([root, root, root, "Error"]))
    text = f"{draw(HEADS)}<{name}{xmlns}>{inner}</{name}>{draw(st.sampled_from(['', chr(10)]))}"
    at = draw(st.integers(0, len(text)))
    return operation, (text[:at] + draw(NOISE) + text[at:]).encode()


HEADERS = st.lists(
    st.sampled_from(
        [
            ("content-type", "application/xml"),
            ("content-length", "7"),
            ("etag", '"x"'),
            ("last-modified", "Sun, 22 Nov 2026 05:06:07 GMT"),
            ("x-amz-meta-a", "b"),
            ("x-amz-request-id", "r"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
            ("x-amz-version-id", "v"),
        ]
    ),
    unique=True,
)


@given(answers(), HEADERS)
def test_documents(asked: tuple[str, bytes], headers: list[tuple[str, str]]) -> None:
    operation, body = asked
    head = told(200, headers)
    assert head is not None
    found = read(operation, head, body)
    if found is None:
        return
    theirs = read_by_sdk(operation, 200, headers, body, **NEEDED[operation])
    mine = found.pop("ResponseMetadata")
    assert mine["HTTPHeaders"] == theirs.pop("ResponseMetadata")["HTTPHeaders"]
    if "VersionId" not in found:
        # Not every release of the SDK tells it of all of them, and nobody asks.
        theirs.pop("VersionId", None)
    assert found == theirs


def test_all_that_may_stand_in_answers_is_tried() -> None:
    assert {one for one in OPERATIONS if has_document(one)} == DOCUMENTS.keys()


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_usual_documents_are_read_here(operation: str) -> None:
    root, pieces = DOCUMENTS[operation]
    usual = [one for one in pieces if "CommonPrefixes" not in one and "-5<" not in one]
    inner = "".join(usual[:1] if operation == "get_object_tagging" else usual)
    inner = inner.replace(WORDS, "a&amp;b/ä")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{XMLNS}>{inner}</{root}>'
    head = told(200, [("x-amz-request-id", "r")])
    assert head is not None
    assert read(operation, head, text.encode()) is not None


@pytest.mark.parametrize("operation", ["copy_object", "complete_multipart_upload"])
def test_an_error_in_a_yes_is_for_the_sdk(operation: str) -> None:
    body = b"<Error><Code>InternalError</Code><Message>m</Message></Error>"
    head: Any = told(200, [])
    assert read(operation, head, body) is None
    with pytest.raises(ClientError, match="InternalError"):
        read_by_sdk(operation, 200, [], body, **NEEDED[operation])
