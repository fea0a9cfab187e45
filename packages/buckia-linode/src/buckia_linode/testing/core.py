"""The API: which request is what, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from threading import Lock
from typing import NamedTuple

import msgspec

from buckia.standins.wire import Reply, Request
from buckia_linode.testing.answers import Refused, not_found, told
from buckia_linode.testing.backend import Backend
from buckia_linode.testing.buckets import Buckets
from buckia_linode.testing.calls import Call, Row
from buckia_linode.testing.endpoints import Endpoints
from buckia_linode.testing.keys import Keys
from buckia_linode.testing.objects import Objects
from buckia_linode.testing.quotas import Quotas

CANCEL = re.compile(r"/v4(?:beta)?/object-storage/cancel")
_ABOVE = re.compile(r"/v4(?:beta)?/object-storage(/.+)")
_BUCKET = r"/buckets/([^/]+)/([^/]+)"
_KEY = r"/keys/([0-9]{1,18})"
_FILTERS = frozenset({"region", "endpoint_type", "s3_endpoint"})
_LISTS = re.compile(r"/endpoints|/buckets(/[^/]+)?|/keys|/quotas")

Answer = Callable[[Call], Row]


class Route(NamedTuple):
    """What becomes of a request."""

    answer: Answer
    words: tuple[str, ...]
    """What stood in the path for its variables."""


class Core:
    """Answers requests of whoever may make them, one after the other.

    Parameters, fields and filters that the API does not have, or the fake does not know, are
    refused: the service may well overlook them, but nobody sends them on purpose.
    """

    def __init__(self, endpoints: Endpoints, buckets: Buckets, backend: Backend) -> None:
        self.transfer = 0
        self._endpoints = endpoints
        self._lock = Lock()
        keys, objects = Keys(endpoints, buckets, backend), Objects(buckets, backend)
        quotas = Quotas(endpoints, buckets, backend)
        routes: dict[str, Mapping[str, Answer]] = {
            r"/endpoints": {"GET": self._listed},
            r"/buckets": {"GET": buckets.listed, "POST": buckets.made},
            r"/buckets/([^/]+)": {"GET": buckets.listed_there},
            _BUCKET: {"GET": buckets.shown, "DELETE": buckets.removed},
            rf"{_BUCKET}/access": {
                "GET": buckets.access,
                "POST": buckets.access_set,
                "PUT": buckets.access_set,
            },
            rf"{_BUCKET}/object-list": {"GET": objects.listed},
            rf"{_BUCKET}/object-url": {"POST": objects.linked},
            rf"{_BUCKET}/object-acl": {"GET": objects.acl, "PUT": objects.acl_set},
            r"/keys": {"GET": keys.listed, "POST": keys.made},
            _KEY: {"GET": keys.shown, "PUT": keys.changed, "DELETE": keys.revoked},
            r"/quotas": {"GET": quotas.listed},
            r"/quotas/([^/]+)": {"GET": quotas.shown},
            r"/quotas/([^/]+)/usage": {"GET": quotas.usage},
            r"/transfer": {"GET": self._transferred},
            r"/cancel": {"POST": _refuse_to_cancel},
        }
        self._routes = [(re.compile(path), answers) for path, answers in routes.items()]

    def __call__(self, request: Request) -> Reply:
        try:
            route = self._route(request)
            call = Call.of(request, route.words)
            with self._lock:
                return told(route.answer(call))
        except Refused as refused:
            return refused.reply

    def _route(self, request: Request) -> Route:
        above = _ABOVE.fullmatch(request.path) if request.is_sound else None
        for path, answers in self._routes if above else ():
            if above and (found := path.fullmatch(above[1])):
                if answer := answers.get(request.method):
                    return Route(answer, found.groups())
                raise Refused(405, "Method Not Allowed")
        raise not_found()

    def _listed(self, call: Call) -> Row:
        rows = [msgspec.structs.asdict(one) for one in self._endpoints.all()]
        return call.page(rows, _FILTERS)

    def _transferred(self, call: Call) -> Row:
        call.has_only()
        return {"used": self.transfer}


def lists(request: Request) -> bool:
    """Whether it asks for a page of a collection, of which there may be fewer."""
    above = _ABOVE.fullmatch(request.path)
    return bool(above and request.method == "GET" and _LISTS.fullmatch(above[1]))


def _refuse_to_cancel(_call: Call) -> Row:
    raise Refused(400, "It would end the service for the whole account; nobody may ask for that.")
