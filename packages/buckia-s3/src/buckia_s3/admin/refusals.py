"""Why a service says no to a setting, in the words of somebody who wants to change that."""

from __future__ import annotations

from buckia.errors import AccessDenied, BuckiaError, NotFound, StorageError, Unavailable
from buckia_s3.admin.unfit import Unfit
from buckia_s3.connection import Connection
from buckia_s3.faults import code_of, status_of

_UNKNOWN = frozenset({"NotImplemented", "NotSupported", "UnsupportedOperation"})
_PUTTING = "put_"
_MALFORMED = frozenset(
    {"MalformedPolicy", "InvalidPolicyDocument", "MalformedXML", "MalformedACLError"}
    | {"InvalidArgument", "InvalidRequest", "PolicyTooLarge"}
)


def explained(
    error: StorageError, operation: str, noun: str, connection: Connection
) -> BuckiaError:
    """The error itself, or one that says more; `noun` names the setting."""
    code, status = code_of(error.__cause__), status_of(error.__cause__)
    where = connection.where
    if status == 405 and operation.endswith("_policy") and _is_aws(connection):
        return AccessDenied(
            f"{where.bucket}: only the account that owns the bucket may ask for its {noun}",
            hint="use credentials of that account",
        )
    if code in _UNKNOWN or status in {405, 501}:
        return StorageError(f"this endpoint has no {noun} ({where.endpoint})")
    if code in _MALFORMED and operation.startswith(_PUTTING):
        return Unfit(f"the service does not take this {noun}: {_said(error)} ({code})")
    if code == "AccessDenied" and not _is_aws(connection):
        hint = f"{error.hint}; an endpoint that has no {noun} may answer so, too"
        return AccessDenied(error.message, hint=hint)
    if isinstance(error, NotFound) and status == 404 and code != "NoSuchBucket":
        return StorageError(
            f"{where.bucket}: no answer about its {noun}: {_said(error)} ({code})",
            hint=f"an endpoint that has no {noun} may answer so",
        )
    return error


def blocks_public(connection: Connection, flag: str, error: AccessDenied) -> bool:
    """Whether Block Public Access is why the service refused; `flag` is the part of it."""
    if flag in error.message:
        # The block of a whole account is told of in words alone.
        return True
    try:
        found = connection.call("get_public_access_block")
    except Unavailable:
        raise
    except StorageError:
        # It has none, or does not show it: then there is no more to say than it said itself.
        return False
    return found.get("PublicAccessBlockConfiguration", {}).get(flag) is True


def _is_aws(connection: Connection) -> bool:
    return "amazonaws.com" in (connection.endpoint.url or "amazonaws.com")


def _said(error: StorageError) -> str:
    response = getattr(error.__cause__, "response", {})
    return str(response.get("Error", {}).get("Message", "")) or error.message
