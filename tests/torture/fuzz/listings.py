"""What a bucket answers when it is asked what it holds, of S3 and of Bunny, made wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError, fromstring

from hypothesis import strategies as st

from buckia.errors import StorageError
from buckia.model import BasicEntry
from buckia.protocols import Storage
from buckia.standins import Reply, Request
from tests.torture.fuzz.canned import Canned, bunny_store, s3_store, service
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.mutations import json_of, xml_of
from tests.torture.fuzz.watching import ended, in_time

LARGEST = 2**63 - 1
ENOUGH = 50
"""Requests for one listing, of which there are pages for three."""
_ROW = (
    "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
    "<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
_LIST = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>canned</Name><Prefix/>'
    "<KeyCount>{count}</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
    "<IsTruncated>{more}</IsTruncated>{rows}{token}</ListBucketResult>"
)


def s3_page(keys: Sequence[str], token: str = "") -> str:
    """A sound page; with a token another one follows."""
    rows = "".join(_ROW.format(key=key, etag="0" * 32, size=3) for key in keys)
    told = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    more = "true" if token else "false"
    return _LIST.format(count=len(keys), more=more, rows=rows, token=told)


def bunny_row(name: str, *, folder: bool = False, path: str | None = None) -> dict[str, Any]:
    return {
        "Guid": f"guid-{name}",
        "StorageZoneName": "canned",
        "Path": path,
        "ObjectName": name,
        "Length": 0 if folder else 3,
        "LastChanged": "2026-01-02T03:04:05.678",
        "ServerId": 0,
        "IsDirectory": folder,
        "Checksum": None if folder else "AB" * 32,
        "ContentType": "",
    }


S3_PAGES = (s3_page([]), s3_page(["a", "b/c", "d"]), s3_page(["a", "b"], "t1"), s3_page(["e"]))
BUNNY_PAGES: Sequence[Any] = (
    [bunny_row("a", path="/canned/"), bunny_row("b"), bunny_row("d", folder=True)],
    [bunny_row("c", path="/canned/d/")],
    [],
)


class Pages(NamedTuple):
    """What is answered to one request after the other; the last one to all that follow."""

    bodies: list[bytes]
    headers: tuple[tuple[str, str], ...]


_headers = st.sampled_from(
    [(), (), (), (), (), (), (("Content-Encoding", "gzip"),), (("Content-Type", "text/html"),)]
)
_s3_body = xml_of(S3_PAGES, ("t1", "k0")) | st.sampled_from([page.encode() for page in S3_PAGES])
s3_pages = st.builds(Pages, st.lists(_s3_body, min_size=1, max_size=3), _headers)
bunny_pages = st.builds(Pages, st.lists(json_of(BUNNY_PAGES), min_size=1, max_size=3), _headers)


class Endless(Exception):
    """The listing goes on and on, and nobody notices."""


def _serve(server: Canned, pages: Pages) -> list[bytes]:
    """Answer with these pages; what was answered is noted."""
    served: list[bytes] = []

    def answer(_request: Request) -> Reply:
        body = pages.bodies[min(len(served), len(pages.bodies) - 1)]
        served.append(body)
        return Reply(status=200, body=body, headers=pages.headers)

    server.answer = answer
    return served


def _listed(store: Storage, served: list[bytes], most: int = ENOUGH) -> list[BasicEntry]:
    found: list[BasicEntry] = []
    for page in store.scan():
        found += page  # type: ignore[arg-type] # all of these stores give the stock entry
        if len(served) > most:
            raise Endless
    for entry in found:
        _is_sound(entry)
    for one, other in pairwise(found):
        assert one.key < other.key, f"{other.key!r} comes behind {one.key!r}"
    return found


def _is_sound(entry: BasicEntry) -> None:
    assert type(entry.key) is str, entry
    assert type(entry.version) is str, entry
    assert entry.version, entry
    assert type(entry.size) is int, entry
    assert 0 <= entry.size <= LARGEST, entry
    if entry.changed is not None:
        # Whoever shows it does this.
        entry.changed.astimezone(UTC)
    for name, value in {**entry.digests, **entry.hints}.items():
        assert name, entry
        assert type(value) is str, entry


def play_s3(place: Path, pages: Pages) -> str:
    server = service()
    served = _serve(server, pages)
    with in_time(), s3_store(place) as store:
        try:
            found = {entry.key for entry in _listed(store, served)}
        except StorageError as error:
            return ended(error)
    for body in served:
        keys, _ = _read_plainly(body)
        assert keys <= found, f"left out: {keys - found} of {body!r}"
    assert not _read_plainly(served[-1])[1], f"more was said to follow: {served[-1]!r}"
    return "a whole listing" if found else "an empty listing"


def _read_plainly(body: bytes) -> tuple[set[str], bool]:
    """The keys on a page as anybody would read them, and whether it says that more follow."""
    try:
        root = fromstring(body)
    except ParseError:
        raise AssertionError(f"taken for a listing: {body!r}") from None
    texts = [_text(row, "Key") for row in root if _name(row) == "Contents"]
    decoded = "url" in {one.text for one in root if _name(one) == "EncodingType"}
    keys = {unquote_plus(text) if decoded else text for text in texts if text is not None}
    wants = {(one.text or "").strip().lower() for one in root if _name(one) == "IsTruncated"}
    return keys, bool(wants & {"true", "1"})


def _name(one: Element) -> str:
    return one.tag.rpartition("}")[2]


def _text(row: Element, name: str) -> str | None:
    return next((one.text or "" for one in row if _name(one) == name), None)


def play_bunny(place: Path, pages: Pages) -> str:
    server = service()
    served = _serve(server, pages)
    with in_time(), bunny_store(place) as store:
        try:
            found = {entry.key for entry in _listed(store, served)}
        except (StorageError, Endless) as error:
            # The folders of such a zone hold themselves, without end; so many keys are new.
            return ended(error) if isinstance(error, StorageError) else "went on and on"
    if len(pages.bodies) == 1:
        # Of several it is not known which was taken; those that are none are asked for again.
        rows = json.loads(pages.bodies[0])
        files = {row["ObjectName"] for row in rows if not row.get("IsDirectory")}
        assert len(files) <= len({key for key in found if "/" not in key}), f"left out of {rows}"
    return "a whole listing" if found else "an empty listing"


S3_LISTINGS = Kind("s3 listings", s3_pages, play_s3, short=100)
BUNNY_LISTINGS = Kind("bunny listings", bunny_pages, play_bunny, short=25)
