"""From the service's errors to ours: one table of codes, and one seam for every call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore import exceptions as vendor

from buckia import errors
from buckia.translating import Translates
from buckia.web import wished_wait


class Where(NamedTuple):
    """What a message names besides the error itself."""

    bucket: str
    endpoint: str
    credentials: str
    """Which ones are used, in words."""


_KINDS: Mapping[str, type[errors.StorageError]] = {
    "NoSuchKey": errors.NotFound,
    "PreconditionFailed": errors.VersionMismatch,
    "BadDigest": errors.Corrupted,
    "InvalidDigest": errors.Corrupted,
    "XAmzContentSHA256Mismatch": errors.Corrupted,
    "XAmzContentChecksumMismatch": errors.Corrupted,
    "IncompleteBody": errors.Unavailable,
    "KeyTooLongError": errors.InvalidKey,
    "InvalidObjectName": errors.InvalidKey,
    "XMinioInvalidObjectName": errors.InvalidKey,
    "ConditionalRequestConflict": errors.Unavailable,
    "OperationAborted": errors.Unavailable,
    "RequestTimeout": errors.Unavailable,
    "SlowDown": errors.Unavailable,
    "Throttling": errors.Unavailable,
    "TooManyRequests": errors.Unavailable,
    # The upload is gone, not an object: the next try begins anew.
    "NoSuchUpload": errors.Unavailable,
    "InternalError": errors.Unavailable,
    "ServiceUnavailable": errors.Unavailable,
    # Refused with 403, but no permission would help.
    "InvalidObjectState": errors.StorageError,
}

_REFUSED: Mapping[str, str] = {
    "AccessDenied": "look at the permissions of these credentials, and at the bucket's policy",
    "AllAccessDisabled": "the owner has closed this bucket to everybody",
    "AccountProblem": "the service has a problem with the account; ask it",
    "InvalidAccessKeyId": "check access_key: the service does not know it",
    "SignatureDoesNotMatch": "check secret_key: it does not belong to the access key",
    "InvalidSecurity": "check the credentials",
    "InvalidToken": "check session_token, or sign in again",
    "ExpiredToken": "the session has ended: sign in again, or renew session_token",
    "TokenRefreshRequired": "the session has ended: sign in again",
    "UnauthorizedAccess": "look at the permissions of these credentials",
    "RequestTimeTooSkewed": "set this machine's clock: it differs from the service's by minutes",
    "RequestExpired": "set this machine's clock: it differs from the service's by minutes",
    "Unauthorized": "check the credentials",
    "NotSignedUp": "the account has no storage there",
}

_STATUS: Mapping[int, type[errors.StorageError]] = {
    401: errors.AccessDenied,
    403: errors.AccessDenied,
    404: errors.NotFound,
    408: errors.Unavailable,
    409: errors.Unavailable,
    412: errors.VersionMismatch,
    425: errors.Unavailable,
    429: errors.Unavailable,
}

_ELSEWHERE = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
    | {"TemporaryRedirect", "301", "307", "IncorrectEndpoint"}
)
_NO_NAME = re.compile(r"resol|getaddrinfo|not known", re.IGNORECASE)
_BROKE_OFF = re.compile(r"EOF|reset|timed? ?out", re.IGNORECASE)
"""A handshake that did not fail, but was cut off like any other exchange."""

_BROKEN = (
    vendor.HTTPClientError,
    vendor.SSLError,
    vendor.ResponseStreamingError,
    vendor.IncompleteReadError,
    vendor.ReadTimeoutError,
    vendor.ConnectionClosedError,
    vendor.ProxyConnectionError,
)
_UNREADABLE = (
    # A lookup fails where the SDK looks for a line that the service has left out, and others where
    # a line stands twice, or holds a time that is none.
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RuntimeError),
)
"""What the SDK's reading of an answer ends in, when the answer is none."""
_MOVED = frozenset({301, 302, 307, 308})
_NO_CREDENTIALS = (
    vendor.NoCredentialsError,
    vendor.PartialCredentialsError,
    vendor.CredentialRetrievalError,
    vendor.ProfileNotFound,
    vendor.TokenRetrievalError,
    vendor.SSOError,
    vendor.LoginError,
    vendor.UnauthorizedSSOTokenError,
    vendor.ConfigNotFound,
    vendor.InvalidConfigError,
    vendor.MetadataRetrievalError,
)


class faults(Translates):  # noqa: N801 - used like a function
    """Whatever the vendor raises inside leaves as one of our errors."""

    __slots__ = ("_key", "_where")

    def __init__(self, where: Where, key: str = "") -> None:
        self._where = where
        self._key = key

    def _meaning(self, error: BaseException) -> BaseException | None:
        if not isinstance(error, Exception):
            return None
        return _meant(error, self._where, self._key)


def _meant(error: Exception, where: Where, key: str) -> errors.StorageError | None:
    """Our error for one of the vendor's; None for one that is not its own."""
    if isinstance(error, vendor.ClientError):
        return answered(error, where, key)
    if isinstance(error, vendor.BotoCoreError):
        return _unanswered(error, where, key)
    if isinstance(error, UnicodeEncodeError):
        return errors.InvalidKey(f"{key!r} is not valid Unicode", key=key)
    if isinstance(error, _UNREADABLE):
        return _unreadable(error, where, key)
    # These take long to import, so they are known by their names; others go on their way.
    match type(error).__module__:
        case "botocore.parsers":
            return _unreadable(error, where, key)
        case "urllib3.exceptions":
            # Words of a refusal are read where the SDK expects no trouble with the connection.
            return errors.Unavailable(f"{where.endpoint}: {error}", key=key)
    return None


