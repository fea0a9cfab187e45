"""Objects, as far as the API knows them: listings, addresses, and who may read one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from buckia_linode.testing.answers import Refused, not_found
from buckia_linode.testing.backend import Acl, Backend, Bucket, Link, Method, StoredObject
from buckia_linode.testing.buckets import Buckets, acl_xml, moment
from buckia_linode.testing.calls import Call, Row

SHORTEST = 360
LONGEST = 3600


class _NewUrl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    method: Method
    content_type: str | None = None
    expires_in: int = LONGEST


class _NewAcl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    acl: Acl


class Objects:
    """The objects of an account's buckets."""

    def __init__(self, buckets: Buckets, backend: Backend) -> None:
        self._buckets = buckets
        self._backend = backend

    def listed(self, call: Call) -> Row:
        call.has_only("marker", "delimiter", "prefix", "page_size")
        bucket = self._buckets.meant(call)
        size = call.page_size()
        rows = list(_rows(self._backend.objects(bucket), call))
        is_truncated = len(rows) > size
        return {
            "data": rows[:size],
            "is_truncated": is_truncated,
            "next_marker": rows[size - 1]["name"] if is_truncated else None,
        }

    def linked(self, call: Call) -> Row:
        bucket = self._buckets.meant(call)
        wish = call.wish(_NewUrl)
        if not wish.name:
            raise Refused(400, "name is required", "name")
        if wish.content_type is None and wish.method not in ("GET", "DELETE"):
            raise Refused(400, f"content_type is required to {wish.method}", "content_type")
        if not SHORTEST <= wish.expires_in <= LONGEST:
            raise Refused(400, f"Must be from {SHORTEST} to {LONGEST}", "expires_in")
        link = Link(
            bucket=bucket,
            name=wish.name,
            method=wish.method,
            content_type=wish.content_type,
            expires=wish.expires_in,
        )
        return {"exists": self._has(bucket, wish.name), "url": self._backend.url(link)}

    def acl(self, call: Call) -> Row:
        call.has_only("name")
        bucket = self._buckets.meant(call)
        acl = self._backend.acl(bucket, self._there(bucket, call.query.get("name", "")))
        return {"acl": acl, "acl_xml": acl_xml(acl)}

    def acl_set(self, call: Call) -> Row:
        bucket = self._buckets.meant(call)
        wish = call.wish(_NewAcl)
        self._backend.set_acl(bucket, self._there(bucket, wish.name), wish.acl)
        return {}

    def _there(self, bucket: Bucket, name: str) -> str:
        if not name:
            raise Refused(400, "name is required", "name")
        if not self._has(bucket, name):
            raise not_found()
        return name

    def _has(self, bucket: Bucket, name: str) -> bool:
        return any(one.name == name for one in self._backend.objects(bucket))


def _rows(objects: Sequence[StoredObject], call: Call) -> Iterator[Row]:
    """Objects and common beginnings behind the marker, in the order of their names."""
    prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
    last = marker = call.query.get("marker", "")
    for one in objects:
        if one.name <= marker or not one.name.startswith(prefix):
            continue
        head, found, _ = one.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if not found:
            yield {
                "name": one.name,
                "etag": one.etag,
                "last_modified": moment(one.modified),
                "owner": one.owner,
                "size": one.size,
            }
        elif (group := f"{prefix}{head}{found}") != last:
            last = group
            blank = dict.fromkeys(("etag", "last_modified", "owner", "size"))
            yield {"name": group, **blank}
