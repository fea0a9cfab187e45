"""Which operation a request is, by what S3 tells it by: method, path and query."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

OTHER = "Other"
"""All that a storage of files does not ask for: policies, tags, locks and the like."""
Table = Mapping[str, Mapping[str, str]]
"""By method, then by a word in the query, of which the empty one stands for none."""

_BUCKETS: Table = {
    "GET": {
        "list-type": "ListObjectsV2",
        "uploads": "ListMultipartUploads",
        "versions": "ListObjectVersions",
        "location": "GetBucketLocation",
        "versioning": "GetBucketVersioning",
        "": "ListObjects",
    },
    "HEAD": {"": "HeadBucket"},
    "PUT": {"versioning": "PutBucketVersioning", "": "CreateBucket"},
    "DELETE": {"": "DeleteBucket"},
    "POST": {"delete": "DeleteObjects"},
}
_OBJECTS: Table = {
    "GET": {"uploadId": "ListParts", "attributes": "GetObjectAttributes", "": "GetObject"},
    "HEAD": {"": "HeadObject"},
    "PUT": {"uploadId": "UploadPart", "": "PutObject"},
    "DELETE": {"uploadId": "AbortMultipartUpload", "": "DeleteObject"},
    "POST": {"uploads": "CreateMultipartUpload", "uploadId": "CompleteMultipartUpload"},
}
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
_ELSEWHERE = (
    "accelerate acl analytics annotation cors encryption intelligent-tiering inventory legal-hold"
    " lifecycle logging metrics notification object-lock ownershipControls policy policyStatus"
    " publicAccessBlock renameObject replication requestPayment restore retention select session"
    " tagging torrent website"
)
"""Words in a query that make it something else."""


def _names(*tables: Table) -> Iterator[str]:
    for table in tables:
        for row in table.values():
            yield from row.values()


OPERATIONS = frozenset({"ListBuckets", OTHER, *_COPIES.values(), *_names(_BUCKETS, _OBJECTS)})


def operation_of(
    method: str, bucket: str, key: str, query: Collection[str], *, copies: bool
) -> str:
    """One of `OPERATIONS`; `query` are its words, `copies` says that a header names a source."""
    if not bucket:
        return "ListBuckets" if method == "GET" else OTHER
    if not set(_ELSEWHERE.split()).isdisjoint(query):
        return OTHER
    row = (_OBJECTS if key else _BUCKETS).get(method, {})
    for word, name in row.items():
        if not word or word in query:
            return _COPIES.get(name, name) if copies else name
    return OTHER