def _unreadable(error: Exception, where: Where, key: str) -> errors.Unavailable:
    return errors.Unavailable(f"{where.endpoint} answered what nobody can read: {error}", key=key)


def code_of(error: BaseException | None) -> str:
    """The service's own word for an error that it answered; empty for any other."""
    if isinstance(error, vendor.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def status_of(error: BaseException | None) -> int:
    if isinstance(error, vendor.ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def answered(error: vendor.ClientError, where: Where, key: str) -> errors.StorageError:
    """The service answered, and what it said was no."""
    code, status = code_of(error), status_of(error)
    said = str(error.response.get("Error", {}).get("Message", "")) or code
    if code in _ELSEWHERE or status in _MOVED:
        return _elsewhere(error, where, said)
    kind, subject = _kind(code, status), key or where.bucket
    if code == "NoSuchBucket" or (kind is errors.NotFound and not key):
        return no_bucket(where)
    if kind is errors.AccessDenied:
        return errors.AccessDenied(
            f"{subject}: the service refuses {where.credentials}: {said}",
            key=key,
            hint=_REFUSED.get(code, _REFUSED["AccessDenied"]),
        )
    if kind is errors.Unavailable:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return errors.Unavailable(f"{subject}: {said} ({code})", key=key, wait=wished_wait(headers))
    if kind is errors.NotFound:
        return errors.NotFound(f"there is no {key} in {where.bucket}", key=key)
    if kind is errors.VersionMismatch:
        return errors.VersionMismatch(f"{subject} is not what was expected there", key=key)
    hint = _HINTS.get(code, "")
    return kind(f"{subject}: {said} ({code or status})", key=key, hint=hint)


_HINTS: Mapping[str, str] = {
    "InvalidObjectState": "the object lies in an archive: restore it there first",
    "EntityTooLarge": "the service takes no object of that size",
    "MetadataTooLarge": "the service keeps less metadata than that",
    "AccessControlListNotSupported": "this bucket has no access lists: use a bucket policy",
}


def no_bucket(where: Where) -> errors.NotFound:
    return errors.NotFound(
        f"there is no bucket {where.bucket} at {where.endpoint}",
        hint="check bucket_name, region and endpoint_url",
    )


def _kind(code: str, status: int) -> type[errors.StorageError]:
    if code in _KINDS:
        return _KINDS[code]
    if code in _REFUSED:
        return errors.AccessDenied
    if status >= 500 and status != 501:
        return errors.Unavailable
    return _STATUS.get(status, errors.StorageError)


def _elsewhere(error: vendor.ClientError, where: Where, said: str) -> errors.NotFound:
    answer: dict[str, Any] = dict(error.response)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = answer.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")
    return errors.NotFound(
        f"the bucket {where.bucket} is not in the region that was asked"
        + (f", but in {region}" if region else f": {said}"),
        hint=f"set region: {region}" if region else "check region and endpoint_url",
    )


def _unanswered(error: vendor.BotoCoreError, where: Where, key: str) -> errors.StorageError:
    """Nothing was answered, or nothing was even asked."""
    if isinstance(error, vendor.ProfileNotFound):
        return errors.AccessDenied(
            f"{where.bucket}: there is no profile {error.kwargs.get('profile')}",
            hint="check profile, or set access_key and secret_key instead",
        )
    if isinstance(error, vendor.NoCredentialsError):
        return errors.AccessDenied(
            f"there are no credentials for {where.bucket}",
            hint="set access_key and secret_key, a profile, or `anonymous: true`",
        )
    if isinstance(error, _NO_CREDENTIALS):
        return errors.AccessDenied(
            f"no credentials for {where.bucket}: {error}",
            hint="set access_key and secret_key, a profile, or `anonymous: true`",
        )
    if isinstance(error, vendor.SSLError) and not _BROKE_OFF.search(str(error)):
        said = re.sub(r" *\(_ssl\.c:\d+\)", "", str(error.kwargs.get("error", error)))
        failed = errors.StorageError(
            f"no secure connection to {where.endpoint}: {said}",
            key=key,
            hint="check endpoint_url; for a certificate of your own set ca_bundle",
        )
        # The service could not be reached, but trying again would not help.
        failed.exit_code = errors.Unavailable.exit_code
        return failed
    if isinstance(error, vendor.EndpointConnectionError | vendor.ConnectTimeoutError):
        is_unknown = _NO_NAME.search(str(error.kwargs.get("error", "")))
        how = "cannot be found: its name is not known" if is_unknown else "cannot be reached"
        return errors.Unavailable(
            f"{where.endpoint} {how}", key=key, hint="check the network, endpoint_url and region"
        )
    if isinstance(error, _BROKEN):
        return errors.Unavailable(f"{where.endpoint}: {error}", key=key)
    # All else is of this machine's settings or of what was asked: it stays as it is.
    return errors.StorageError(f"{key or where.bucket}: {error}", key=key)


def answered_in_200(row: Mapping[str, Any], where: Where) -> errors.StorageError:
    """One line of an answer that tells of several keys."""
    answer: Any = {"Error": {"Code": row.get("Code", ""), "Message": row.get("Message", "")}}
    return answered(vendor.ClientError(answer, "DeleteObjects"), where, row.get("Key", ""))
