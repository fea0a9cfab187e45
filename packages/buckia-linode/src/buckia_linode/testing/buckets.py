"""Buckets: making, telling and removing them, and who may read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from buckia_linode.testing.answers import Refused, not_found
from buckia_linode.testing.backend import Acl, Backend, Bucket, NotEmpty, Taken
from buckia_linode.testing.calls import Call, Row
from buckia_linode.testing.endpoints import Endpoint, Endpoints, EndpointType

LABEL = re.compile(
    r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*", re.ASCII
)
NO_CORS = "CORS not allowed for this endpoint; Could not set bucket CORS"
_FILTERS = frozenset({"label", "region"})


class _NewBucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: str
    region: str
    acl: Acl = "private"
    cors_enabled: bool | None = None
    endpoint_type: EndpointType | None = None
    s3_endpoint: str | None = None


class _NewAccess(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not said stays as it is."""

    acl: Acl | None = None
    cors_enabled: bool | None = None


class Buckets:
    """The buckets of an account. Its callers see to it that only one asks at a time."""

    def __init__(self, endpoints: Endpoints, backend: Backend, clock: Callable[[], float]) -> None:
        self.limit = 1000
        """Of one endpoint."""
        self._endpoints = endpoints
        self._backend = backend
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def all(self) -> list[Bucket]:
        """In the order in which they were made."""
        return list(self._buckets.values())

    def at(self, endpoint: Endpoint) -> list[Bucket]:
        return [one for one in self.all() if one.endpoint == endpoint]

    def find(self, region: str, label: str) -> Bucket | None:
        """The one of this name; of a region, or by the older name of its place."""
        for one in self._buckets.values():
            if one.label == label and region in (one.endpoint.region, one.endpoint.cluster):
                return one
        return None

    def meant(self, call: Call) -> Bucket:
        """The one that the path of a request is about."""
        region, label = call.words
        if found := self.find(region, label):
            return found
        raise not_found()

    def listed(self, call: Call) -> Row:
        return call.page([self._told(one) for one in self.all()], _FILTERS)

    def listed_there(self, call: Call) -> Row:
        [region] = call.words
        if not self._endpoints.of(region):
            raise not_found()
        found = [one for one in self.all() if one.endpoint.region == region]
        return call.page([self._told(one) for one in found], _FILTERS)

    def shown(self, call: Call) -> Row:
        call.has_only()
        return self._told(self.meant(call))

    def made(self, call: Call) -> Row:
        wish = call.wish(_NewBucket)
        _has_sound_label(wish.label)
        candidates = self._candidates(wish)
        if there := self._buckets.get((wish.region, wish.label)):
            if there.endpoint not in candidates:
                words = "You have a bucket of this name in this region at another endpoint"
                raise Refused(400, words, "label")
            return self._told(there)
        endpoint = candidates[0]
        if wish.cors_enabled is not None and not endpoint.knows_cors:
            raise Refused(400, NO_CORS, "cors_enabled")
        if len(self.at(endpoint)) >= self.limit:
            raise Refused(400, "You have as many buckets at this endpoint as you may")
        return self._told(self._make(wish, endpoint))

    def removed(self, call: Call) -> Row:
        call.has_only()
        bucket = self.meant(call)
        try:
            self._backend.remove_bucket(bucket)
        except NotEmpty as error:
            raise Refused(400, "The bucket is not empty") from error
        del self._buckets[bucket.endpoint.region, bucket.label]
        return {}

    def access(self, call: Call) -> Row:
        call.has_only()
        bucket = self.meant(call)
        acl = self._backend.acl(bucket, None)
        told: Row = {"acl": acl, "acl_xml": acl_xml(acl), "cors_enabled": None, "cors_xml": None}
        if bucket.endpoint.knows_cors:
            enabled = self._backend.has_cors(bucket)
            told |= {"cors_enabled": enabled, "cors_xml": _CORS if enabled else ""}
        return told

    def access_set(self, call: Call) -> Row:
        bucket = self.meant(call)
        wish = call.wish(_NewAccess)
        if wish.cors_enabled is not None:
            if not bucket.endpoint.knows_cors:
                raise Refused(400, NO_CORS, "cors_enabled")
            self._backend.set_cors(bucket, enabled=wish.cors_enabled)
        if wish.acl is not None:
            self._backend.set_acl(bucket, None, wish.acl)
        return {}

    def _candidates(self, wish: _NewBucket) -> list[Endpoint]:
        """The endpoints that a new bucket may be made at; without a wish any of the region."""
        found = self._endpoints.of(wish.region)
        if not found:
            raise Refused(400, "region is not valid", "region")
        for field, wanted in (
            ("endpoint_type", wish.endpoint_type),
            ("s3_endpoint", wish.s3_endpoint),
        ):
            found = [one for one in found if wanted in (None, getattr(one, field))]
            if not found:
                raise Refused(400, f"{field} is not valid in this region", field)
        return found

    def _make(self, wish: _NewBucket, endpoint: Endpoint) -> Bucket:
        bucket = Bucket(
            label=wish.label, endpoint=self._endpoints.with_host(endpoint), created=self._clock()
        )
        try:
            self._backend.make_bucket(bucket)
        except Taken as error:
            raise Refused(400, "The name is taken", "label") from error
        self._buckets[endpoint.region, wish.label] = bucket
        self._backend.set_acl(bucket, None, wish.acl)
        if endpoint.knows_cors:
            self._backend.set_cors(bucket, enabled=wish.cors_enabled is not False)
        return bucket

    def _told(self, bucket: Bucket) -> Row:
        count = self._backend.count(bucket)
        return {
            "label": bucket.label,
            "region": bucket.endpoint.region,
            "cluster": bucket.endpoint.cluster,
            "hostname": bucket.hostname,
            "s3_endpoint": bucket.endpoint.s3_endpoint,
            "endpoint_type": bucket.endpoint.endpoint_type,
            "created": moment(bucket.created),
            "objects": count.objects,
            "size": count.size,
        }


def _has_sound_label(label: str) -> None:
    if not LABEL.fullmatch(label):
        words = "Must be 3 to 63 of a-z and 0-9, with single hyphens and dots between them"
        raise Refused(400, words, "label")


def moment(seconds: float) -> str:
    """UTC, which it does not say."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_GROUPS = {
    "private": (),
    "public-read": (("AllUsers", "READ"),),
    "authenticated-read": (("AuthenticatedUsers", "READ"),),
    "public-read-write": (("AllUsers", "READ"), ("AllUsers", "WRITE")),
    "custom": (),
}
_CORS = (
    '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>'
    "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    "</CORSRule></CORSConfiguration>"
)


def acl_xml(acl: str) -> str:
    """What others may do. Of one that is `custom`, only that it is the owner's."""
    grants = "".join(
        f"<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/{group}</URI></Grantee>"
        f"<Permission>{permission}</Permission></Grant>"
        for group, permission in _GROUPS[acl]
    )
    return (
        '<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><AccessControlList>'
        "<Grant><Grantee><ID>owner</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
        f"{grants}</AccessControlList></AccessControlPolicy>"
    )
