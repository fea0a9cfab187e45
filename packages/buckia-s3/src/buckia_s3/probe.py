"""Finding out what an endpoint honours, with small objects of our own that are removed again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Literal

from buckia import digests
from buckia.errors import AccessDenied, Corrupted, StorageError, Unavailable
from buckia_s3 import etags
from buckia_s3.asked import Answer
from buckia_s3.chains import Chain, in_turns
from buckia_s3.checks import in_base64
from buckia_s3.connection import Connection
from buckia_s3.faults import status_of
from buckia_s3.habits import Form, Habits

NAME = ".buckia-probe-"
_FORM, _TAGS, _COPY, _PARTS, _CHECKS = "-form", "-tags", "-copy", "-parts", "-checks"
"""Behind the name of the first object, for those of questions that are asked beside it."""
NAMES = ("", _FORM, _TAGS, _COPY, _PARTS, _CHECKS)
_ONE, _OTHER = b"buckia probe\n", b"buckia probe, another one\n"
_TOLD = {"buckia-probe": "told"}
_TAGGED = "buckia-probe=told"
_STALE = "0" * 32
_GONE = 404
_REFUSED = 412
_WRITTEN: Mapping[Form, Callable[[str], str]] = {"quoted": etags.quoted, "bare": str}
Found = Mapping[str, Any]
"""Habits by their names."""


def new_key(folder: str) -> str:
    """Where to try, below a folder that is empty or ends with a slash."""
    return f"{folder}{NAME}{secrets.token_hex(8)}"


def probed(connection: Connection, key: str) -> Habits:
    """The habits of the endpoint, tried out under this key and others that begin with it.

    What the credentials may not do is not known to be honoured, and is marked as refused. What was
    made is left there for `cleared`.
    """
    return _Probe(connection, key).habits()


def cleared(connection: Connection, key: str) -> bool:
    """Remove all that a probe has made, as far as that is allowed; whether nothing hindered it.

    `Unavailable` where nobody answers.
    """
    names = [f"{key}{name}" for name in NAMES]
    # Each of them is taken, whatever becomes of another.
    settled = in_turns(
        _is_settled(_uploads_aborted(connection, key, names)),
        *(_is_settled(_call(connection, "delete_object", name)) for name in names),
    )
    return all(settled)


def _uploads_aborted(connection: Connection, key: str, names: list[str]) -> Chain[None]:
    listed = yield from _call(connection, "list_multipart_uploads", Prefix=key)
    for row in listed.get("Uploads", ()):
        # A service that knows no prefix tells of everybody's.
        if row.get("Key") in names and "UploadId" in row:
            yield from _call(
                connection, "abort_multipart_upload", row["Key"], UploadId=row["UploadId"]
            )


def _is_settled(step: Chain[object]) -> Chain[bool]:
    """Whether it has done what it could: where a thing is forbidden, it will be so tomorrow."""
    try:
        yield from step
    except Unavailable:
        return False
    except StorageError:
        return True
    return True


def _call(connection: Connection, operation: str, key: str = "", **arguments: Any) -> Chain[Answer]:
    return (yield connection.begin(operation, key, **arguments))


class _Probe:
    """A few keys that are written to again and again.

    What is asked at the same time has keys of its own, so that no question gets the answer to
    another.
    """

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection = connection
        self._key = key
        self._was_refused = False

    def habits(self) -> Habits:
        try:
            [etag] = in_turns(self._put("", _ONE))
        except AccessDenied:
            return Habits(refused=True)
        written, form, tags, parts, checks = in_turns(
            self._written(), self._form(), self._tags(), self._parts(), self._checks_parts()
        )
        found = {**written, **form, **tags, **parts, **checks}
        has_parts = found.pop("has_parts")
        if not found["creates"]:
            found["replaces"] = None
        found.update(self._conditions(found["replaces"], has_parts=has_parts))
        is_md5 = etag == digests.of(_ONE, "md5")
        return Habits(**found, tags_are_md5=is_md5, refused=self._was_refused)

    def _conditions(self, form: Form | None, *, has_parts: bool) -> Found:
        """What can only be asked in the form that ETags have here, and beside it another habit."""
        if form is None:
            [batches] = in_turns(self._batches())
            return {"batches": batches}
        stale = _WRITTEN[form](_STALE)
        both = (self._in_parts(_PARTS, IfNoneMatch="*"), self._in_parts(_PARTS, IfMatch=stale))
        batches, deletes, copies, *completes = in_turns(
            self._batches(),
            self._deletes(form),
            self._copies(stale),
            *(self._refuses(one) for one in both if has_parts),
        )
        is_complete = has_parts and all(completes)
        return {
            "batches": batches,
            "deletes": deletes,
            "copies": copies,
            "completes": is_complete,
        }

    # What is done, and how it ends

    def _call(self, operation: str, name: str, **arguments: Any) -> Chain[Answer]:
        return _call(self._connection, operation, f"{self._key}{name}", **arguments)

    def _failure(self, attempt: Chain[object]) -> Chain[StorageError | None]:
        """How it failed; None where it took effect. What says nothing of a habit is raised."""
        try:
            yield from attempt
        except Unavailable:
            raise
        except StorageError as error:
            self._was_refused |= isinstance(error, AccessDenied)
            return error
        return None

    def _takes(self, attempt: Chain[object]) -> Chain[bool]:
        return (yield from self._failure(attempt)) is None

    def _refuses(self, attempt: Chain[object]) -> Chain[bool]:
        """Whether a condition is honoured: anything but its own refusal means that it is not."""
        failure = yield from self._failure(attempt)
        return failure is not None and status_of(failure.__cause__) == _REFUSED

    # The single habits

    def _put(self, name: str, data: bytes, **arguments: Any) -> Chain[str]:
        answer = yield from self._call("put_object", name, Body=data, **arguments)
        return etags.of(answer)

    def _written(self) -> Chain[Found]:
        """What becomes of a plain write."""
        creates = yield from self._refuses(self._put("", _OTHER, IfNoneMatch="*"))
        checks = yield from self._checks()
        seen: dict[str, Any] = {}

        def told() -> Chain[None]:
            yield from self._put("", _ONE, Metadata=_TOLD)
            seen.update((yield from self._call("head_object", "")))

        is_told = yield from self._takes(told())
        drops = is_told and seen.get("Metadata") != _TOLD
        return {"creates": creates, "checks": checks, "drops_metadata": drops}

    def _checks(self) -> Chain[Literal["sha256", "md5"] | None]:
        """The stronger of the checksums that keep damaged bytes out."""
        sha256, md5 = (in_base64(digests.of(_OTHER, name)) for name in ("sha256", "md5"))
        failure = yield from self._failure(self._put("", _ONE, ChecksumSHA256=sha256))
        if isinstance(failure, Corrupted):
            return "sha256"
        failure = yield from self._failure(self._put("", _ONE, ContentMD5=md5))
        return "md5" if isinstance(failure, Corrupted) else None

    def _form(self) -> Chain[Found]:
        """How an ETag has to be written so that a wrong one refuses and the right one does not."""
        for form, written in _WRITTEN.items():
            etag = yield from self._put(_FORM, _ONE)
            stale = self._put(_FORM, _OTHER, IfMatch=written(_STALE))
            if not (yield from self._refuses(stale)):
                continue
            if (yield from self._takes(self._put(_FORM, _OTHER, IfMatch=written(etag)))):
                return {"replaces": form}
        return {"replaces": None}

    def _tags(self) -> Chain[Found]:
        """Whether a copy with other metadata forgets its tags, and a HEAD tells their number.

        Most credentials have nothing to do with tags, so a refusal of these requests is none.
        """
        try:
            loses, counts = yield from self._tags_lost()
        except Unavailable:
            raise
        except StorageError:
            loses, counts = False, False
        return {"loses_tags": loses, "counts_tags": counts}

    def _tags_lost(self) -> Chain[tuple[bool, bool]]:
        yield from self._put(_TAGS, _ONE, Tagging=_TAGGED)
        yield from self._copied(_TAGS, MetadataDirective="REPLACE")
        if (yield from self._has_tags(_COPY)):
            return False, False
        head = yield from self._call("head_object", _TAGS)
        if head.get("TagCount"):
            return True, True
        # A service that knows no tags has lost none.
        return (yield from self._has_tags(_TAGS)), False

    def _has_tags(self, name: str) -> Chain[bool]:
        found = yield from self._call("get_object_tagging", name)
        return bool(found.get("TagSet"))

    def _copied(self, source: str, **more: Any) -> Chain[Answer]:
        named = {"Bucket": self._connection.bucket, "Key": f"{self._key}{source}"}
        return self._call("copy_object", _COPY, CopySource=named, **more)

    def _parts(self) -> Chain[Found]:
        """Whether objects can come in parts, and have the usual ETag then."""
        if not (yield from self._takes(self._in_parts(_PARTS))):
            return {"has_parts": False, "tags_of_parts": False}
        etag = etags.of((yield from self._call("head_object", _PARTS)))
        is_usual = etag == etags.of_parts([digests.of(_ONE, "md5")])
        return {"has_parts": True, "tags_of_parts": is_usual}

    def _checks_parts(self) -> Chain[Found]:
        """Whether a part is refused that is not what its MD5 says."""
        other = self._in_parts(_CHECKS, digests.of(_OTHER, "md5"))
        failure = yield from self._failure(other)
        return {"checks_parts": isinstance(failure, Corrupted)}

    def _in_parts(self, name: str, md5: str = "", **conditions: str) -> Chain[None]:
        begun = yield from self._call("create_multipart_upload", name)
        upload = begun.get("UploadId")
        if not upload:
            raise StorageError("an upload was begun and got no name", key=self._key)
        told = {"ContentMD5": in_base64(md5)} if md5 else {}
        part = yield from self._call(
            "upload_part", name, UploadId=upload, PartNumber=1, Body=_ONE, **told
        )
        rows = [{"PartNumber": 1, "ETag": part.get("ETag", "")}]
        made = {"UploadId": upload, "MultipartUpload": {"Parts": rows}}
        yield from self._call("complete_multipart_upload", name, **made, **conditions)

    def _deletes(self, form: Form) -> Chain[bool]:
        """Whether a delete can be kept from taking another version."""
        written, etag = _WRITTEN[form], (yield from self._put("", _ONE))
        stale = self._call("delete_object", "", IfMatch=written(_STALE))
        if not (yield from self._refuses(stale)):
            return False
        right = self._call("delete_object", "", IfMatch=written(etag))
        return (yield from self._takes(right))

    def _copies(self, stale: str) -> Chain[bool]:
        """Whether a copy can be kept from replacing its target."""
        if not (yield from self._takes(self._copied(_FORM))):
            return False
        if not (yield from self._refuses(self._copied(_FORM, IfNoneMatch="*"))):
            return False
        return (yield from self._refuses(self._copied(_FORM, IfMatch=stale)))

    def _batches(self) -> Chain[bool]:
        """Whether several keys are deleted by one request, and really are."""
        yield from self._put(_TAGS, _ONE)
        wanted = {"Objects": [{"Key": f"{self._key}{_TAGS}"}]}
        deleted = _call(self._connection, "delete_objects", Delete=wanted)
        if not (yield from self._takes(deleted)):
            return False
        failure = yield from self._failure(self._call("head_object", _TAGS))
        return failure is not None and status_of(failure.__cause__) == _GONE
