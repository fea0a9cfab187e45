"""Finding out what an endpoint honours, with small objects of our own that are removed again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec

from buckia import digests
from buckia.errors import AccessDenied, Corrupted, StorageError, Unavailable
from buckia_s3 import etags
from buckia_s3.checks import in_base64
from buckia_s3.connection import Connection
from buckia_s3.faults import status_of
from buckia_s3.habits import Form, Habits

NAME = ".buckia-probe-"
_ONE, _OTHER = b"buckia probe\n", b"buckia probe, another one\n"
_COPY = "-copy"
_TOLD = {"buckia-probe": "told"}
_TAGGED = "buckia-probe=told"
_STALE = "0" * 32
_GONE = 404
_REFUSED = 412
_WRITTEN: Mapping[Form, Callable[[str], str]] = {"quoted": etags.quoted, "bare": str}


def new_key(folder: str) -> str:
    """Where to try, below a folder that is empty or ends with a slash."""
    return f"{folder}{NAME}{secrets.token_hex(8)}"


def probed(connection: Connection, key: str) -> Habits:
    """The habits of the endpoint, tried out under this key.

    What the credentials may not do is not known to be honoured, and is marked as refused. What was
    made is left there for `cleared`.
    """
    return _Probe(connection, key).habits()


def cleared(connection: Connection, key: str) -> bool:
    """Remove all that a probe has made, as far as that is allowed; whether nothing hindered it.

    `Unavailable` where nobody answers: all that is left would be waited for as long.
    """

    def abort() -> None:
        for row in connection.call("list_multipart_uploads", Prefix=key).get("Uploads", ()):
            # A service that knows no prefix tells of everybody's.
            if row.get("Key") == key and "UploadId" in row:
                connection.call("abort_multipart_upload", key, UploadId=row["UploadId"])

    def remove(made: str) -> None:
        connection.call("delete_object", made)

    steps = (abort, partial(remove, key), partial(remove, f"{key}{_COPY}"))
    # Each of them is taken, whatever becomes of another.
    settled = [_is_settled(step) for step in steps]
    return all(settled)


def _is_settled(step: Callable[[], None]) -> bool:
    """Whether it has done what it could: where a thing is forbidden, it will be so tomorrow."""
    try:
        step()
    except Unavailable as error:
        if not status_of(error.__cause__):
            raise
        return False
    except StorageError:
        return True
    return True


class _Probe:
    """One key and its neighbour, written to again and again."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection = connection
        self._key = key
        self._other = f"{key}{_COPY}"
        self._was_refused = False

    def habits(self) -> Habits:
        try:
            etag = self._put(_ONE)
        except AccessDenied:
            return Habits(refused=True)
        drops = self._drops_metadata()
        creates = self._refuses(self._put, _OTHER, IfNoneMatch="*")
        form = self._form() if creates else None
        has_parts, tags_of_parts = self._parts()
        loses_tags, counts_tags = self._tags()
        found = Habits(
            creates=creates,
            replaces=form,
            completes=form is not None and has_parts and self._guards(self._in_parts, form),
            deletes=form is not None and self._deletes(form),
            copies=form is not None and self._copies(form),
            batches=self._batches(),
            tags_are_md5=etag == digests.of((_ONE,), "md5"),
            tags_of_parts=tags_of_parts,
            checks=self._checks(),
            drops_metadata=drops,
            loses_tags=loses_tags,
            counts_tags=counts_tags,
        )
        return msgspec.structs.replace(found, refused=self._was_refused)

    # What is done, and how it ends

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._connection.call(operation, self._key, **arguments)

    def _failure(
        self, attempt: Callable[..., object], *given: object, **more: object
    ) -> StorageError | None:
        """How it failed; None where it took effect. What says nothing of a habit is raised."""
        try:
            attempt(*given, **more)
        except Unavailable:
            raise
        except StorageError as error:
            self._was_refused |= isinstance(error, AccessDenied)
            return error
        return None

    def _takes(self, attempt: Callable[..., object], *given: object, **more: object) -> bool:
        return self._failure(attempt, *given, **more) is None

    def _refuses(self, attempt: Callable[..., object], *given: object, **more: object) -> bool:
        """Whether a condition is honoured: anything but its own refusal means that it is not."""
        failure = self._failure(attempt, *given, **more)
        return failure is not None and status_of(failure.__cause__) == _REFUSED

    def _guards(self, attempt: Callable[..., object], form: Form) -> bool:
        """Whether both conditions keep it from replacing what is there."""
        stale = _WRITTEN[form](_STALE)
        return self._refuses(attempt, IfNoneMatch="*") and self._refuses(attempt, IfMatch=stale)

    # The single habits

    def _put(self, data: bytes, **arguments: Any) -> str:
        return etags.of(self._call("put_object", Body=data, **arguments))

    def _drops_metadata(self) -> bool:
        """Whether what came with an object is not there when it is asked for."""
        seen: dict[str, Any] = {}

        def told() -> None:
            self._put(_ONE, Metadata=_TOLD)
            seen.update(self._call("head_object"))

        return self._takes(told) and seen.get("Metadata") != _TOLD

    def _form(self) -> Form | None:
        """How an ETag has to be written so that a wrong one refuses and the right one does not."""
        for form, written in _WRITTEN.items():
            etag = self._put(_ONE)
            if self._refuses(self._put, _OTHER, IfMatch=written(_STALE)) and self._takes(
                self._put, _OTHER, IfMatch=written(etag)
            ):
                return form
        return None

    def _parts(self) -> tuple[bool, bool]:
        """Whether objects can come in parts, and their ETag is then the MD5 of their MD5s."""
        if not self._takes(self._in_parts):
            return False, False
        etag = etags.of(self._call("head_object"))
        return True, etag == etags.of_parts([digests.of((_ONE,), "md5")])

    def _in_parts(self, **conditions: str) -> None:
        upload = self._call("create_multipart_upload").get("UploadId")
        if not upload:
            raise StorageError("an upload was begun and got no name", key=self._key)
        part = self._call("upload_part", UploadId=upload, PartNumber=1, Body=_ONE)
        rows = [{"PartNumber": 1, "ETag": part.get("ETag", "")}]
        made = {"UploadId": upload, "MultipartUpload": {"Parts": rows}}
        self._call("complete_multipart_upload", **made, **conditions)

    def _deletes(self, form: Form) -> bool:
        written, etag = _WRITTEN[form], self._put(_ONE)
        return self._refuses(self._call, "delete_object", IfMatch=written(_STALE)) and self._takes(
            self._call, "delete_object", IfMatch=written(etag)
        )

    def _copies(self, form: Form) -> bool:
        """Whether a copy can be kept from replacing its target."""
        self._put(_ONE)
        source = {"Bucket": self._connection.bucket, "Key": self._key}

        def copy(**conditions: str) -> None:
            self._connection.call("copy_object", self._other, CopySource=source, **conditions)

        return self._takes(copy) and self._guards(copy, form)

    def _batches(self) -> bool:
        """Whether several keys are deleted by one request, and really are."""
        self._put(_ONE)
        wanted = {"Objects": [{"Key": self._key}]}
        if not self._takes(self._connection.call, "delete_objects", Delete=wanted):
            return False
        failure = self._failure(self._call, "head_object")
        return failure is not None and status_of(failure.__cause__) == _GONE

    def _tags(self) -> tuple[bool, bool]:
        """Whether a copy with other metadata forgets its tags, and a HEAD tells their number.

        Most credentials have nothing to do with tags, so a refusal of these requests is none.
        """
        source = {"Bucket": self._connection.bucket, "Key": self._key}
        try:
            self._put(_ONE, Tagging=_TAGGED)
            self._connection.call(
                "copy_object", self._other, CopySource=source, MetadataDirective="REPLACE"
            )
            if self._has_tags(self._other):
                return False, False
            if self._call("head_object").get("TagCount"):
                return True, True
            # A service that knows no tags has lost none.
            return self._has_tags(self._key), False
        except Unavailable:
            raise
        except StorageError:
            return False, False

    def _has_tags(self, key: str) -> bool:
        return bool(self._connection.call("get_object_tagging", key).get("TagSet"))

    def _checks(self) -> Literal["sha256", "md5"] | None:
        """The stronger of the checksums that keep damaged bytes out."""
        sha256, md5 = (in_base64(digests.of((_OTHER,), name)) for name in ("sha256", "md5"))
        if isinstance(self._failure(self._put, _ONE, ChecksumSHA256=sha256), Corrupted):
            return "sha256"
        if isinstance(self._failure(self._put, _ONE, ContentMD5=md5), Corrupted):
            return "md5"
        return None
