"""Reading what the account's API answers: what was asked for, a part of a listing, or a no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from buckia import errors
from buckia.secrets import Secret
from buckia.web import wished_wait

T = TypeVar("T")

_SAID = 500
"""Characters of the service's words that an error repeats."""
_KEY_HINT = (
    "here it takes the key of the account, which the panel shows under Account, API key; "
    "the password of a storage zone does not open it"
)


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, rename="pascal"):
    """A part of a listing."""

    items: tuple[T, ...]
    has_more_items: bool | None = None
    total_items: int | None = None

    def has_more(self, known: int) -> bool | None:
        """Whether there are more than the `known` items; None where it does not say."""
        if self.has_more_items is None and self.total_items is not None:
            return known < self.total_items
        return self.has_more_items


class _Refusal(msgspec.Struct, frozen=True, rename="pascal"):
    error_key: str = ""
    field: str = ""
    message: str = ""


def read(data: bytes, kind: type[T], subject: str) -> T:
    """The answer as `kind`; `Unavailable` for one that is none."""
    return _converted(_plain(data, subject), kind, subject)


def page(data: bytes, kind: type[T], subject: str) -> Page[T]:
    """A part of a listing, in either shape: a bare array does not say whether there is more."""
    found = _plain(data, subject)
    if isinstance(found, list):
        items = _converted(found, tuple[kind, ...], subject)  # type: ignore[valid-type] # made here
        return Page(items=items)
    return _converted(found, Page[kind], subject)  # type: ignore[valid-type] # made here


def _plain(data: bytes, subject: str) -> Any:
    try:
        return _known(msgspec.json.decode(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(subject, error) from error


def _converted(found: Any, kind: type[T], subject: str) -> T:
    try:
        return msgspec.convert(found, kind, dec_hook=_secret)
    except msgspec.MsgspecError as error:
        raise _unreadable(subject, error) from error


def _unreadable(subject: str, error: Exception) -> errors.Unavailable:
    return errors.Unavailable(f"{subject}: bunny.net answered what nobody can read: {error}")


def _known(value: Any) -> Any:
    """Without fields that are null: the service means by them what is absent."""
    if isinstance(value, dict):
        return {name: _known(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_known(one) for one in value]
    return value


def _secret(kind: type[Any], value: Any) -> Any:
    if kind is Secret:
        return Secret(value)
    raise NotImplementedError


def refused(
    status: int, headers: Mapping[str, str], data: bytes, subject: str
) -> errors.StorageError:
    """The service answered, and what it said was no. `headers` are looked up in small letters."""
    refusal = _refusal(data)
    words = _one_line(refusal.message)
    said = f"{words} ({status})" if words else f"status {status}"
    if status in {401, 403}:
        return errors.AccessDenied(
            f"{subject}: bunny.net refuses the account's key: {said}", hint=_KEY_HINT
        )
    if status == 404:
        return errors.NotFound(f"{subject}: there is no such thing in this account: {said}")
    if status == 429 or status >= 500:
        return errors.Unavailable(f"{subject}: {said}", wait=wished_wait(headers))
    if refusal.field:
        said = f"{_one_line(refusal.field)}: {said}"
    return errors.StorageError(f"{subject}: {said}")


def _refusal(data: bytes) -> _Refusal:
    try:
        return msgspec.convert(_known(msgspec.json.decode(data)), _Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Many refusals have no body, and some a page for people.
        return _Refusal()


def _one_line(text: str) -> str:
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(clean.split())[:_SAID]
