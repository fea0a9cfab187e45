"""When the fake misbehaves, and how.

    fake.faults = (
        LosesAnswer(on="put", nth=1),
        Answers(503, on="list describe", key="photos/*", nth=range(1, 4)),
    )

Each stands around those behind it and, at last, the zone: it sees a request before they do, and
the answer after them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import ClassVar

import msgspec

from buckia.standins.troubles import Trouble
from buckia.standins.wire import NO_ANSWER, STALLED, Reply
from buckia_bunny.testing.storage.asked import KINDS, Forward, Request, says
from buckia_bunny.testing.storage.listing import ODD_DATES


class Fault(Trouble[Request], frozen=True, kw_only=True):
    """For which requests it is; the classes below say what is done with them."""

    on: str = ""
    """Words among put, get, list, describe and delete; empty means all that the fault concerns."""
    key: str | None = None
    """A pattern as shells have them, but `*` stands for slashes too. It is held against the path
    below the zone, which ends with a slash for a folder and is empty for the root."""

    concerns: ClassVar[tuple[str, ...]] = KINDS

    def __post_init__(self) -> None:
        if idle := set(self.on.split()) - set(self.concerns):
            name = type(self).__name__
            raise ValueError(f"{name} makes no difference to {', '.join(sorted(idle))}")
        super().__post_init__()

    def fits(self, request: Request) -> bool:
        if request.kind not in (self.on.split() or self.concerns):
            return False
        return self.covers(request.key)

    def covers(self, key: str) -> bool:
        return self.key is None or fnmatchcase(key, self.key)


class Answers(Fault, frozen=True):
    """Answers this, and nothing is done."""

    status: int
    message: str = ""
    """Empty means the usual words of the status."""
    headers: tuple[tuple[str, str], ...] = ()
    """Such as `(("Retry-After", "5"),)`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 200 <= self.status <= 599 or self.status in (204, 304):
            raise ValueError(f"{self.status} is no status of an answer with a body")

    def __call__(self, _request: Request, _forward: Forward) -> Reply:
        return says(self.status, self.message, self.headers)


class LosesAnswer(Fault, frozen=True):
    """It is done, and the connection ends without a word."""

    def __call__(self, request: Request, forward: Forward) -> Reply:
        forward(request)
        return NO_ANSWER


class CutsRequest(Fault, frozen=True):
    """The connection ends before the request was read to its end, and nothing is done."""

    def __call__(self, _request: Request, _forward: Forward) -> Reply:
        return NO_ANSWER


class Truncates(Fault, frozen=True):
    """A download or a listing ends, with its connection, after so many bytes of all announced."""

    after: int
    concerns: ClassVar[tuple[str, ...]] = ("get", "list")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.after < 0:
            raise ValueError("nothing ends before its beginning")

    def __call__(self, request: Request, forward: Forward) -> Reply:
        reply = forward(request)
        return msgspec.structs.replace(reply, cut=self.after) if _has_content(reply) else reply


class Stalls(Fault, frozen=True):
    """Nothing is done and nothing answered; when the fake stops, the connection ends."""

    def __call__(self, _request: Request, _forward: Forward) -> Reply:
        return STALLED


class IgnoresRanges(Fault, frozen=True):
    """A download of a part brings the whole, with status 200."""

    concerns: ClassVar[tuple[str, ...]] = ("get",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return forward(msgspec.structs.replace(request, heeds_ranges=False))


class StaleListing(Fault, frozen=True):
    """After a change of a folder, its next listings show it as it was before the change.

    Changes before the fault was set do not count. Several changes are seen together, after so
    many listings since the last of them.
    """

    requests: int = 1
    concerns: ClassVar[tuple[str, ...]] = ("list",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number(self.requests)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return forward(msgspec.structs.replace(request, may_be_stale=True))


class LateDelete(Fault, frozen=True):
    """A deleted file is still there for so many requests that look, and then gone.

    Requests that look are downloads and descriptions of the file, and listings of its folder. A
    delete sent again takes effect at once, and an upload in between stays. When other faults are
    set, what is late is deleted. Folders are deleted as ever.
    """

    requests: int = 1
    concerns: ClassVar[tuple[str, ...]] = ("delete",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number(self.requests)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return forward(msgspec.structs.replace(request, delete_after=self.requests))


class NoDescribe(Fault, frozen=True):
    """DESCRIBE is refused as an unknown method."""

    concerns: ClassVar[tuple[str, ...]] = ("describe",)

    def __call__(self, _request: Request, _forward: Forward) -> Reply:
        return says(405)


class NoChecksums(Fault, frozen=True):
    """`Checksum` is null, in listings and descriptions alike unless `on` names one of them."""

    concerns: ClassVar[tuple[str, ...]] = ("list", "describe")

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return forward(msgspec.structs.replace(request, tells_checksums=False))


class OddDates(Fault, frozen=True):
    """Dates in forms that are not the usual ones, chosen from `forms` at random.

    "zulu" ends with Z and "offset" with +00:00, "seven" has seven digits behind the seconds,
    "empty" is an empty text, "null" is null.
    """

    forms: tuple[str, ...] = ODD_DATES
    concerns: ClassVar[tuple[str, ...]] = ("list", "describe")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.forms or set(self.forms) - set(ODD_DATES):
            raise ValueError(f"the odd forms of dates are {', '.join(ODD_DATES)}")

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return forward(msgspec.structs.replace(request, dates=self.forms))


class CorruptsDownload(Fault, frozen=True):
    """One byte of a download is another one; an empty download has none."""

    concerns: ClassVar[tuple[str, ...]] = ("get",)

    def __call__(self, request: Request, forward: Forward) -> Reply:
        reply = forward(request)
        if not reply.body or not _has_content(reply):
            return reply
        body = bytearray(reply.body)
        body[len(body) // 2] ^= 1
        return msgspec.structs.replace(reply, body=bytes(body))


class KeepsConnectionsBriefly(Fault, frozen=True):
    """Each connection ends after one answer, which does not say so."""

    def __call__(self, request: Request, forward: Forward) -> Reply:
        return msgspec.structs.replace(forward(request), closes=True)


def _has_content(reply: Reply) -> bool:
    return reply.status in (200, 206)


def _check_number(requests: int) -> None:
    if requests < 1:
        raise ValueError("it takes at least one request")
