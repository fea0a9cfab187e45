"""Pages of a listing in the form that most services write: read whole, or not at all."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

_ANY = rb"[ -%'-;=?-~]"
"""Plain ASCII in which nothing is XML's."""
_HEAD = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'] encoding=["'](?i:utf-8)["'](?: standalone="yes")?\?>\s*)?"""
    rb"""<ListBucketResult(?: xmlns="[!#-%'-;=?-~]*")?>"""
)
_ONE = re.compile(
    rb"<Contents><Key>(%b+)</Key>"
    rb"<LastModified>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)</LastModified>"
    rb"<ETag>((?:&quot;|&#34;|\")?[0-9A-Za-z-]+(?:&quot;|&#34;|\")?)</ETag>"
    rb"(?:<ChecksumAlgorithm>[A-Z0-9]+</ChecksumAlgorithm>)*"
    rb"(?:<ChecksumType>[A-Z_]+</ChecksumType>)?"
    rb"<Size>(\d{1,19})</Size>"
    rb"(?:<StorageClass>[A-Z_]+</StorageClass>|<Type>[A-Za-z]+</Type>"
    rb"|<Owner>(?:<ID>%b*</ID>|<DisplayName>%b*</DisplayName>)*</Owner>)*"
    rb"</Contents>" % (_ANY, _ANY, _ANY)
)
_WORD = re.compile(rb"<([A-Z][A-Za-z]*)>(%b*)</\1>|<([A-Z][A-Za-z]*)/>" % _ANY)
_TAIL = b"</ListBucketResult>"
_BLANK = b" \t\r\n"
_CONTENTS = b"<Contents>"

_TEXTS = frozenset(
    {"Name", "Prefix", "Delimiter", "EncodingType", "StartAfter"}
    | {"ContinuationToken", "NextContinuationToken"}
)
_NUMBERS = frozenset({"KeyCount", "MaxKeys"})
_QUOTED = ("Prefix", "StartAfter", "Delimiter")
_TRUTH = {"true": True, "false": False}


def page(body: bytes) -> dict[str, Any] | None:
    """All that a page tells; None where a single byte of it is other than expected."""
    body = body.strip(_BLANK)
    head = _HEAD.match(body)
    if head is None or not body.endswith(_TAIL):
        return None
    first = body.find(_CONTENTS, head.end())
    if first < 0:
        rows, rest = [], body[head.end() : -len(_TAIL)]
    else:
        last = body.rfind(b"</Contents>") + len(b"</Contents>")
        if (found := _rows(body, first, last)) is None:
            return None
        rows, rest = found, body[head.end() : first] + body[last : -len(_TAIL)]
    told = _words(rest)
    if told is None or told.get("EncodingType") != "url":
        return None
    for name in _QUOTED:
        if name in told:
            told[name] = unquote_plus(told[name])
    if rows:
        told["Contents"] = rows
    return told


def _rows(body: bytes, at: int, end: int) -> list[dict[str, Any]] | None:
    rows = []
    for one in _ONE.finditer(body, at, end):
        if one.start() != at:
            return None
        at = one.end()
        key, changed, etag, size = one.groups()
        try:
            moment = datetime.fromisoformat(changed.decode())
        except ValueError:
            return None
        text = etag.decode()
        if "&" in text:
            text = text.replace("&quot;", '"').replace("&#34;", '"')
        rows.append(
            {
                "Key": unquote_plus(key.decode()),
                "LastModified": moment,
                "ETag": text,
                "Size": int(size),
            }
        )
    return rows if at == end else None


def _words(rest: bytes) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    at = 0
    for one in _WORD.finditer(rest):
        if rest[at : one.start()].strip(_BLANK):
            return None
        at = one.end()
        name, text = (one[1] or one[3]).decode(), (one[2] or b"").decode()
        if name in found:
            return None
        if name in _TEXTS:
            found[name] = text
        elif name in _NUMBERS and text.isdigit():
            found[name] = int(text)
        elif name == "IsTruncated" and text in _TRUTH:
            found[name] = _TRUTH[text]
        else:
            return None
    return None if rest[at:].strip(_BLANK) else found
