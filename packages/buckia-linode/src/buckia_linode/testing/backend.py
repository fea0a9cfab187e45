"""What lies behind the API: buckets with objects, and keys that open them."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from buckia_linode.testing.endpoints import Endpoint

Permissions = Literal["read_only", "read_write"]
Acl = Literal["private", "public-read", "authenticated-read", "public-read-write"]
Method = Literal["GET", "PUT", "POST", "DELETE"]


class NotEmpty(Exception):
    """The bucket holds objects, so it stays."""


class Taken(Exception):
    """Another bucket has this name already."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    endpoint: Endpoint
    """One that has a host."""
    created: float
    """Unix time."""

    @property
    def hostname(self) -> str:
        return f"{self.label}.{self.endpoint.host}"


class StoredObject(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    size: int
    etag: str
    """Without quotation marks."""
    modified: float
    """Unix time."""
    owner: str


class Count(msgspec.Struct, frozen=True, kw_only=True):
    objects: int
    size: int
    """Bytes of all of them."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    bucket: Bucket
    permissions: Permissions


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What a key opens."""

    grants: tuple[Grant, ...] | None
    """These buckets; None means all in the regions, now and later."""
    regions: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address that somebody without a key may use for a while."""

    bucket: Bucket
    name: str
    method: Method
    content_type: str | None
    """What whoever uses it has to say that the bytes are."""
    expires: int
    """Seconds."""


class Backend(Protocol):
    """A service on which the fake does what its API is asked for.

    It is called by one thread at a time. What it raises, other than what is said here, is a
    mistake of the test: the client gets no answer, and the fake raises it at its end.
    """

    def make_bucket(self, bucket: Bucket) -> None:
        """`Taken` where its name is."""

    def remove_bucket(self, bucket: Bucket) -> None:
        """`NotEmpty` where there are objects in it."""

    def count(self, bucket: Bucket) -> Count: ...

    def objects(self, bucket: Bucket) -> list[StoredObject]:
        """In the order of code points of their names."""

    def acl(self, bucket: Bucket, name: str | None) -> str:
        """Of an object that there is, or of the bucket: an `Acl`, or `custom`."""

    def set_acl(self, bucket: Bucket, name: str | None, acl: Acl) -> None: ...

    def has_cors(self, bucket: Bucket) -> bool:
        """Whether pages of all origins may read it."""

    def set_cors(self, bucket: Bucket, *, enabled: bool) -> None: ...

    def make_key(self, access_key: str, secret_key: str, rights: Rights, /) -> None: ...

    def revoke_key(self, access_key: str, /) -> None:
        """From now on it opens nothing."""

    def url(self, link: Link) -> str: ...
