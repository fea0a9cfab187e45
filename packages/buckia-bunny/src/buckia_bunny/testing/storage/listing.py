"""How entries are described: the items of listings, and dates in several forms."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock

import msgspec

from buckia.standins.wire import JSON, Reply
from buckia_bunny.testing.storage.asked import Request
from buckia_bunny.testing.storage.tree import Entry

ODD_DATES = ("zulu", "offset", "seven", "empty", "null")
_NOBODY = "00000000-0000-0000-0000-000000000000"


def number_of(zone: str) -> int:
    """The zone's number; it follows from the name, of which there is one in the whole service."""
    return zlib.crc32(zone.encode())


def in_form(moment: datetime, form: str) -> str | None:
    """A date: "0", "2", "3" and "seven" are numbers of digits behind the seconds."""
    seconds = moment.strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{moment.microsecond:06}"
    forms = {
        "0": seconds,
        "2": f"{seconds}.{digits[:2]}",
        "3": f"{seconds}.{digits[:3]}",
        "zulu": f"{seconds}.{digits[:3]}Z",
        "offset": f"{seconds}.{digits[:3]}+00:00",
        "seven": f"{seconds}.{digits}0",
        "empty": "",
        "null": None,
    }
    return forms[form]


def usual_forms(moment: datetime) -> tuple[str, ...]:
    """Those that lose nothing, so that a date is the same moment in every listing."""
    thousandths = moment.microsecond // 1000
    two = () if thousandths % 10 else ("2",)
    none = () if thousandths else ("0",)
    return ("3", *two, *none)


class Describer:
    """Describes the entries of one zone; the same seed makes the same choices."""

    def __init__(self, zone: str, seed: int = 0) -> None:
        self._zone = zone
        self._random = random.Random(seed)  # noqa: S311 - shuffles listings, makes no secrets
        self._lock = Lock()

    def listing(self, entries: Iterable[Entry], request: Request) -> Reply:
        """An array of items in no order."""
        shuffled = list(entries)
        with self._lock:
            self._random.shuffle(shuffled)
            items = [self._item(entry, request) for entry in shuffled]
        return Reply(status=200, headers=(JSON,), body=msgspec.json.encode(items))

    def description(self, entry: Entry, request: Request) -> Reply:
        """One item."""
        with self._lock:
            item = self._item(entry, request)
        return Reply(status=200, headers=(JSON,), body=msgspec.json.encode(item))

    def _item(self, entry: Entry, request: Request) -> dict[str, object]:
        folder = f"{entry.folder}/" if entry.folder else ""
        return {
            "Guid": entry.guid,
            "StorageZoneName": self._zone,
            "Path": f"/{self._zone}/{folder}",
            "ObjectName": entry.name,
            "Length": len(entry.data),
            "LastChanged": self._date(entry.changed, request.dates),
            "DateCreated": self._date(entry.created, request.dates),
            "IsDirectory": entry.is_folder,
            "ServerId": self._random.randrange(1000),
            "ArrayNumber": self._random.randrange(10),
            "StorageZoneId": number_of(self._zone),
            "UserId": _NOBODY,
            "ContentType": "",
            "Checksum": entry.sha256 if request.tells_checksums else None,
            "ReplicatedZones": self._random.choice((None, "", "SE,NY")),
        }

    def _date(self, moment: datetime, forms: Sequence[str]) -> str | None:
        return in_form(moment, self._random.choice(forms or usual_forms(moment)))
