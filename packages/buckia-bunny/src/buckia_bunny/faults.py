"""From what the service answers, or does not answer, to our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from buckia import errors
from buckia.web import distrusted, wished_wait

if TYPE_CHECKING:
    import httpx

BUSY = "unable to process request"
"""How the service says that too many requests of a kind are under way, with status 400."""
_PAUSE = 5.0
"""Seconds to wait behind a 429, which names none itself."""
_PASSING = frozenset({408, 425, 429})


class UnknownRequest(errors.StorageError):
    """The service does not know the request at all."""


class Refused(errors.StorageError):
    """A body, or a deletion, was not taken, and the service does not say why."""


class Said(msgspec.Struct, frozen=True, rename="pascal"):
    message: str = ""


def message_of(data: bytes) -> str:
    """The service's own words; some of its answers are a list of one."""
    try:
        found: Said | list[Said] = msgspec.json.decode(data, type=Said | list[Said])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    said = found if isinstance(found, Said) else next(iter(found), Said())
    return said.message


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def answered(
    status: int, headers: Mapping[str, str], data: bytes, key: str, zone: str
) -> errors.StorageError:
    """The service answered, and what it said was no. `headers` are looked up in small letters."""
    said, subject = message_of(data), key or zone
    told = f"{subject}: {said or 'refused'} ({status})"
    if status in {401, 403}:
        return errors.AccessDenied(
            f"{subject}: the service refuses the password of the zone {zone}",
            key=key,
            hint="check storage_api_key and storage_zone, and region: a zone of another region "
            "refuses every password",
        )
    if status == 404:
        if data.strip() and not _is_json(data):
            # Somebody on the way knows no such page, and of the file that tells nothing.
            return errors.Unavailable(f"{subject}: the 404 is not one of the service", key=key)
        return _absent(key, zone)
    if _passes(status, said):
        wait = wished_wait(headers) or (_PAUSE if status == 429 else None)
        return errors.Unavailable(told, key=key, wait=wait)
    kind = {400: Refused, 405: UnknownRequest, 501: UnknownRequest}.get(status, errors.StorageError)
    return kind(told, key=key)


def _absent(key: str, zone: str) -> errors.NotFound:
    if key:
        return errors.NotFound(f"there is no {key} in {zone}", key=key)
    return errors.NotFound(f"there is no storage zone {zone}", hint="check storage_zone and region")


def _passes(status: int, said: str) -> bool:
    """Whether the same request may be taken in a while."""
    if status == 400:
        return BUSY in said.lower()
    return status in _PASSING or (status >= 500 and status != 501)


@contextmanager
def unanswered(endpoint: str, key: str = "") -> Iterator[None]:
    """Whatever the vendor raises inside leaves as one of our errors."""
    import httpx

    try:
        yield
    except httpx.ConnectError as error:
        raise _unconnected(error, endpoint, key) from error
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        said = str(error) or type(error).__name__
        raise errors.Unavailable(f"{endpoint}: {said}", key=key) from error
    except httpx.InvalidURL as error:
        raise errors.InvalidKey(f"{key!r} makes no address: {error}", key=key) from error


def _unconnected(error: httpx.ConnectError, endpoint: str, key: str) -> errors.StorageError:
    if said := distrusted(error):
        return insecure(endpoint, said, key)
    return errors.Unavailable(
        f"{endpoint} cannot be reached: {error}",
        key=key,
        hint="check the network, region and endpoint_url",
    )


def insecure(endpoint: str, said: str, key: str) -> errors.StorageError:
    """Nothing was sent, for whoever answers there cannot show that it is the service."""
    failed = errors.StorageError(
        f"no secure connection to {endpoint}: {said}",
        key=key,
        hint="check domain and endpoint_url; for a certificate of your own set ca_bundle",
    )
    # The service could not be reached, but trying again would not help.
    failed.exit_code = errors.Unavailable.exit_code
    return failed
