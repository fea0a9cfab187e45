"""Buckets that are in memory only: the API tells of them, and no S3 service does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from threading import Lock
from urllib.parse import quote, urlencode

import msgspec

from buckia_linode.testing.backend import Acl, Bucket, Count, Link, NotEmpty, Rights, StoredObject

OWNER = "00000000-0000-4000-8000-000000000000"


class _Shelf(msgspec.Struct, kw_only=True):
    """The inside of one bucket."""

    acl: Acl = "private"
    has_cors: bool = False
    objects: dict[str, StoredObject] = msgspec.field(default_factory=dict)
    acls: dict[str, Acl] = msgspec.field(default_factory=dict)


class Memory:
    """What the fake acts on if nothing else is given. May be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.keys: dict[str, Rights] = {}
        """The keys that open something now, by their access keys."""
        self._clock = clock
        self._lock = Lock()
        self._shelves: dict[tuple[str, str], _Shelf] = {}

    def put(self, bucket: Bucket, name: str, body: bytes) -> None:
        """What a client would do through S3."""
        stored = StoredObject(
            name=name,
            size=len(body),
            etag=hashlib.md5(body, usedforsecurity=False).hexdigest(),
            modified=self._clock(),
            owner=OWNER,
        )
        with self._lock:
            shelf = self._of(bucket)
            shelf.objects[name] = stored
            shelf.acls[name] = "private"

    def remove(self, bucket: Bucket, name: str) -> None:
        with self._lock:
            shelf = self._of(bucket)
            del shelf.objects[name], shelf.acls[name]

    def make_bucket(self, bucket: Bucket) -> None:
        with self._lock:
            self._shelves[_place(bucket)] = _Shelf()

    def remove_bucket(self, bucket: Bucket) -> None:
        with self._lock:
            if self._of(bucket).objects:
                raise NotEmpty
            del self._shelves[_place(bucket)]

    def count(self, bucket: Bucket) -> Count:
        found = self.objects(bucket)
        return Count(objects=len(found), size=sum(one.size for one in found))

    def objects(self, bucket: Bucket) -> list[StoredObject]:
        with self._lock:
            found = self._of(bucket).objects
            return [found[name] for name in sorted(found)]

    def acl(self, bucket: Bucket, name: str | None) -> str:
        with self._lock:
            shelf = self._of(bucket)
            return shelf.acl if name is None else shelf.acls[name]

    def set_acl(self, bucket: Bucket, name: str | None, acl: Acl) -> None:
        with self._lock:
            shelf = self._of(bucket)
            if name is None:
                shelf.acl = acl
            else:
                shelf.acls[name] = acl

    def has_cors(self, bucket: Bucket) -> bool:
        with self._lock:
            return self._of(bucket).has_cors

    def set_cors(self, bucket: Bucket, *, enabled: bool) -> None:
        with self._lock:
            self._of(bucket).has_cors = enabled

    def make_key(self, access_key: str, _secret_key: str, rights: Rights) -> None:
        if access_key in self.keys:
            raise ValueError("there is such a key already")
        self.keys[access_key] = rights

    def revoke_key(self, access_key: str) -> None:
        del self.keys[access_key]

    def url(self, link: Link) -> str:
        """Of the form that the service gives, with a signature of nobody."""
        until = int(self._clock()) + link.expires
        query = {"AWSAccessKeyId": "FAKE", "Expires": until, "Signature": "none"}
        return f"https://{link.bucket.hostname}/{quote(link.name)}?{urlencode(query)}"

    def _of(self, bucket: Bucket) -> _Shelf:
        return self._shelves[_place(bucket)]


def _place(bucket: Bucket) -> tuple[str, str]:
    return bucket.endpoint.host, bucket.label
