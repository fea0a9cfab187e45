"""Fresh buckets on a server, and stores that are opened on them as a user would open them."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any
from weakref import finalize

from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.habits import Habits
from buckia_s3.opening import opened
from buckia_s3.options import Options
from buckia_s3.parts import SMALLEST_PART, Sizes
from buckia_s3.store import S3Store
from tests.s3.servers.access import Server, client

_numbers = count(1)
_habits: dict[Server, Habits] = {}
SMALL = Sizes(single=SMALLEST_PART, part=SMALLEST_PART)
"""As small as services allow, so that tests of parts need not send much."""


class Bucket:
    """A bucket of its own on a server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.name = f"bucket-{next(_numbers)}"
        self.client = client(server.access)
        # Thousands of buckets in one process would leave no room for files.
        finalize(self, self.client.close)
        self.client.create_bucket(Bucket=self.name)

    def open_probed(self, **more: Any) -> S3Store:
        """The same, with the habits of the server; they are found out once for all its buckets."""
        store = self.open(**more)
        if self.server not in _habits:
            store.probe("")
            _habits[self.server] = store.habits
        store.habits = _habits[self.server]
        return store

    def open(self, *, sizes: Sizes = SMALL, **more: Any) -> S3Store:
        """The bucket as a store; `more` are fields of the options and of the context."""
        access = self.server.access
        context = {
            name: more.pop(name) for name in tuple(more) if name in Context.__struct_fields__
        }
        given = {
            "access_key": Secret(access.access_key),
            "secret_key": Secret(access.secret_key),
            "ca_bundle": str(access.ca_bundle) if access.ca_bundle else None,
        }
        usual = {
            "bucket_name": self.name,
            "base": self.folder,
            "endpoint_url": access.endpoint,
            "notes": self.folder / "notes",
        }
        return self.opened({**given, **more}, Context(**{**usual, **context}), sizes)

    def opened(self, options: dict[str, Any], context: Context, sizes: Sizes) -> S3Store:
        """By the provider whose tests these are."""
        return opened(Options(**options), context, sizes=sizes)
