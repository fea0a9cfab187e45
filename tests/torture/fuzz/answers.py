"""Every other answer of S3: what is told of objects, headers above all, and documents of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from buckia.body import BytesBody
from buckia.errors import StorageError
from buckia.protocols import ABSENT
from buckia_s3.store import S3Store
from tests.torture.fuzz.canned import Headers, s3_store, says, service
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.listings import _is_sound
from tests.torture.fuzz.mutations import ODD_WORDS, xml_of
from tests.torture.fuzz.watching import SECRET, ended, in_time

_BODY = BytesBody(data=b"abc")


def _whole(store: S3Store) -> None:
    with store.read("k") as reading:
        _is_sound(reading.entry)  # type: ignore[arg-type] # it is the stock entry
        data = reading.read()
        assert len(data) < 1 << 22


OPERATIONS: Mapping[str, Callable[[S3Store], Any]] = {
    "stat": lambda store: store.stat("k"),
    "read": _whole,
    "read a range": lambda store: store.read_range("k", 1, 2).read(),
    "write": lambda store: store.write("k", _BODY),
    "write if absent": lambda store: store.write_if("k", _BODY, expect=ABSENT),
    "write over": lambda store: store.write_if("k", _BODY, expect="0" * 32),
    "delete": lambda store: store.delete("k"),
    "delete if": lambda store: store.delete_if("k", expect="0" * 32),
    "delete many": lambda store: dict(store.delete_many(["k", "l"])),
    "copy": lambda store: store.copy("k", "l", source_version="0" * 32),
    "probe": lambda store: list(store.probe("", anew=True)),
}


DOCUMENTS = (
    "<Error><Code>AccessDenied</Code><Message>no</Message><Resource>/k</Resource></Error>",
    "<Error><Code>NoSuchKey</Code><Message>none</Message><Key>k</Key></Error>",
    "<Error><Code>PermanentRedirect</Code><Endpoint>e</Endpoint><Region>r</Region></Error>",
    "<Error><Code>SlowDown</Code><Message>later</Message></Error>",
    """<CopyObjectResult><LastModified>2026-01-02T03:04:05Z</LastModified><ETag>"0"</ETag>
    </CopyObjectResult>""",
    """<DeleteResult><Deleted><Key>k</Key></Deleted><Error><Key>l</Key><Code>X</Code>
    <Message>m</Message></Error></DeleteResult>""",
)
STATUSES = (200, 200, 204, 206, 301, 304, 307, 400, 403, 404, 409, 412, 416, 429, 500, 501, 503)
NAMES = (
    *("ETag", "Last-Modified", "Content-Range", "Content-Encoding", "Content-Type", "Retry-After"),
    *("Expires", "x-amz-meta-mtime", "x-amz-meta-buckia-digest", "x-amz-meta-buckia-etag"),
    *("x-amz-server-side-encryption", "x-amz-checksum-sha256", "x-amz-mp-parts-count"),
    *("x-amz-bucket-region", "x-amz-missing-meta", "x-amz-tagging-count", "x-amz-delete-marker"),
    *("x-amz-restore", "x-amz-expiration", "x-amz-storage-class", "Location", "x-amz-version-id"),
)
VALUES = (
    *('"00000000000000000000000000000000"', '"0-1"', '"0-99999"', f'"{"0" * 32}-3"', 'W/"x"'),
    *("sha256:" + "0" * 64, "sha256:zz md5:", "md5:" + "0" * 32, "0" * 32, "1.5", "-1.000000001"),
    *(
        "bytes 1-2/3",
        "bytes 1-2/*",
        "bytes 2-1/0",
        "gzip",
        "aws:kms",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ),
    *(
        SECRET,
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 32 Foo 99999 00:00:00 GMT",
        "\xff\xfe",
        "x" * 4000,
        "1" * 2500,
    ),
)


def _one_line(text: str) -> bool:
    """A header can hold it."""
    return text.isprintable() and all(ord(letter) < 256 for letter in text)


_values = st.sampled_from([word for word in (*VALUES, *ODD_WORDS) if _one_line(word)])
_headers = st.lists(st.tuples(st.sampled_from(NAMES), _values), max_size=5).map(tuple)
_plain: Headers = (("ETag", f'"{"0" * 32}"'),)


class Answer(NamedTuple):
    operation: str
    status: int
    headers: Headers
    body: bytes


_bodies = xml_of(DOCUMENTS, (SECRET,)) | st.sampled_from([b"", b"abc", b"abcdef", b"\x1f\x8b\x08x"])
answers = st.builds(
    Answer,
    st.sampled_from(list(OPERATIONS)),
    st.sampled_from(STATUSES),
    st.builds(lambda more, told: (*told, *more), _headers, st.sampled_from([_plain, ()])),
    _bodies,
)


_GONE = b"<Code>NoSuchKey</Code>"


def play(place: Path, given: Answer) -> str:
    service().answer = says(given.body, given.status, given.headers)
    with in_time(), s3_store(place) as store:
        try:
            found = OPERATIONS[given.operation](store)
        except StorageError as error:
            return ended(error)
    if given.operation in {"stat", "write", "write if absent", "write over", "copy"}:
        _is_sound(found)
    if given.operation.startswith(("write", "delete", "copy")):
        assert given.status < 300 or found or _is_gone(given), f"{given.status} was taken for a yes"
    return "taken for an answer"


def _is_gone(given: Answer) -> bool:
    """Whether it says plainly that what is to be deleted is not there."""
    is_about = given.operation in {"delete", "delete if"}
    return is_about and given.status == HTTPStatus.NOT_FOUND and _GONE in given.body


ANSWERS = Kind("s3 answers", answers, play, short=100)
