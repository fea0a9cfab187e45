"""Every answer of a service becomes one of our errors, of the class that says what to do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from botocore import exceptions as vendor
from hypothesis import given
from hypothesis import strategies as st

from buckia import errors
from buckia_s3.faults import (
    Where,
    answered_in_200,
    code_of,
    faults,
    status_of,
)

WHERE = Where("my-bucket", "https://s3.example.com", "the access_key of the configuration")
OK, DENIED, AWAY = 1, 3, 4
KEY = "a/b c.txt"


def client_error(
    code: str, status: int, *, message: str = "it said so", headers: Any = None, **more: str
) -> vendor.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message, **more},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}},
    }
    return vendor.ClientError(response, "PutObject")


def told(error: Exception, key: str = KEY) -> errors.StorageError:
    """What leaves the seam when this is raised inside."""
    with pytest.raises(errors.StorageError) as caught, faults(WHERE, key):
        raise error
    assert caught.value.__cause__ is error
    assert type(caught.value).__module__ == "buckia.errors"
    return caught.value


# What services answer: code, status, class, exit code
ANSWERS: list[tuple[str, int, type[errors.StorageError], int]] = [
    ("NoSuchKey", 404, errors.NotFound, OK),
    ("NoSuchVersion", 404, errors.NotFound, OK),
    ("NoSuchUpload", 404, errors.Unavailable, errors.Unavailable.exit_code),
    ("404", 404, errors.NotFound, OK),
    ("PreconditionFailed", 412, errors.VersionMismatch, OK),
    ("412", 412, errors.VersionMismatch, OK),
    ("BadDigest", 400, errors.Corrupted, AWAY),
    ("InvalidDigest", 400, errors.Corrupted, AWAY),
    ("XAmzContentSHA256Mismatch", 400, errors.Corrupted, AWAY),
    ("XAmzContentChecksumMismatch", 400, errors.Corrupted, AWAY),
    ("IncompleteBody", 400, errors.Unavailable, AWAY),
    ("RequestTimeout", 400, errors.Unavailable, AWAY),
    ("KeyTooLongError", 400, errors.InvalidKey, OK),
    ("InvalidObjectName", 400, errors.InvalidKey, OK),
    ("XMinioInvalidObjectName", 400, errors.InvalidKey, OK),
    ("ConditionalRequestConflict", 409, errors.Unavailable, AWAY),
    ("OperationAborted", 409, errors.Unavailable, AWAY),
    ("409", 409, errors.Unavailable, AWAY),
    ("SlowDown", 503, errors.Unavailable, AWAY),
    ("SlowDown", 429, errors.Unavailable, AWAY),
    ("TooManyRequests", 429, errors.Unavailable, AWAY),
    ("Throttling", 400, errors.Unavailable, AWAY),
    ("InternalError", 500, errors.Unavailable, AWAY),
    ("ServiceUnavailable", 503, errors.Unavailable, AWAY),
    ("XMinioStorageFull", 507, errors.Unavailable, AWAY),
    ("500", 500, errors.Unavailable, AWAY),
    ("502", 502, errors.Unavailable, AWAY),
    ("504", 504, errors.Unavailable, AWAY),
    ("408", 408, errors.Unavailable, AWAY),
    ("425", 425, errors.Unavailable, AWAY),
    ("429", 429, errors.Unavailable, AWAY),
    ("AccessDenied", 403, errors.AccessDenied, DENIED),
    ("403", 403, errors.AccessDenied, DENIED),
    ("401", 401, errors.AccessDenied, DENIED),
    ("NotSignedUp", 403, errors.AccessDenied, DENIED),
    ("InvalidObjectState", 403, errors.StorageError, OK),
    ("EntityTooLarge", 400, errors.StorageError, OK),
    ("MetadataTooLarge", 400, errors.StorageError, OK),
    ("AccessControlListNotSupported", 400, errors.StorageError, OK),
    ("InvalidArgument", 400, errors.StorageError, OK),
    ("NotImplemented", 501, errors.StorageError, OK),
    ("MethodNotAllowed", 405, errors.StorageError, OK),
    ("InvalidRange", 416, errors.StorageError, OK),
    ("304", 304, errors.StorageError, OK),
    ("", 0, errors.StorageError, OK),
]


@pytest.mark.parametrize(("code", "status", "kind", "exit_code"), ANSWERS)
def test_an_answer_has_the_class_that_says_what_to_do(
    code: str, status: int, kind: type[errors.StorageError], exit_code: int
) -> None:
    found = told(client_error(code, status))
    assert type(found) is kind
    assert (found.exit_code, found.key) == (exit_code, KEY)
    assert KEY in found.message


REFUSALS = [
    ("AccessDenied", 403, "permissions"),
    ("AllAccessDisabled", 403, "closed"),
    ("AccountProblem", 403, "account"),
    ("InvalidAccessKeyId", 403, "access_key"),
    ("SignatureDoesNotMatch", 403, "secret_key"),
    ("InvalidSecurity", 403, "credentials"),
    ("InvalidToken", 400, "session_token"),
    ("ExpiredToken", 400, "session_token"),
    ("TokenRefreshRequired", 400, "sign in"),
    ("UnauthorizedAccess", 403, "permissions"),
    ("RequestTimeTooSkewed", 403, "clock"),
    ("RequestExpired", 400, "clock"),
    ("Unauthorized", 401, "credentials"),
    ("403", 403, "permissions"),
]


@pytest.mark.parametrize(("code", "status", "word"), REFUSALS)
def test_a_refusal_names_the_credentials_and_what_to_look_at(
    code: str, status: int, word: str
) -> None:
    found = told(client_error(code, status))
    assert (type(found), found.exit_code) == (errors.AccessDenied, DENIED)
    assert WHERE.credentials in found.message
    assert "it said so" in found.message
    assert word in found.hint
    assert WHERE.bucket in told(client_error(code, status), "").message


@pytest.mark.parametrize(
    ("code", "status", "word"),
    [
        ("InvalidObjectState", 403, "archive"),
        ("EntityTooLarge", 400, "size"),
        ("MetadataTooLarge", 400, "metadata"),
        ("AccessControlListNotSupported", 400, "policy"),
    ],
)
def test_what_a_person_can_do_something_about_has_a_hint(code: str, status: int, word: str) -> None:
    found = told(client_error(code, status))
    assert word in found.hint
    assert code in found.message


@pytest.mark.parametrize("key", ["", KEY])
def test_a_missing_bucket_is_no_missing_object(key: str) -> None:
    found = told(client_error("NoSuchBucket", 404), key)
    assert (type(found), found.key, found.exit_code) == (errors.NotFound, "", AWAY)
    assert "my-bucket" in found.message
    assert "https://s3.example.com" in found.message
    assert "bucket_name" in found.hint


@pytest.mark.parametrize(("code", "status"), [("404", 404), ("NoSuchKey", 404), ("X", 404)])
def test_nothing_found_without_a_key_is_about_the_bucket(code: str, status: int) -> None:
    found = told(client_error(code, status), "")
    assert (type(found), found.key, found.exit_code) == (errors.NotFound, "", AWAY)
    assert "no bucket my-bucket" in found.message
    assert found.hint


@pytest.mark.parametrize("code", ["PermanentRedirect", "AuthorizationHeaderMalformed", "301"])
@pytest.mark.parametrize("told_in", ["the body", "a header"])
def test_a_bucket_elsewhere_says_where(code: str, told_in: str) -> None:
    more = {"Region": "eu-west-1"} if told_in == "the body" else {}
    headers = {} if more else {"x-amz-bucket-region": "eu-west-1"}
    found = told(client_error(code, 301, headers=headers, **more))
    assert (type(found), found.key, found.exit_code) == (errors.NotFound, "", AWAY)
    assert "in eu-west-1" in found.message
    assert found.hint == "set region: eu-west-1"


@pytest.mark.parametrize("code", ["TemporaryRedirect", "307", "IncorrectEndpoint", "301"])
def test_a_bucket_elsewhere_that_does_not_say_where_has_a_hint_too(code: str) -> None:
    found = told(client_error(code, 307))
    assert (type(found), found.exit_code) == (errors.NotFound, AWAY)
    assert "region" in found.hint
    assert "None" not in found.message


def test_a_malformed_signature_that_names_no_region_tells_what_the_service_said() -> None:
    said = "a non-empty Access Key (AKID) must be provided in the credential"
    found = told(client_error("AuthorizationHeaderMalformed", 400, message=said))
    assert said in found.message


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", None),
        ("", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_a_service_may_say_how_long_to_wait(header: str, wait: float | None) -> None:
    found = told(client_error("SlowDown", 503, headers={"retry-after": header}))
    assert isinstance(found, errors.Unavailable)
    assert found.wait == wait


@pytest.mark.parametrize("header", ["inf", "nan", "1e999", "1e300"])
def test_nobody_is_made_to_wait_for_ever(header: str) -> None:
    found = told(client_error("SlowDown", 503, headers={"retry-after": header}))
    assert isinstance(found, errors.Unavailable)
    assert found.wait is None or (math.isfinite(found.wait) and found.wait < 24 * 3600)


def test_without_such_a_wish_there_is_none() -> None:
    found = told(client_error("SlowDown", 503))
    assert isinstance(found, errors.Unavailable)
    assert found.wait is None


@given(st.text(), st.integers(100, 999), st.text(), st.sampled_from(["", KEY]))
def test_no_answer_however_odd_leaves_as_anything_else(
    code: str, status: int, message: str, key: str
) -> None:
    assert told(client_error(code, status, message=message), key).message


def test_an_answer_without_anything_in_it_is_an_error_too() -> None:
    found = told(vendor.ClientError({}, "GetObject"))
    assert (type(found), found.key) == (errors.StorageError, KEY)


# Where nothing was answered

_ARGUMENTS: dict[str, Any] = {"error": OSError("broken"), "msg": "m", "last_response": {}}


def _kinds(kind: type[vendor.BotoCoreError]) -> Iterator[type[vendor.BotoCoreError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


def instance(kind: type[Exception]) -> Exception:
    """An exception of the vendor with whatever its message asks for."""
    if kind is vendor.WaiterError:
        return vendor.WaiterError(name="n", reason="r", last_response={})
    names = {name for _, name, _, _ in Formatter().parse(str(getattr(kind, "fmt", ""))) if name}
    words = {name.partition(".")[0].partition("[")[0] for name in names}
    return kind(**{word: _ARGUMENTS.get(word, word) for word in words})


ALL = sorted(
    {kind for kind in _kinds(vendor.BotoCoreError) if kind.__module__ == vendor.__name__},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_nothing_of_the_vendors_crosses(kind: type[vendor.BotoCoreError]) -> None:
    found = told(instance(kind))
    assert found.message
    assert "{" not in found.message


@pytest.mark.parametrize(
    "kind",
    [
        *(vendor.NoCredentialsError, vendor.PartialCredentialsError, vendor.ProfileNotFound),
        *(vendor.CredentialRetrievalError, vendor.TokenRetrievalError, vendor.ConfigNotFound),
        *(vendor.UnauthorizedSSOTokenError, vendor.SSOTokenLoadError),
        *(vendor.MetadataRetrievalError, vendor.LoginRefreshRequired),
    ],
    ids=lambda kind: kind.__name__,
)
def test_missing_credentials_are_a_refusal_with_a_hint(kind: type[vendor.BotoCoreError]) -> None:
    found = told(instance(kind))
    assert (type(found), found.exit_code) == (errors.AccessDenied, DENIED)
    assert "my-bucket" in found.message
    assert "access_key" in found.hint


@pytest.mark.parametrize(
    "kind",
    [
        *(vendor.EndpointConnectionError, vendor.ConnectTimeoutError, vendor.ReadTimeoutError),
        *(vendor.ConnectionClosedError, vendor.ProxyConnectionError, vendor.HTTPClientError),
        *(vendor.ResponseStreamingError, vendor.IncompleteReadError),
    ],
    ids=lambda kind: kind.__name__,
)
def test_what_may_pass_is_tried_again(kind: type[vendor.BotoCoreError]) -> None:
    found = told(instance(kind))
    assert (type(found), found.key, found.exit_code) == (errors.Unavailable, KEY, AWAY)
    assert "https://s3.example.com" in found.message


@pytest.mark.parametrize("kind", [vendor.EndpointConnectionError, vendor.ConnectTimeoutError])
def test_a_service_that_cannot_be_reached_has_a_hint(kind: type[vendor.BotoCoreError]) -> None:
    assert "endpoint_url" in told(instance(kind)).hint


@pytest.mark.parametrize(
    "name",
    [
        *("ConfigParseError", "InvalidConfigError", "InfiniteLoopConfigError", "NoRegionError"),
        *("InvalidRegionError", "EndpointResolutionError", "MissingDependencyException"),
        *("InvalidDefaultsMode", "UnsupportedS3ConfigurationError", "InvalidProxiesConfigError"),
        *("InvalidEndpointConfigurationError", "RefreshWithMFAUnsupportedError"),
    ],
)
def test_what_only_a_person_can_mend_is_not_tried_again(name: str) -> None:
    found = told(instance(getattr(vendor, name)))
    assert not isinstance(found, errors.Unavailable | errors.Corrupted)


def test_a_certificate_that_nobody_trusts_is_not_tried_again() -> None:
    error = vendor.SSLError(endpoint_url="https://s3.example.com", error=OSError("self-signed"))
    found = told(error)
    assert (type(found), found.exit_code) == (errors.StorageError, AWAY)
    assert "self-signed" in found.message
    assert "ca_bundle" in found.hint


def test_an_argument_that_no_request_takes_is_the_callers_fault() -> None:
    found = told(vendor.ParamValidationError(report="no such thing"))
    assert (type(found), found.key) == (errors.StorageError, KEY)
    assert "no such thing" in found.message


@pytest.mark.parametrize("ours", [errors.NotFound("x", key="k"), errors.Interrupted("stop")])
def test_our_own_errors_pass_unchanged(ours: errors.BuckiaError) -> None:
    with pytest.raises(errors.BuckiaError) as caught, faults(WHERE, KEY):
        raise ours
    assert caught.value is ours


def test_a_mistake_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), faults(WHERE, KEY):
        raise ZeroDivisionError


def test_without_an_error_nothing_happens() -> None:
    with faults(WHERE, KEY):
        pass


# One line of many


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", errors.AccessDenied),
        ("InternalError", errors.Unavailable),
        ("ServiceUnavailable", errors.Unavailable),
        ("SlowDown", errors.Unavailable),
        ("PreconditionFailed", errors.VersionMismatch),
        ("NoSuchKey", errors.NotFound),
        ("MethodNotAllowed", errors.StorageError),
    ],
)
def test_a_line_of_an_answer_is_told_like_an_answer(
    code: str, kind: type[errors.StorageError]
) -> None:
    found = answered_in_200({"Key": KEY, "Code": code, "Message": "it said so"}, WHERE)
    assert (type(found), found.key) == (kind, KEY)


@pytest.mark.parametrize("row", [{}, {"Key": KEY}, {"Code": "X"}, {"Message": "m"}])
def test_a_line_that_says_little_is_an_error_too(row: dict[str, str]) -> None:
    found = answered_in_200(row, WHERE)
    assert (type(found), found.key) == (errors.StorageError, row.get("Key", ""))


def test_code_and_status_are_told_of_answers_only() -> None:
    error = client_error("NoSuchKey", 404)
    assert (code_of(error), status_of(error)) == ("NoSuchKey", 404)
    for other in (None, OSError("x"), vendor.NoCredentialsError(), vendor.ClientError({}, "X")):
        assert (code_of(other), status_of(other)) == ("", 0)
