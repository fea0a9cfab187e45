"""What is told of a single object: looked at, planned, and changed where the object lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from buckia.errors import StorageError, VersionMismatch
from buckia.model import NOTHING_KNOWN
from buckia_s3.admin.change import Change, Value
from buckia_s3.admin.looks import Look, looked
from buckia_s3.admin.setting import PATIENCE
from buckia_s3.admin.unfit import Unfit
from buckia_s3.ground import Ground, is_encrypted
from buckia_s3.inplace import InPlace
from buckia_s3.metadata import MOST, PIECES, is_name, is_ours, is_text, weight
from buckia_s3.store import S3Store

_SETTABLE = ("ContentType", "CacheControl", "ContentDisposition")
_UNCHANGED = "nothing was changed"


class ObjectChange(Change, frozen=True, kw_only=True):
    """What is told of one version of one object, and what will be told of it instead."""

    key: str
    """In the bucket, with its prefix."""
    version: str

    @property
    def subject(self) -> str:
        return f"{self.setting} of {self.key}"


class ObjectMetadata:
    """What is told of one object. `folder` is where an endpoint may be tried.

    Errors are StorageErrors, and `Unfit` where what is asked for is wrong in itself.
    """

    name = "metadata"

    def __init__(
        self, ground: Ground, key: str, *, folder: str, pause: Callable[[float], object]
    ) -> None:
        self._ground = ground
        self._folder = folder
        self._pause = pause
        self.key = key
        """In the bucket, with its prefix."""

    def look(self) -> Look:
        """All that can be seen; NotFound where there is no such object."""
        return looked(self._ground, self.key)

    def get(self) -> Value:
        """The same as JSON knows it: `Buckia` holds what Buckia keeps there for itself."""
        return self.look().value

    def is_kept(self) -> bool:
        """Whether the endpoint keeps metadata of objects, as far as that was found out."""
        known = self._ground.notes.habits()
        return known is None or not known.drops_metadata

    def plan(
        self,
        metadata: Mapping[str, str] = NOTHING_KNOWN,
        *,
        content_type: str | None = None,
        cache_control: str | None = None,
        content_disposition: str | None = None,
    ) -> ObjectChange:
        """What `put` would do; changes nothing. All that is not named stays as it is.

        An empty `cache_control` or `content_disposition` takes the header away.
        """
        named = _fitting(metadata)
        given = (content_type, cache_control, content_disposition)
        headers = dict(_headers(zip(_SETTABLE, given, strict=True)))
        look = self.look()
        before = look.value
        after = {**before, **headers, "Metadata": {**before["Metadata"], **named}}
        return self._change(look, {name: one for name, one in after.items() if one != ""})

    def plan_removal(self, names: Sequence[str]) -> ObjectChange:
        """What `remove` would do; changes nothing. Names that are not there are fine."""
        gone = {_lower(name) for name in names}
        look = self.look()
        before = look.value
        kept = {name: text for name, text in before["Metadata"].items() if name not in gone}
        return self._change(look, {**before, "Metadata": kept})

    def apply(self, change: ObjectChange) -> None:
        """Do what was planned, if the object is still what the plan saw.

        The bytes are the same afterwards, by their ETag or by a digest, or it is an error. What
        the endpoint honours is tried before, as before every write.
        """
        if change.key != self.key:
            raise ValueError(f"the plan is about {change.key}, and this is {self.key}")
        if not change.is_needed or change.after is None:
            return
        S3Store(self._ground).probe(self._folder)
        self._insist_on_keeping(change.after)
        look = self.look()
        if (look.version, look.value) != (change.version, change.before):
            raise VersionMismatch(
                f"somebody has changed {self.key} meanwhile",
                key=self.key,
                hint="look at it again, and then decide again",
            )
        said = look.said(change.after, _SETTABLE)
        made = InPlace(self._ground, self.key, look.version, said, look.tags).replaced()
        self._insist_on(change.after, made.version)

    def put(self, metadata: Mapping[str, str] = NOTHING_KNOWN, **headers: Any) -> ObjectChange:
        """Set these, as `plan` says."""
        change = self.plan(metadata, **headers)
        self.apply(change)
        return change

    def remove(self, names: Sequence[str]) -> ObjectChange:
        """Take these names away."""
        change = self.plan_removal(names)
        self.apply(change)
        return change

    def _change(self, look: Look, after: Value) -> ObjectChange:
        before = look.value
        if after != before:
            look.insist_on_sayable()
            self._insist_on_keeping(after)
            after = _with_room(before, after)
        return ObjectChange(
            setting=self.name,
            key=self.key,
            version=look.version,
            before=before,
            after=after,
            notes=tuple(_notes(look)) if after != before else (),
        )

    def _insist_on_keeping(self, after: Value) -> None:
        """Raise where the endpoint is known to lose what it is told."""
        if not self.is_kept() and (after["Metadata"] or after["Buckia"]):
            raise self._dropped(_UNCHANGED)

    def _dropped(self, so: str) -> StorageError:
        where = self._ground.connection.where
        return StorageError(
            f"this endpoint keeps no metadata of objects ({where.endpoint}); {so}", key=self.key
        )

    def _insist_on(self, after: Value, version: str) -> None:
        """Raise where it did not come about: some services accept what they do not keep."""
        shown: Value = {}
        for seconds in PATIENCE:
            if seconds:
                self._pause(seconds)
            look = self.look()
            shown = look.value
            # Whatever somebody else has written by now was written over what we did.
            if shown == after or look.version != version:
                return
        if not shown["Metadata"] and not shown["Buckia"]:
            raise self._dropped("the bytes are as they were")
        names = sorted(one for one in {*after, *shown} if after.get(one) != shown.get(one))
        raise StorageError(
            f"{self.key}: the service says that it is done, and shows something else under "
            f"{', '.join(names)}; the bytes are as they were",
            key=self.key,
            hint="look again in a while",
        )


def _notes(look: Look) -> Iterator[str]:
    if look.keeps_versions:
        yield "The bucket keeps versions: the object as it is now stays as an old one."
    if is_encrypted(look.head):
        yield "The object is encrypted, so it is read before and after, to compare its bytes."
    if look.tags is None:
        yield "These credentials may not see its tags, so nothing tells whether they stay."
    if look.grants is None:
        yield "These credentials may not see its access list, and one of its own would be lost."


def _fitting(metadata: Mapping[str, str]) -> dict[str, str]:
    """Names and values as the service keeps them; Unfit where it cannot."""
    found: dict[str, str] = {}
    for name, value in metadata.items():
        lower = _lower(name)
        if lower in found:
            raise Unfit(f"the metadata {lower!r} is given twice, as case does not count")
        _insist_on_text(f"the metadata {name!r}", value)
        found[lower] = value
    return found


def _lower(name: str) -> str:
    if is_ours(name):
        raise Unfit(
            f"the metadata {name!r} is Buckia's own, which keeps it itself",
            hint="give yours another name",
        )
    if not is_name(name):
        raise Unfit(
            f"{name!r} cannot be the name of metadata",
            hint="names are letters of a to z, digits, `-` and `_`",
        )
    return name.lower()


def _headers(given: Iterator[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    for name, value in given:
        if value is None:
            continue
        _insist_on_text(name, value)
        if not value and name == "ContentType":
            raise Unfit("an object has a content type, always", place=name)
        yield name, value


def _insist_on_text(what: str, value: str) -> None:
    if not is_text(value):
        raise Unfit(
            f"{what} has a value that S3 cannot keep",
            hint="values are ASCII on one line; encode what has other letters, as percent signs "
            "or Base64 do",
        )
    if value != value.strip():
        raise Unfit(f"{what} has spaces around its value, which S3 does not keep")


def _with_room(before: Value, after: Value) -> Value:
    """As there is room for it: the sums of the object's pieces may go, all else has to stay."""
    was, will = (weight({**one["Metadata"], **one["Buckia"]}) for one in (before, after))
    if will > MOST and PIECES in after["Buckia"]:
        kept = {name: text for name, text in after["Buckia"].items() if name != PIECES}
        return _with_room(before, {**after, "Buckia": kept})
    if will > MOST and will > was:
        raise Unfit(
            f"that would be {will} bytes of metadata, and S3 keeps {MOST} with an object",
            hint="names and values count, also Buckia's own",
        )
    return after
