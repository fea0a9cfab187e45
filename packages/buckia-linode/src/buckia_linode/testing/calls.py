"""A request as the parts of the API get it, and pages of what they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

import msgspec

from buckia.standins.wire import Request
from buckia_linode.testing.answers import Refused, understood

SMALLEST_PAGE = 25
LARGEST_PAGE = 500
USUAL_PAGE = 100
T = TypeVar("T")
Row = dict[str, Any]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request; each part of it can be asked for, and what nobody asks for is refused."""

    words: tuple[str, ...]
    """What stood in the path where the address has variables."""
    query: Mapping[str, str]
    filter: str | None
    body: bytes

    @classmethod
    def of(cls, request: Request, words: tuple[str, ...]) -> Self:
        return cls(
            words=words,
            query=request.query,
            filter=request.headers.get("x-filter"),
            body=request.body.read(),
        )

    def has_only(self, *names: str, filter: bool = False, body: bool = False) -> None:  # noqa: A002 - it is the header's name
        """The service may well overlook the rest, but nobody sends that on purpose."""
        for name in sorted(self.query.keys() - set(names)):
            raise Refused(400, "The fake does not know this parameter.", name)
        if self.filter is not None and not filter:
            raise Refused(400, "Nothing can be filtered here.", "X-Filter")
        if self.body and not body:
            raise Refused(400, "There is no body to this request.")

    def wish(self, kind: type[T]) -> T:
        self.has_only(body=True)
        return understood(self.body, kind)

    def number(self, name: str, usual: int, smallest: int, largest: int | None = None) -> int:
        given = self.query.get(name, str(usual))
        # More digits than any number has that is meant would take long to read.
        if not (given.isascii() and given.isdecimal() and len(given) < 10):
            raise Refused(400, "It is a number.", name)
        found = int(given)
        if found < smallest or (largest is not None and found > largest):
            raise Refused(400, f"Must be from {smallest} to {largest or 'the last'}", name)
        return found

    def page_size(self) -> int:
        return self.number("page_size", USUAL_PAGE, SMALLEST_PAGE, LARGEST_PAGE)

    def page(self, rows: Sequence[Row], filters: frozenset[str]) -> Row:
        """The page that is asked for, of the rows that fit the filter."""
        self.has_only("page", "page_size", filter=True)
        found = [row for row in rows if _fits(row, self._filter(filters))]
        size, number = self.page_size(), self.number("page", 1, 1)
        pages = max(-(-len(found) // size), 1)
        if number > pages:
            raise Refused(404, "Not found")
        return {
            "data": found[(number - 1) * size : number * size],
            "page": number,
            "pages": pages,
            "results": len(found),
        }

    def _filter(self, known: frozenset[str]) -> list[tuple[str, str]]:
        if self.filter is None:
            return []
        try:
            found = msgspec.json.decode(self.filter, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise Refused(400, "The filter is no JSON object.", "X-Filter") from error
        return list(_wanted(found, known))


def _wanted(found: Mapping[str, Any], known: frozenset[str]) -> list[tuple[str, str]]:
    """What has to be equal to what."""
    wanted: list[tuple[str, str]] = []
    for name, value in found.items():
        if name == "+and" and isinstance(value, list):
            for one in value:
                if not isinstance(one, dict):
                    raise Refused(400, "A part of the filter is no object.", "X-Filter")
                wanted += _wanted(one, known)
        elif name in known and isinstance(value, str):
            wanted.append((name, value))
        else:
            raise Refused(400, f"The fake does not know how to filter by {name}.", "X-Filter")
    return wanted


def _fits(row: Row, wanted: list[tuple[str, str]]) -> bool:
    return all(row[name] == value for name, value in wanted)
