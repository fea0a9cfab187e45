"""One bucket with all that works on it: Buckia in folders, watched, and other tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.s3.buckets import Bucket
from tests.s3.servers.access import Server
from tests.s3.servers.asking import emptied
from tests.s3.servers.proxy import Proxy
from tests.s3.tools.folders import Folder
from tests.s3.tools.programs import Tool

T = TypeVar("T", bound=Tool)
Installed = Callable[[type[Tool]], Path]


class Scene:
    """Buckia goes through a proxy that counts; the tools go to the server itself."""

    def __init__(self, server: Server, folder: Path, installed: Installed) -> None:
        self.bucket = Bucket(server, folder)
        self._folder = folder
        self._installed = installed
        self._proxy = Proxy(server.access)
        self._folders: list[Folder] = []

    def folder(self) -> Folder:
        """Another user's, empty and with Buckia's first run before it."""
        place = self._folder / f"user-{len(self._folders)}"
        self._folders.append(Folder(place, self.bucket, self._proxy.access))
        return self._folders[-1]

    def tool(self, kind: type[T]) -> T:
        return kind(self._installed(kind), self.bucket, self._folder / kind.program)

    def asked(self) -> Counter[str]:
        """How often Buckia asked for what since the last time."""
        counted = Counter(one.operation for one in self._proxy.requests)
        self._proxy.forget()
        return counted

    def tags(self) -> dict[str, str]:
        """The ETag of each object, without its quotes."""
        rows = self.bucket.client.list_objects_v2(Bucket=self.bucket.name).get("Contents", ())
        return {row["Key"]: row["ETag"].strip('"') for row in rows}

    def close(self) -> None:
        for one in self._folders:
            one.close()
        self._proxy.stop()
        # What is large would stay in the server's memory.
        emptied(self.bucket.server, self.bucket.name)
