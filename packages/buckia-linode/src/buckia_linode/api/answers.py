"""Reading what the API answers: what was asked for, a page of it, or a no."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from buckia import errors
from buckia.secrets import Secret
from buckia.web import wished_wait

T = TypeVar("T")
_SAID = 500
"""Characters of the API's words that an error repeats."""
_LONGEST_WAIT = 300.0
_REDACTED = "[REDACTED]"
_ACCESS_HINT = (
    "make a personal access token in the Cloud Manager, under Profile, API Tokens, with read and "
    "write access to Object Storage"
)


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    data: tuple[T, ...]
    page: int | None = None
    pages: int = 1
    results: int | None = None


class _Reason(msgspec.Struct, frozen=True):
    reason: str = ""
    field: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    errors: tuple[_Reason, ...] = ()


def read(data: bytes, kind: type[T], subject: str) -> T:
    """The answer as `kind`; `Unavailable` for one that is none."""
    try:
        return msgspec.convert(msgspec.json.decode(data), kind, dec_hook=_secret)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.Unavailable(
            f"{subject}: Linode answered what nobody can read: {error}"
        ) from error


def page(data: bytes, kind: type[T], subject: str) -> Page[T]:
    return read(data, Page[kind], subject)  # type: ignore[valid-type] # made here


def _secret(kind: type[Any], value: Any) -> Any:
    if kind is Secret:
        return Secret("" if value == _REDACTED else value)
    raise NotImplementedError


def refused(
    status: int,
    headers: Mapping[str, str],
    data: bytes,
    subject: str,
    clock: Callable[[], float] = time.time,
) -> errors.StorageError:
    """The API answered, and what it said was no. `headers` are looked up in small letters."""
    said = _words(data) or "refused"
    told = f"{subject}: {said} ({status})"
    if status in {401, 403}:
        return errors.AccessDenied(f"{subject}: {said} ({status})", hint=_ACCESS_HINT)
    if status == 404:
        return errors.NotFound(told)
    if status in {408, 429} or status >= 500:
        wait = _wait(headers, clock)
        hint = f"try again in {wait:.0f} s" if wait else ""
        return errors.Unavailable(told, wait=wait, hint=hint)
    return errors.StorageError(told)


def _words(data: bytes) -> str:
    try:
        refusal = msgspec.json.decode(data, type=_Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Many refusals come from somebody before the API, and are pages for people.
        return ""
    words = [f"{one.field}: {one.reason}" if one.field else one.reason for one in refusal.errors]
    text = "; ".join(words)
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(clean.split())[:_SAID]


def _wait(headers: Mapping[str, str], clock: Callable[[], float]) -> float | None:
    """Seconds until there may be an answer; some only say at what second of Unix time."""
    wished = wished_wait(headers)
    if wished is not None or headers.get("x-ratelimit-remaining") != "0":
        return wished
    try:
        then = float(headers["x-ratelimit-reset"])
    except (LookupError, ValueError):
        return None
    return min(max(0.0, then - clock()), _LONGEST_WAIT)
