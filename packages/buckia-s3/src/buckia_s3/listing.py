"""The keys of a bucket, page by page, in order and complete, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from buckia.errors import Unavailable
from buckia.model import BasicEntry
from buckia.protocols import Entry
from buckia_s3 import checks, etags
from buckia_s3.connection import Connection

PAGE = 1000
_MOST_EMPTY = 1000
"""Pages one after the other; some services have a few where much was deleted."""
_WORDS = ("Prefix", "ContinuationToken", "NextContinuationToken")


def pages(
    connection: Connection, prefix: str, after: str = "", until: str = ""
) -> Iterator[Sequence[Entry]]:
    """Pages of entries whose keys begin with the prefix, behind and up to these keys."""
    last: str | None = after or None
    token: str | None = None
    # An empty page may be followed by another, as long as that is not one that was there already.
    tokens: set[str] = set()
    while True:
        arguments = {"ContinuationToken": token} if token else {}
        if after and not token:
            arguments["StartAfter"] = after
        answer = connection.call("list_objects_v2", Prefix=prefix, MaxKeys=PAGE, **arguments)
        if not answer.keys() & {"IsTruncated", "KeyCount", "Name"}:
            # Some page of a stranger's, which would pass for an empty bucket.
            raise _odd(connection, "the answer is no listing")
        _insist_on_words(connection, answer)
        _insist_on_this(connection, answer, prefix, token)
        try:
            page = [_entry(row) for row in answer.get("Contents", ())]
        except KeyError as error:
            raise _odd(connection, f"a line of it has no {error}, or none that can be") from error
        _insist_on_order(connection, last, page)
        if page:
            tokens.clear()
            last = page[-1].key
            if until and last >= until:
                if wanted := [entry for entry in page if entry.key <= until]:
                    yield wanted
                return
            yield page
        if not (answer.get("IsTruncated") or answer.get("NextContinuationToken")):
            # Whoever says where it goes on has more, in whatever words it says that there is more.
            return
        token = _following(connection, answer, tokens)
        tokens.add(token)


def _insist_on_words(connection: Connection, answer: Mapping[str, Any]) -> None:
    """What stands twice on a page comes as both of them, and nobody knows which is meant."""
    for name in _WORDS:
        if not isinstance(answer.get(name, ""), str):
            raise _odd(connection, f"it has more than one {name}")


def _insist_on_this(
    connection: Connection, answer: Mapping[str, Any], prefix: str, token: str | None
) -> None:
    """A page of another listing, or another page, would pass for keys that are gone.

    Services repeat what they were asked; where one does not, nothing can be told by it.
    """
    told = answer.get("Prefix")
    if told is not None and _plain(told) != _plain(prefix):
        raise _odd(connection, f"it is that of {told!r}, and {prefix!r} was asked for")
    page = answer.get("ContinuationToken")
    if page and _plain(page) != _plain(token or ""):
        raise _odd(connection, "another page came than the one that was asked for")


def _plain(repeated: str) -> str:
    """Some services write it as it stands in the address, and others do where it should not be."""
    return unquote_plus(repeated)


def _following(connection: Connection, answer: Mapping[str, Any], known: set[str]) -> str:
    """Where the next page is, after others with nothing on them to which these tokens led."""
    token: str | None = answer.get("NextContinuationToken")
    if not token or token in known:
        raise _odd(connection, "it says that more follows, and not where")
    if len(known) > _MOST_EMPTY:
        raise _odd(connection, "it has pages without end, and nothing on them")
    return token


def _entry(row: Mapping[str, Any]) -> BasicEntry:
    key, size, etag = row["Key"], row["Size"], etags.of(row)
    if not etag:
        # Without one nobody could tell whether the object has changed.
        raise KeyError("ETag")
    if not isinstance(key, str):
        # What stands twice in a line comes as both of them.
        raise KeyError("Key")
    if not checks.is_size(size):
        raise KeyError("Size")
    return BasicEntry(
        key=key,
        size=size,
        version=etag,
        changed=checks.moment(row.get("LastModified")),
        hints=etags.hints(etag, size),
    )


def _insist_on_order(connection: Connection, last: str | None, page: Sequence[BasicEntry]) -> None:
    """A key out of its place may hide others; what is compared key by key must be in order."""
    for entry in page:
        if last is not None and entry.key <= last:
            raise _odd(connection, f"{entry.key!r} comes after {last!r}")
        last = entry.key


def _odd(connection: Connection, why: str) -> Unavailable:
    where = connection.where
    return Unavailable(f"the listing of {where.bucket} at {where.endpoint} is not sound: {why}")
