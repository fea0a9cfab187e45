"""What the APIs of Linode and of a Bunny account answer, and Bunny of single files, made wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from buckia.body import BytesBody
from buckia.errors import StorageError
from buckia_bunny.cdn.api import CoreApi
from buckia_bunny.store import BunnyStore
from buckia_linode.api.client import LinodeApi
from buckia_linode.api.models import Grant
from tests.torture.fuzz.answers import STATUSES
from tests.torture.fuzz.canned import bunny_store, says, service
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.listings import _is_sound, bunny_row
from tests.torture.fuzz.mutations import json_of
from tests.torture.fuzz.watching import SECRET, ended, in_time

_BODY = BytesBody(data=b"abc")
LINODE: Mapping[str, Callable[[LinodeApi], Any]] = {
    "endpoints": lambda api: api.endpoints(),
    "buckets": lambda api: api.buckets(),
    "bucket": lambda api: api.bucket("r", "b"),
    "create bucket": lambda api: api.create_bucket("r", "b"),
    "access": lambda api: api.access("r", "b"),
    "object url": lambda api: api.object_url("r", "b", "k", seconds=60),
    "keys": lambda api: api.keys(),
    "create key": lambda api: api.create_key(
        "k", [Grant(bucket_name="b", region="r", permissions="read_only")]
    ),
    "transfer": lambda api: api.transfer(),
    "quotas": lambda api: api.quotas(),
    "usage": lambda api: api.usage("q"),
}
ACCOUNT: Mapping[str, Callable[[CoreApi], Any]] = {
    "storage zones": lambda api: api.storage_zones(),
    "storage zone": lambda api: api.storage_zone(1),
    "pull zones": lambda api: api.pull_zones("x"),
    "pull zone": lambda api: api.pull_zone(1),
    "purge": lambda api: api.purge_url("http://x/*", exact=False),
    "statistics": lambda api: api.statistics(1),
    "storage statistics": lambda api: api.storage_statistics(1),
    "regions": lambda api: api.regions(),
}
FILE: Mapping[str, Callable[[BunnyStore], Any]] = {
    "stat": lambda store: store.stat("d/a"),
    "read": lambda store: store.read("d/a").read(),
    "read a range": lambda store: store.read_range("d/a", 1, 1).read(),
    "write": lambda store: store.write("d/a", _BODY),
    "delete": lambda store: store.delete("d/a"),
}
_ENDPOINT = {"region": "us-ord", "endpoint_type": "E1", "s3_endpoint": "us-ord-1.linodeobjects.com"}
_BUCKET = {
    **_ENDPOINT,
    "label": "b",
    "hostname": "b.us-ord-1.linodeobjects.com",
    "created": "2026",
    "objects": 1,
    "size": 5,
}
_KEY = {
    "id": 1,
    "label": "k",
    "access_key": "A",
    "secret_key": SECRET,
    "limited": True,
    "bucket_access": [{"bucket_name": "b", "region": "r", "permissions": "read_only"}],
    "regions": [{"id": "r", "s3_endpoint": "e"}],
}
_ZONE = {
    "Id": 1,
    "Name": "z",
    "Password": SECRET,
    "StorageHostname": "h",
    "Deleted": False,
    "PullZones": [],
    "Hostnames": [{"Value": "z.b-cdn.net", "ForceSSL": True}],
    "ZoneSecurityEnabled": True,
    "ZoneSecurityKey": SECRET,
}
LINODE_SAYS: Sequence[Any] = (
    {"data": [_BUCKET], "page": 1, "pages": 1, "results": 1},
    {"data": [_ENDPOINT], "page": 1, "pages": 2, "results": 2},
    {"data": [_KEY], "page": 1, "pages": 1, "results": 1},
    *(_BUCKET, _KEY),
    {"url": "http://x", "exists": True},
    {"used": 5, "quota_limit": 7, "usage": 1, "acl": "private", "cors_enabled": True},
    {"errors": [{"reason": f"no {SECRET}", "field": "label"}]},
)
ACCOUNT_SAYS: Sequence[Any] = (
    *(_ZONE, [_ZONE]),
    {"Items": [_ZONE], "HasMoreItems": False, "TotalItems": 1, "CurrentPage": 0},
    {"TotalBandwidthUsed": 1, "BandwidthUsedChart": {"2026-01-02T00:00:00Z": 5}},
    {"ErrorKey": "x", "Field": "f", "Message": f"no {SECRET}"},
)
FILE_SAYS: Sequence[Any] = (
    *(bunny_row("a"), bunny_row("a"), [bunny_row("a")]),
    {"HttpCode": 400, "Message": "Unable to process request"},
)


class Answer(NamedTuple):
    whose: str
    operation: int
    status: int
    body: bytes


def _answers(whose: str, operations: int, says: Sequence[Any]) -> st.SearchStrategy[Answer]:
    return st.builds(
        Answer,
        st.just(whose),
        st.integers(0, operations - 1),
        st.sampled_from((*[200] * 10, 201, 201, *STATUSES)),
        json_of(says, (SECRET,)),
    )


answers = (
    _answers("linode", len(LINODE), LINODE_SAYS)
    | _answers("account", len(ACCOUNT), ACCOUNT_SAYS)
    | _answers("file", len(FILE), FILE_SAYS)
)
_made: dict[str, Any] = {}


def _linode() -> LinodeApi:
    return LinodeApi(SECRET, address=service().endpoint, timeout=10.0)


def _account() -> CoreApi:
    return CoreApi(SECRET, endpoint=service().endpoint, timeout=10.0)


def play(place: Path, given: Answer) -> str:
    service().answer = says(given.body, given.status)
    with in_time(), bunny_store(place) as store:
        subject: Any = store
        table: Mapping[str, Callable[[Any], Any]] = FILE
        if given.whose == "linode":
            subject, table = _made.setdefault("linode", _linode()), LINODE
        if given.whose == "account":
            subject, table = _made.setdefault("account", _account()), ACCOUNT
        name = list(table)[given.operation]
        try:
            found = table[name](subject)
        except StorageError as error:
            # Only the client of a zone or an account that repeats its key is not told of it here:
            # what is shown goes through the veil of the client around all stores.
            return ended(error)
    # What is found is shown through that veil, too.
    assert SECRET not in repr(subject)
    if name == "stat":
        _is_sound(found)
    return "taken for an answer"


APIS = Kind("json answers", answers, play, short=80)
