"""Pages of a listing in the form that most services write: read whole, or not at all."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from buckia_s3.lane.markup import MOMENT, framed, inside, numbers, shaped, texts, truths

_ANY = "[ -%'-;=?-~]"
"""Plain ASCII in which nothing is XML's."""
_ONE = re.compile(
    rf"<Contents><Key>({_ANY}+)</Key>"
    rf"<LastModified>({MOMENT})</LastModified>"
    r'<ETag>("?[0-9A-Za-z-]+"?)</ETag>'
    r"(?:<ChecksumAlgorithm>[A-Z0-9]+</ChecksumAlgorithm>)*"
    r"(?:<ChecksumType>[A-Z_]+</ChecksumType>)?"
    r"<Size>([0-9]{1,19})</Size>"
    r"(?:<StorageClass>[A-Z_]+</StorageClass>|<Type>[A-Za-z]+</Type>"
    rf"|<Owner>(?:<ID>{_ANY}*</ID>|<DisplayName>{_ANY}*</DisplayName>)*</Owner>)*"
    r"</Contents>"
)
_FIRST, _LAST = "<Contents>", "</Contents>"
_SHAPE = {
    **texts("Name", "Prefix", "Delimiter", "EncodingType", "StartAfter"),
    **texts("ContinuationToken", "NextContinuationToken"),
    **numbers("KeyCount", "MaxKeys"),
    **truths("IsTruncated"),
}
_QUOTED = ("Prefix", "StartAfter", "Delimiter")


def page(body: bytes) -> dict[str, Any] | None:
    """All that a page tells; None where a single byte of it is other than expected."""
    found = framed(body)
    if found is None or found.name != "ListBucketResult":
        return None
    text = found.text
    first = text.find(_FIRST)
    if first < 0:
        first = last = len(text)
    else:
        last = text.rfind(_LAST) + len(_LAST)
    rows = _rows(text[first:last])
    before, behind = inside(text[:first]), inside(text[last:])
    if rows is None or before is None or behind is None:
        return None
    told = shaped(before + behind, _SHAPE)
    if told is None or told.get("EncodingType") != "url":
        return None
    for name in _QUOTED:
        if name in told:
            told[name] = unquote_plus(told[name])
    if rows:
        told["Contents"] = rows
    return told


def _rows(text: str) -> list[dict[str, Any]] | None:
    if "&" in text:
        # The quotes of ETags; a row with any other mark of XML's is none of the form that is known.
        text = text.replace("&quot;", '"').replace("&#34;", '"')
    # What stands between rows, which must be nothing, and four words of each row.
    pieces = _ONE.split(text)
    if any(pieces[::5]):
        return None
    keys, changed, etags, sizes = (pieces[number::5] for number in range(1, 5))
    try:
        moments = list(map(datetime.fromisoformat, changed))
    except ValueError:
        return None
    if any("%" in key or "+" in key for key in keys):
        keys = list(map(unquote_plus, keys))
    return [
        {"Key": key, "LastModified": moment, "ETag": etag, "Size": int(size)}
        for key, moment, etag, size in zip(keys, moments, etags, sizes, strict=True)
    ]
