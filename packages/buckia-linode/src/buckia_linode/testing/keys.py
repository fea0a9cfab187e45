"""Keys for S3: of all buckets in some regions, or of some buckets."""

from __future__ import annotations

import secrets
import string
from itertools import count
from typing import Annotated

import msgspec

from buckia_linode.testing.answers import Refused, not_found
from buckia_linode.testing.backend import Backend, Grant, Permissions, Rights
from buckia_linode.testing.buckets import Buckets
from buckia_linode.testing.calls import Call, Row
from buckia_linode.testing.endpoints import Endpoint, Endpoints

HIDDEN = "[REDACTED]"
MOST_KEYS = 100
MOST_BUCKETS = 25
_FILTERS = frozenset({"label"})
_CAPITALS = string.ascii_uppercase + string.digits
_LETTERS = string.ascii_letters + string.digits
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
Regions = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bucket_name: str
    region: str
    permissions: Permissions


class _NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Label
    bucket_access: tuple[_Wanted, ...] | None = None
    regions: Regions | None = None


class _ChangedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Label | None = None
    regions: Regions | None = None


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    label: str
    access_key: str
    secret_key: str
    rights: Rights


class Keys:
    """The keys of an account. Its callers see to it that only one asks at a time."""

    def __init__(self, endpoints: Endpoints, buckets: Buckets, backend: Backend) -> None:
        self._endpoints = endpoints
        self._buckets = buckets
        self._backend = backend
        self._numbers = count(1)
        self._keys: dict[int, _Key] = {}

    def listed(self, call: Call) -> Row:
        return call.page([self._told(one) for one in self._keys.values()], _FILTERS)

    def shown(self, call: Call) -> Row:
        call.has_only()
        return self._told(self._meant(call))

    def made(self, call: Call) -> Row:
        wish = call.wish(_NewKey)
        rights = self._rights(wish)
        if len(self._keys) >= MOST_KEYS:
            raise Refused(400, f"You have {MOST_KEYS} keys, and may have no more")
        key = _Key(
            id=next(self._numbers),
            label=wish.label,
            access_key=_random(_CAPITALS, 20),
            secret_key=_random(_LETTERS, 40),
            rights=rights,
        )
        self._backend.make_key(key.access_key, key.secret_key, rights)
        self._keys[key.id] = key
        return self._told(key) | {"secret_key": key.secret_key}

    def changed(self, call: Call) -> Row:
        key = self._meant(call)
        wish = call.wish(_ChangedKey)
        if wish.label is not None:
            key = msgspec.structs.replace(key, label=wish.label)
        if wish.regions is not None:
            if key.rights.grants is not None:
                raise Refused(400, "The key is limited to buckets", "regions")
            key = msgspec.structs.replace(key, rights=self._everything(wish.regions))
            self._backend.revoke_key(key.access_key)
            self._backend.make_key(key.access_key, key.secret_key, key.rights)
        self._keys[key.id] = key
        return self._told(key)

    def revoked(self, call: Call) -> Row:
        call.has_only()
        key = self._meant(call)
        self._backend.revoke_key(key.access_key)
        del self._keys[key.id]
        return {}

    def _meant(self, call: Call) -> _Key:
        if key := self._keys.get(int(call.words[0])):
            return key
        raise not_found()

    def _rights(self, wish: _NewKey) -> Rights:
        if wish.bucket_access is None:
            if wish.regions is None:
                raise Refused(400, "Say which regions, or which buckets", "regions")
            return self._everything(wish.regions)
        if wish.regions is not None:
            raise Refused(400, "Say regions or buckets, the fake knows no key of both", "regions")
        if len(wish.bucket_access) > MOST_BUCKETS:
            raise Refused(400, f"A key may have at most {MOST_BUCKETS} buckets", "bucket_access")
        grants = tuple(map(self._grant, wish.bucket_access))
        if len({grant.bucket for grant in grants}) < len(grants):
            raise Refused(400, "A bucket is named twice", "bucket_access")
        return Rights(grants=grants)

    def _grant(self, wanted: _Wanted) -> Grant:
        bucket = self._buckets.find(wanted.region, wanted.bucket_name)
        if bucket is None or bucket.endpoint.region != wanted.region:
            words = f"There is no bucket {wanted.bucket_name} in {wanted.region}"
            raise Refused(400, words, "bucket_access")
        return Grant(bucket=bucket, permissions=wanted.permissions)

    def _everything(self, regions: tuple[str, ...]) -> Rights:
        for region in regions:
            if not self._endpoints.of(region):
                raise Refused(400, f"{region} is not valid", "regions")
        return Rights(grants=None, regions=tuple(dict.fromkeys(regions)))

    def _places(self, rights: Rights) -> list[Endpoint]:
        if rights.grants is None:
            return [one for region in rights.regions for one in self._endpoints.of(region)]
        return list(dict.fromkeys(grant.bucket.endpoint for grant in rights.grants))

    def _told(self, key: _Key) -> Row:
        grants = key.rights.grants
        return {
            "id": key.id,
            "label": key.label,
            "access_key": key.access_key,
            "secret_key": HIDDEN,
            "limited": grants is not None,
            "bucket_access": None if grants is None else [_row(grant) for grant in grants],
            "regions": [
                {
                    "id": one.region,
                    "s3_endpoint": one.s3_endpoint,
                    "endpoint_type": one.endpoint_type,
                }
                for one in self._places(key.rights)
            ],
        }


def _row(grant: Grant) -> Row:
    return {
        "bucket_name": grant.bucket.label,
        "region": grant.bucket.endpoint.region,
        "cluster": grant.bucket.endpoint.cluster,
        "permissions": grant.permissions,
    }


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
