"""Whether a listing goes on: in words that the SDK's reading would take for the end of it."""

from __future__ import annotations

import re
from typing import Any

from botocore.parsers import ResponseParserError

_SAID = re.compile(rb"(<(?:[\w.-]+:)?IsTruncated(?:\s[^>]*)?>)([^<]*)")
_NO = frozenset({b"", b"0", b"false"})


def read_plainly(response_dict: dict[str, Any], **_more: Any) -> None:
    """Before a page is read: whatever does not say no says yes, in the one word that is known.

    A page that ends too early would make all other keys seem to be deleted.
    """
    body: bytes = response_dict["body"]
    said = _SAID.findall(body)
    if len(said) > 1:
        raise ResponseParserError("it says more than once whether it goes on")
    if said and said[0][1] not in {b"true", b"false"}:
        word = b"false" if said[0][1].strip().lower() in _NO else b"true"
        response_dict["body"] = _SAID.sub(rb"\g<1>" + word, body)
