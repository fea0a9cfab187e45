"""The storage zone: what each request does to the tree, and what is answered."""

from __future__ import annotations

import hashlib
import re
from email.utils import format_datetime

import msgspec

from buckia.standins.wire import Reply
from buckia_bunny.testing.storage.asked import Request, says
from buckia_bunny.testing.storage.lags import Lags
from buckia_bunny.testing.storage.listing import Describer
from buckia_bunny.testing.storage.tree import Entry, Facts, Refused, Tree

LONGEST_PATH = 6000
NOT_FOUND = "Object Not Found"
NOT_UPLOADED = "Unable to upload file."
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


class Unsatisfiable(Exception):
    """A part is asked for that begins behind the end."""


class Access(msgspec.Struct, frozen=True):
    """Who may do what in the zone of this name."""

    zone: str
    password: str
    read_only_password: str

    def allows(self, request: Request) -> bool:
        if request.zone != self.zone:
            return False
        allowed = [self.password]
        if request.method in ("GET", "DESCRIBE"):
            allowed.append(self.read_only_password)
        return request.headers.get("accesskey") in allowed


class Zone:
    """Answers requests out of a tree."""

    def __init__(self, access: Access, tree: Tree, lags: Lags, seed: int = 0) -> None:
        self._access = access
        self._tree = tree
        self._lags = lags
        self._describer = Describer(access.zone, seed)

    def __call__(self, request: Request) -> Reply:
        if not self._access.allows(request):
            return says(401)
        if not request.is_sound:
            return says(400, "The path is not UTF-8.")
        match request.kind:
            case "put":
                return self._make(request) if request.is_of_folder else self._put(request)
            case "get":
                return self._get(request)
            case "list":
                return self._list(request)
            case "describe":
                return self._describe(request)
            case "delete":
                return self._delete(request)
        return says(405, headers=(("Allow", "GET, PUT, DELETE, DESCRIBE"),))

    def _put(self, request: Request) -> Reply:
        data = request.body.read()
        wanted = request.headers.get("checksum")
        if wanted is not None and wanted.lower() != hashlib.sha256(data).hexdigest():
            return says(400, NOT_UPLOADED)
        if len(request.path) > LONGEST_PATH:
            return says(400, NOT_UPLOADED)
        facts: Facts = {}
        if kind := request.headers.get("override-content-type"):
            facts["content_type"] = kind
        try:
            self._tree.put(request.key, data, **facts)
        except Refused:
            return says(400, NOT_UPLOADED)
        return says(201, "File uploaded.")

    def _make(self, request: Request) -> Reply:
        if request.body.read() or len(request.path) > LONGEST_PATH:
            # A file was meant, most likely: what would become of its bytes?
            return says(400, NOT_UPLOADED)
        try:
            self._tree.make_folder(request.key[:-1])
        except Refused:
            return says(400, "Unable to create directory.")
        return says(201, "Directory created.")

    def _get(self, request: Request) -> Reply:
        entry = self._file(request)
        if entry is None:
            return says(404, NOT_FOUND)
        headers = (
            ("Content-Type", entry.content_type),
            ("Last-Modified", format_datetime(entry.changed, usegmt=True)),
            ("ETag", entry.etag),
        )
        size = len(entry.data)
        wanted = request.headers.get("range") if request.heeds_ranges else None
        try:
            part = part_of(wanted, size)
        except Unsatisfiable:
            return says(416, headers=(("Content-Range", f"bytes */{size}"),))
        if part is None:
            return Reply(status=200, headers=headers, body=entry.data)
        told = ("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}")
        body = entry.data[part.start : part.stop]
        return Reply(status=206, headers=(*headers, told), body=body)

    def _list(self, request: Request) -> Reply:
        folder = _folder(request)
        with self._tree.lock:
            self._lags.look_into(folder)
            stale = self._lags.stale(folder) if request.may_be_stale else None
            shown = self._tree.children(folder) if stale is None else stale
        return self._describer.listing(shown, request)

    def _describe(self, request: Request) -> Reply:
        entry = self._file(request)
        if entry is None:
            return says(404, NOT_FOUND)
        return self._describer.description(entry, request)

    def _file(self, request: Request) -> Entry | None:
        """The file that is looked at, if there is one of exactly this path."""
        with self._tree.lock:
            self._lags.look_at(request.key)
            entry = self._tree.entry(request.key)
        return None if entry is None or entry.is_folder else entry

    def _delete(self, request: Request) -> Reply:
        folder = _folder(request)
        if not folder and not _may_delete_root(request):
            return says(400, "Object delete failed: the root may not be deleted.")
        if folder and not request.is_of_folder:
            if self._lags.delete(request.key, request.delete_after):
                return says(200, "File deleted successfuly.")
            return says(404, NOT_FOUND)
        try:
            self._tree.remove_folder(folder)
        except KeyError:
            return says(404, NOT_FOUND)
        return says(200, "Directory deleted successfuly.")


def _folder(request: Request) -> str:
    """The path as that of a folder; doubled slashes do not matter there."""
    return "/".join(name for name in request.key.split("/") if name)


def _may_delete_root(request: Request) -> bool:
    told = (request.query.get("allowRootDelete"), request.headers.get("allowrootdelete"))
    return "true" in told


def part_of(header: str | None, size: int) -> range | None:
    """The bytes that are asked for; None for all, also where the header asks for several parts."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        part = range(max(size - int(match[2]), 0), size)
    else:
        start, end = int(match[1]), int(match[2] or size)
        if end < start and match[2]:
            return None
        part = range(start, min(end + 1, size))
    if not part:
        raise Unsatisfiable
    return part
