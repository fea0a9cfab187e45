"""Asking a fake over HTTP, with nothing but the standard library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPMessage
from typing import Any, NamedTuple
from urllib.parse import urlencode

from buckia_linode.testing import FakeLinode

NOON = 1_769_860_800.0
"""31 January 2026, 12:00 UTC."""
NOTHING: Mapping[str, str] = {}


class Clock:
    """Stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def found(self) -> Any:
        """The document of what went well."""
        assert self.status == 200, self
        return self.document

    @property
    def rows(self) -> Any:
        return self.found["data"]

    @property
    def reason(self) -> str:
        [error] = self.document["errors"]
        return str(error["reason"])

    @property
    def refused(self) -> tuple[int, str | None]:
        """The status, and the field that it is about, if it is about one."""
        assert self.document.keys() == {"errors"}
        [error] = self.document["errors"]
        assert error["reason"]
        assert error.keys() <= {"reason", "field"}
        return self.status, error.get("field")


class Asking:
    """One connection to a fake, made anew where it was closed."""

    def __init__(self, fake: FakeLinode) -> None:
        self.fake = fake
        self.connection = HTTPConnection(fake.host, timeout=20)
        self.headers = {"Authorization": f"Bearer {fake.token}"}

    def __call__(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] = NOTHING
    ) -> Answer:
        body = None if document is None else json.dumps(document).encode()
        return self.at(method, f"/v4/object-storage{path}", body, headers)

    def at(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        """Ask for a target as it stands."""
        try:
            self.connection.request(method, target, body, {**self.headers, **headers})
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except BaseException:
            # What comes next would be the rest of this.
            self.connection.close()
            raise

    def get(self, path: str, **query: object) -> Answer:
        return self("GET", f"{path}?{urlencode(query)}" if query else path)

    def filtered(self, path: str, wanted: Any) -> Answer:
        """Of a list that is asked for with a filter; text goes as it is."""
        text = wanted if isinstance(wanted, str) else json.dumps(wanted)
        return self("GET", path, headers={"X-Filter": text})

    def make(self, label: str, region: str = "us-east", **more: object) -> Any:
        """A bucket."""
        return self("POST", "/buckets", {"label": label, "region": region, **more}).found

    def allow(self, *labels: str, permissions: str = "read_write", region: str = "us-east") -> Any:
        """A key of these buckets, with its secret."""
        rows = [
            {"bucket_name": label, "region": region, "permissions": permissions} for label in labels
        ]
        return self("POST", "/keys", {"label": "limited", "bucket_access": rows}).found

    def labels(self, path: str = "/buckets", **query: object) -> list[str]:
        return [row["label"] for row in self.get(path, **query).rows]
