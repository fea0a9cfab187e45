"""Figures by time: what was delivered, and what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Self

from buckia_bunny.testing.account.pullzones import Delivery
from buckia_bunny.testing.storage.server import FakeBunny

USUAL_DAYS = timedelta(days=30)


class Span(NamedTuple):
    """Whole days, the last one included."""

    first: date
    last: date

    @classmethod
    def asked(cls, query: Mapping[str, str], now: float) -> Self:
        """`dateFrom` and `dateTo`, or the last days; `ValueError` for what is no date."""
        today = _moment(now).date()
        last = _day(query["dateTo"]) if "dateTo" in query else today
        first = _day(query["dateFrom"]) if "dateFrom" in query else last - USUAL_DAYS
        if first > last:
            raise ValueError("dateFrom is later than dateTo")
        return cls(first, last)

    def covers(self, moment: float) -> bool:
        return self.first <= _moment(moment).date() <= self.last


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _moment(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def _label(moment: float, *, hourly: bool) -> str:
    found = _moment(moment)
    hour = time(found.hour if hourly else 0)
    return datetime.combine(found, hour).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(fake: FakeBunny, span: Span, now: float) -> dict[str, Any]:
    """What is in a storage zone today; of other days the fake knows nothing."""
    files = fake.tree.files()
    days = [_label(now, hourly=False)] if span.covers(now) else []
    return {
        "StorageUsedChart": dict.fromkeys(days, sum(map(len, files.values()))),
        "FileCountChart": dict.fromkeys(days, len(files)),
    }


def delivered(
    deliveries: Iterable[Delivery], span: Span, wanted: Sequence[str], *, hourly: bool
) -> dict[str, Any]:
    """What an edge delivered; charts whose `load...` is not in `wanted` are null.

    The storage zone answers at once, for it is in memory: in 0 ms.
    """
    found = [one for one in deliveries if span.covers(one.moment)]
    sizes, requests, kept, fetched = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for one in found:
        label = _label(one.moment, hourly=hourly)
        sizes[label] += one.size
        requests[label] += 1
        kept[label] += one.was_kept
        fetched[label] += 0 if one.was_kept else one.size
    rates = {label: 100 * kept[label] / requests[label] for label in requests}
    charts = {
        "BandwidthUsedChart": ("loadBandwidthUsed", sizes),
        "RequestsServedChart": ("loadRequestsServed", requests),
        "CacheHitRateChart": ("loadRequestsServed", rates),
        "OriginTrafficChart": ("loadOriginTraffic", fetched),
        "OriginResponseTimeChart": ("loadOriginResponseTimes", dict.fromkeys(requests, 0)),
        "GeoTrafficDistribution": (
            "loadGeographicTrafficDistribution",
            {"EU: Falkenstein, DE": sizes.total()},
        ),
    }
    totals = {
        "TotalBandwidthUsed": sizes.total(),
        "TotalOriginTraffic": fetched.total(),
        "TotalRequestsServed": requests.total(),
        "AverageOriginResponseTime": 0,
        "CacheHitRate": 100 * kept.total() / len(found) if found else 0.0,
    }
    return totals | {name: one if load in wanted else None for name, (load, one) in charts.items()}
