"""Requests to a storage zone, and the document of a status."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Self

import msgspec

from buckia.standins import wire
from buckia.standins.wire import JSON, Reply

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
KINDS = ("put", "get", "list", "describe", "delete")


class Request(wire.Request, frozen=True, kw_only=True):
    """One request; its fields are what faults want of the answer."""

    heeds_ranges: bool = True
    tells_checksums: bool = True
    dates: tuple[str, ...] = ()
    """Forms of dates to choose from; empty means those that are usual."""
    may_be_stale: bool = False
    delete_after: int | None = None
    """How many requests that look still find what this one deletes."""

    @classmethod
    def of(cls, request: wire.Request) -> Self:
        return cls(**{name: getattr(request, name) for name in request.__struct_fields__})

    @property
    def zone(self) -> str:
        return self.path[1:].partition("/")[0]

    @property
    def key(self) -> str:
        """The path below the zone; that of a folder ends with a slash, that of the root is ""."""
        return self.path[1:].partition("/")[2]

    @property
    def is_of_folder(self) -> bool:
        return self.path.endswith("/")

    @property
    def kind(self) -> str:
        """One of `KINDS`, or "other"."""
        if self.method == "GET":
            return "list" if self.is_of_folder else "get"
        kinds = {"PUT": "put", "DESCRIBE": "describe", "DELETE": "delete"}
        return kinds.get(self.method, "other")


Forward = Callable[[Request], Reply]
"""Passes a request on, to the next fault or to the zone."""


def says(status: int, message: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A status with the document that tells it."""
    text = message or _PHRASES.get(status, "Error")
    body = msgspec.json.encode({"HttpCode": status, "Message": text})
    return Reply(status=status, headers=(JSON, *headers), body=body)
