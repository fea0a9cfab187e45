"""Linode's API, as far as it is about Object Storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from buckia.closing import Closes
from buckia.errors import ConfigError, StorageError, Unavailable
from buckia.secrets import Secret
from buckia.web import AS_IT_IS, checked_key, insist_on_tls, is_address, unanswered, verified, whole
from buckia_linode.api.answers import page, read, refused
from buckia_linode.api.models import (
    Access,
    Bucket,
    Endpoint,
    Grant,
    Key,
    Quota,
    Signed,
    Transfer,
    Usage,
)

if TYPE_CHECKING:
    import httpx

ADDRESS = "https://api.linode.com/v4"
FULL_PAGE = 500
"""Items of a page; the most that the API gives."""
MOST_PAGES = 1000
"""More than anybody has; behind them somebody makes them up."""
_CONNECTING = 20.0
"""Seconds in which a connection must stand."""

T = TypeVar("T")


class LinodeApi(Closes):
    """Requests with a personal access token. Safe to use from many threads; no second tries.

    All methods raise `StorageError`s: `AccessDenied` for a token that does not allow it,
    `NotFound`, `Unavailable` where trying again may help.
    """

    def __init__(
        self,
        token: Secret | str,
        *,
        address: str = ADDRESS,
        timeout: float = 60.0,
        ca_bundle: Path | None = None,
    ) -> None:
        given = token if isinstance(token, Secret) else Secret(token)
        self._token = checked_key(
            given, "the token", "copy it from the Cloud Manager: Profile, API Tokens"
        )
        if not is_address(address):
            # It is not shown: some put a password into it.
            raise ConfigError("the address of the API is none", hint=f"it looks like {ADDRESS}")
        insist_on_tls(address, "api_url")
        self.address = address.rstrip("/")
        self._timeout = timeout
        self._trust = ca_bundle
        self._lock = Lock()
        self._made: httpx.Client | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where this account may have buckets."""
        return self._listing("/endpoints", Endpoint, "the endpoints")

    def buckets(self, label: str | None = None) -> tuple[Bucket, ...]:
        """All of the account, or those of that name."""
        chosen = None if label is None else {"label": label}
        found = self._listing("/buckets", Bucket, "the buckets", chosen)
        return tuple(one for one in found if label in {None, one.label})

    def bucket(self, region: str, label: str) -> Bucket:
        subject = f"the bucket {label} in {region}"
        return read(self._ask("GET", _place(region, label), subject), Bucket, subject)

    def create_bucket(
        self,
        region: str,
        label: str,
        *,
        acl: str | None = None,
        endpoint_type: str | None = None,
        s3_endpoint: str | None = None,
        cors_enabled: bool | None = None,
    ) -> Bucket:
        subject = f"making the bucket {label} in {region}"
        wanted = {
            "region": region,
            "label": label,
            "acl": acl,
            "endpoint_type": endpoint_type,
            "s3_endpoint": s3_endpoint,
            "cors_enabled": cors_enabled,
        }
        return read(self._ask("POST", "/buckets", subject, _given(wanted)), Bucket, subject)

    def delete_bucket(self, region: str, label: str) -> None:
        """An empty one; the API refuses others."""
        self._ask("DELETE", _place(region, label), f"removing the bucket {label} in {region}")

    def access(self, region: str, label: str) -> Access:
        subject = f"the access of {label} in {region}"
        data = self._ask("GET", f"{_place(region, label)}/access", subject)
        return read(data, Access, subject)

    def set_access(
        self,
        region: str,
        label: str,
        *,
        acl: str | None = None,
        cors_enabled: bool | None = None,
    ) -> None:
        """What is None stays as it is."""
        wanted = _given({"acl": acl, "cors_enabled": cors_enabled})
        subject = f"changing the access of {label} in {region}"
        self._ask("PUT", f"{_place(region, label)}/access", subject, wanted)

    def object_url(
        self, region: str, label: str, key: str, *, method: str = "GET", seconds: int
    ) -> Signed:
        """An address that is signed by Linode; no key is needed for that."""
        subject = f"signing an address of {key} in {label}"
        wanted = {"name": key, "method": method, "expires_in": seconds}
        if method in {"PUT", "POST"}:
            wanted["content_type"] = "application/octet-stream"
        data = self._ask("POST", f"{_place(region, label)}/object-url", subject, wanted)
        return read(data, Signed, subject)

    def keys(self) -> tuple[Key, ...]:
        """All of the account, without their secrets."""
        return self._listing("/keys", Key, "the keys")

    def create_key(self, label: str, grants: Sequence[Grant]) -> Key:
        """A key that may do what these grants say, and nothing else; its secret is told once."""
        subject = f"making the key {label}"
        wanted = {"label": label, "bucket_access": [msgspec.to_builtins(one) for one in grants]}
        return read(self._ask("POST", "/keys", subject, wanted), Key, subject)

    def revoke_key(self, number: int) -> None:
        self._ask("DELETE", f"/keys/{number}", f"revoking the key {number}")

    def transfer(self) -> Transfer:
        return read(self._ask("GET", "/transfer", "the transfer"), Transfer, "the transfer")

    def quotas(self) -> tuple[Quota, ...]:
        return self._listing("/quotas", Quota, "the quotas")

    def usage(self, quota: str) -> Usage:
        subject, place = f"the usage of {quota}", f"/quotas/{quote(quota, safe='')}/usage"
        return read(self._ask("GET", place, subject), Usage, subject)

    def close(self) -> None:
        with self._lock:
            client, self._made = self._made, None
        if client is not None:
            client.close()

    def _listing(
        self, path: str, kind: type[T], subject: str, chosen: Mapping[str, str] | None = None
    ) -> tuple[T, ...]:
        """All pages."""
        found: list[T] = []
        for number in count(1):
            query = {"page": str(number), "page_size": str(FULL_PAGE)}
            data = self._ask("GET", path, subject, query=query, chosen=chosen)
            part = page(data, kind, subject)
            if part.page not in {None, number}:
                raise Unavailable(f"{subject}: page {part.page} came, and {number} was asked for")
            found += part.data
            if number >= part.pages:
                if part.results is not None and len(found) < part.results:
                    raise Unavailable(f"{subject}: {len(found)} came of {part.results}")
                return tuple(found)
            if not part.data:
                raise Unavailable(f"{subject}: Linode tells of more pages, but gives none")
            if number >= MOST_PAGES:
                raise Unavailable(f"{subject}: there is no end to its pages")
        raise AssertionError("the last page returns")

    def _ask(
        self,
        method: str,
        path: str,
        subject: str,
        document: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> bytes:
        """The whole answer to one request."""
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Accept": "application/json"}
        headers |= AS_IT_IS
        if chosen is not None:
            headers["X-Filter"] = msgspec.json.encode(chosen).decode()
        content = None
        if document is not None:
            headers["Content-Type"] = "application/json"
            content = msgspec.json.encode(document)
        with (
            self._unanswered(subject),
            self._client.stream(
                method,
                f"{self.address}/object-storage{path}",
                params=query,
                headers=headers,
                content=content,
            ) as response,
        ):
            told = whole(response.iter_raw(), subject)
        if not response.is_success:
            said = told.replace(self._token.reveal().encode(), b"***")
            raise refused(response.status_code, response.headers, said, subject)
        return told

    @property
    def _client(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._made is None:
                try:
                    self._made = httpx.Client(
                        headers={"User-Agent": "buckia"},
                        verify=verified(self._trust),
                        timeout=httpx.Timeout(
                            self._timeout, connect=min(self._timeout, _CONNECTING)
                        ),
                        # The token is for this service, not for whoever it points to.
                        follow_redirects=False,
                    )
                except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
                    raise ConfigError(
                        f"no connection can be prepared: {error}",
                        hint="check the variables of the environment for certificates and proxies",
                    ) from error
            return self._made

    @contextmanager
    def _unanswered(self, subject: str) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise StorageError(f"{subject}: this makes no address: {error}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise unanswered(error, subject, self.address) from error


def _place(region: str, label: str) -> str:
    return f"/buckets/{quote(region, safe='')}/{quote(label, safe='')}"


def _given(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what is None, which leaves it to the API."""
    return {name: value for name, value in wanted.items() if value is not None}
