"""What looks like a secret is taken out of texts of others, and out of no name of a file."""

from __future__ import annotations

import logging

import pytest

from buckia.client.veil import veiled_result, veiling
from buckia.errors import Unavailable
from buckia.results import Failure, SyncResult
from buckia.secrets import Redactor, Secret

SECRET = "aB3%2F+/xyz=="
SIGNED = (
    "https://b.example.com/a%20b.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIDOFANN%2F20260131%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260131T1"
    "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=SECRET&X-Amz-Signature=SECRET"
)


@pytest.mark.parametrize(
    "text",
    [
        SIGNED,
        SIGNED.replace("&", "&amp;"),
        "https://b.example.com/a?AWSAccessKeyId=SECRET&Signature=SECRET&Expires=1",
        "https://ann.b-cdn.net/a.txt?token=HS256-SECRET&expires=1793272000",
        "https://ann.b-cdn.net/bcdn_token=HS256-SECRET&token_path=%2Fv%2F&expires=1/v/list.m3u8",
        "https://a.example.com/a?sv=2024&sig=SECRET",
        "https://ann:SECRET@example.com/a".replace("/", "/"),
        "AccessKey: SECRET",
        "{'AccessKey': 'SECRET', 'Accept': '*/*'}",
        "{'X-Amz-Security-Token': b'SECRET'}",
        "x-amz-security-token:SECRET\nx-amz-date:2026",
        "Authorization: Bearer SECRET",
        "'Authorization': b'AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=a;b, Signature=SECRET'",
        "Proxy-Authorization: Basic SECRET",
        "x-amz-server-side-encryption-customer-key: SECRET",
        "Signature:\nSECRET",
        "<SecretAccessKey>SECRET</SecretAccessKey><SessionToken>SECRET</SessionToken>",
        '{"accessToken": "SECRET", "refreshToken":"SECRET"}',
        r'b"{\"SecretAccessKey\": \"SECRET\"}"',
        "WebIdentityToken=SECRET&Action=Assume",
        "uri=%2Fa&X-Amz-Signature%3DSECRET",
    ],
)
def test_secrets_are_known_by_the_words_before_them(text: str) -> None:
    secret = "aB3xyzAndMore" if "://ann:" in text else SECRET
    cleaned = Redactor().redact_told(text.replace("SECRET", secret))
    assert secret not in cleaned
    assert "aB3" not in cleaned
    assert "***" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        'bucket "notes", key "api_key": the secret is missing',
        'bucket "notes", key "password": the secret is missing',
        "check session_token, or sign in again",
        "there is a secret_key but no access_key: set both",
        "The request signature we calculated does not match the signature you provided.",
        "notes/token=5.txt and accesskeys: 5",
        "the basic authorization of ann is gone",
        "a signature that fits: none of ours",
        "https://b.example.com/a.txt?X-Amz-Expires=3600 at 12:30",
        "ssh://example.com:22/a@b",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert Redactor().redact_told(text) == text


def test_the_rest_of_a_signed_address_can_still_be_read() -> None:
    cleaned = Redactor().redact_told(SIGNED.replace("SECRET", SECRET))
    assert cleaned.startswith("https://b.example.com/a%20b.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "&X-Amz-Expires=3600&" in cleaned


def test_names_of_files_are_told_as_they_are() -> None:
    name = "index.html?token=abcdef&Signature=abc"
    assert Redactor().redact(name) == name
    failure = Failure(path=name, error="Unavailable", message=f"no answer to /{name}")
    told = veiled_result(SyncResult(name="a", failed=(failure,)), Redactor()).failed[0]
    assert told.path == name
    assert "abcdef" not in told.message


def test_errors_of_services_are_cleaned_on_their_way_out() -> None:
    said = SIGNED.replace("SECRET", SECRET)
    with pytest.raises(Unavailable) as caught, veiling(Redactor()):
        raise Unavailable(f"refused: {said}", hint=f"see {said}")
    assert SECRET not in f"{caught.value} {caught.value.message} {caught.value.hint}"


def test_records_of_logs_are_cleaned_of_what_nobody_has_told_us() -> None:
    record = logging.makeLogRecord({"msg": "headers: %s", "args": ({"AccessKey": SECRET},)})
    assert Redactor().filter(record)
    assert SECRET not in record.getMessage()
    assert record.getMessage() == "headers: {'AccessKey': '***'}"


def test_a_known_secret_goes_first() -> None:
    redactor = Redactor()
    redactor.add(Secret("opensesame").reveal())
    assert redactor.redact_told("token opensesame, ?token=other") == "token ***, ?token=***"
