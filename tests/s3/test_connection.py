"""The one way to the service: how requests are made, signed and limited, seen on the wire."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from buckia.errors import AccessDenied, NotFound, StorageError, Unavailable
from buckia.provider import Context
from buckia.secrets import Secret
from buckia_s3.connection import Connection
from buckia_s3.options import Options
from tests.s3.servers.certificate import issue

KEYS = {"access_key": Secret("AK-CONF"), "secret_key": Secret("SK-CONF")}
LIST = "list_objects_v2"
BY_SDK = "create_multipart_upload"
"""One of the operations that only the SDK knows how to send."""
_opened: list[Connection] = []
"""To be closed when the test is over."""


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lower-case names."""
    body: bytes

    @property
    def signer(self) -> str:
        """The access key and the region that signed it."""
        found = re.match(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/s3/aws4_request, ",
            self.headers.get("authorization", ""),
        )
        return f"{found[1]} {found[2]}" if found else "nobody"


class Wire(ThreadingHTTPServer):
    """Answers everything in one way, and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status, self.body = 200, b""
        self.headers: dict[str, str] = {}
        self.held = threading.Event()
        """Answers wait for it."""
        self.held.set()
        super().__init__(("127.0.0.1", 0), Incoming)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, text: str, status: int = 200, **headers: str) -> None:
        self.status, self.body = status, text.encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def fail(self, status: int, code: str, **headers: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>m</Message></Error>"
        self.answer(text, status, **headers)

    def only(self) -> Asked:
        (asked,) = self.asked
        return asked


class Incoming(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, names, body))
        self.server.held.wait(20)
        try:
            self.send_response(self.server.status)
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(self.server.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(self.server.body)
        except OSError:
            # The client did not wait for it.
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any  # noqa: N815 - as http.server wants

    def log_message(self, *_words: Any) -> None:
        """Nothing: it is remembered."""


@contextmanager
def serving(wire: Wire) -> Iterator[Wire]:
    thread = threading.Thread(target=wire.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield wire
    finally:
        wire.held.set()
        wire.shutdown()
        thread.join()
        wire.server_close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving(Wire()) as running:
        yield running


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without any AWS settings; returns the folder in which they may be written."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    yield tmp_path
    while _opened:
        _opened.pop().close()


def connection(wire: Wire, options: Mapping[str, Any] = KEYS, **more: Any) -> Connection:
    fields = {"bucket_name": "bucket", "base": Path("/nowhere"), "endpoint_url": wire.url}
    made = Connection(Options(**options), Context(**{**fields, **more}), width=33)
    _opened.append(made)
    return made


# What goes over the wire


def test_a_write_is_signed_whole_and_carries_nothing_that_nobody_asked_for(wire: Wire) -> None:
    connection(wire).call("put_object", "a/é b", Body=b"abc", Metadata={"mtime": "1.5"})
    asked = wire.only()
    assert (asked.method, asked.target, asked.body) == ("PUT", "/bucket/a/%C3%A9%20b", b"abc")
    assert asked.signer == "AK-CONF us-east-1"
    assert asked.headers["x-amz-content-sha256"].startswith("ba7816bf8f01cfea")
    assert asked.headers["x-amz-meta-mtime"] == "1.5"
    assert "buckia" in asked.headers["user-agent"]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_object", {"Body": b"abc"}),
        ("put_object", {"Body": b"abc", "ContentMD5": "kAFQmDzST7DWlj99KOF/cg=="}),
        ("upload_part", {"Body": b"abc", "UploadId": "u", "PartNumber": 1}),
        ("create_multipart_upload", {}),
        ("get_object", {}),
        ("head_object", {}),
    ],
)
def test_no_checksum_and_no_trailer_is_added(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, operation: str, arguments: dict[str, Any]
) -> None:
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
    monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_supported")
    wire.answer("<X><UploadId>u</UploadId></X>" if operation.startswith("create") else "")
    connection(wire).call(operation, "a", **arguments)
    headers = wire.only().headers
    assert not [name for name in headers if "checksum" in name or "trailer" in name]
    assert not {"transfer-encoding", "content-encoding", "x-amz-decoded-content-length"} & {
        *headers
    }
    assert headers["x-amz-content-sha256"] != "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert headers.get("content-md5") == arguments.get("ContentMD5")


def test_what_needs_a_checksum_has_the_one_that_services_of_any_age_know(wire: Wire) -> None:
    wire.answer("<DeleteResult/>")
    connection(wire).call("delete_objects", Delete={"Objects": [{"Key": "a"}]})
    md5 = hashlib.md5(wire.only().body).digest()
    assert wire.only().headers.get("content-md5") == base64.b64encode(md5).decode()


def test_a_checksum_that_is_asked_for_is_a_header(wire: Wire) -> None:
    digest = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    connection(wire).call("put_object", "a", Body=b"abc", ChecksumSHA256=digest)
    assert wire.only().headers["x-amz-checksum-sha256"] == digest
    assert "x-amz-trailer" not in wire.only().headers


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown")])
@pytest.mark.parametrize("attempts", [None, "7"])
@pytest.mark.parametrize("operation", ["get_object", BY_SDK])
def test_nothing_is_tried_again_by_the_client(
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    attempts: str | None,
    operation: str,
) -> None:
    if attempts is not None:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", attempts)
        monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    wire.fail(status, code, Retry_After="7")
    with pytest.raises(Unavailable) as caught:
        connection(wire).call(operation, "a")
    assert (caught.value.wait, caught.value.key, len(wire.asked)) == (7.0, "a", 1)


def test_a_failure_in_an_answer_of_success_is_a_failure(wire: Wire) -> None:
    wire.answer("<Error><Code>InternalError</Code><Message>m</Message></Error>")
    with pytest.raises(Unavailable):
        connection(wire).call("copy_object", "a", CopySource={"Bucket": "bucket", "Key": "b"})
    assert len(wire.asked) == 1


@pytest.mark.parametrize(("status", "code"), [(301, "PermanentRedirect"), (307, "307"), (302, "X")])
@pytest.mark.parametrize("operation", [LIST, "head_bucket"])
def test_an_endpoint_that_sends_elsewhere_is_an_error_and_no_circle(
    wire: Wire, status: int, code: str, operation: str
) -> None:
    wire.fail(status, code, Location="https://elsewhere.invalid/")
    with pytest.raises(NotFound) as caught:
        connection(wire).call(operation)
    assert "endpoint_url" in caught.value.hint
    assert len(wire.asked) == 1


def test_a_bucket_in_another_region_is_told(wire: Wire) -> None:
    wire.fail(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1")
    with pytest.raises(NotFound) as caught:
        connection(wire).call(LIST)
    assert caught.value.hint == "set region: eu-west-1"
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    ("operation", "key", "body", "headers"),
    [
        ("head_object", "a", "", {"Last_Modified": "yesterday", "ETag": '"a"'}),
        (LIST, "", "<X><Contents><Key>a</Key><Size>much</Size></Contents></X>", {}),
        (LIST, "", "<X><Contents><LastModified>never</LastModified></Contents></X>", {}),
        (LIST, "", "<ListBucketResult><Contents>", {}),
        (LIST, "", "<html><br></html>", {}),
    ],
)
def test_an_answer_that_nobody_can_read_is_an_error_of_ours(
    wire: Wire, operation: str, key: str, body: str, headers: dict[str, str]
) -> None:
    wire.answer(body, 200, **headers)
    with pytest.raises(StorageError):
        connection(wire).call(operation, key)


def test_a_service_that_says_nothing_is_not_waited_for_longer_than_was_set(wire: Wire) -> None:
    wire.held.clear()
    with pytest.raises(Unavailable):
        connection(wire, timeout=0.2).call("get_object", "a")
    assert len(wire.asked) == 1


def test_a_connection_that_breaks_before_it_is_secure_may_be_made_anew(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"

        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unavailable):
            connection(wire, endpoint_url=url).call("get_object", "a")
        thread.join()


# Who asks


def test_a_session_token_goes_with_its_keys(wire: Wire) -> None:
    connection(wire, {**KEYS, "session_token": Secret("TOKEN")}).call(LIST)
    assert wire.only().signer == "AK-CONF us-east-1"
    assert wire.only().headers["x-amz-security-token"] == "TOKEN"


def test_who_is_anonymous_signs_nothing_whatever_the_machine_knows(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AK-ENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SK-ENV")
    made = connection(wire, {"anonymous": True})
    made.call(LIST)
    assert not {"authorization", "x-amz-date", "x-amz-security-token"} & {*wire.only().headers}
    assert "anonymous" in made.where.credentials


FILES = {
    "credentials": "[default]\naws_access_key_id = AK-FILE\naws_secret_access_key = SK-FILE\n"
    "[me]\naws_access_key_id = AK-ME\naws_secret_access_key = SK-ME\naws_session_token = T-ME\n",
    "config": "[profile other]\naws_access_key_id = AK-OTHER\naws_secret_access_key = S\n"
    "region = eu-west-9\n[profile half]\naws_access_key_id = AK\n"
    "[profile lost]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = nobody\n",
}
ENV = {"AWS_ACCESS_KEY_ID": "AK-ENV", "AWS_SECRET_ACCESS_KEY": "SK-ENV"}


@pytest.mark.parametrize(
    ("options", "env", "signer", "token", "word"),
    [
        (KEYS, ENV, "AK-CONF", None, "access_key of the configuration"),
        ({}, ENV, "AK-ENV", None, "AWS_* variables"),
        ({}, {**ENV, "AWS_SESSION_TOKEN": "T-ENV"}, "AK-ENV", "T-ENV", "AWS_* variables"),
        ({}, {}, "AK-FILE", None, "file of AWS credentials"),
        ({"profile": "me"}, {}, "AK-ME", "T-ME", "profile me"),
        ({"profile": "me"}, ENV, "AK-ME", "T-ME", "profile me"),
        ({"profile": "other"}, {}, "AK-OTHER", None, "profile other"),
        ({}, {"AWS_PROFILE": "me"}, "AK-ME", "T-ME", "file of AWS credentials"),
    ],
)
def test_the_credentials_that_are_found_sign_and_are_named_in_errors(
    wire: Wire,
    aws: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    env: dict[str, str],
    signer: str,
    token: str | None,
    word: str,
) -> None:
    for name, text in FILES.items():
        (aws / name).write_text(text)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    wire.fail(403, "AccessDenied")
    with pytest.raises(AccessDenied) as caught:
        connection(wire, options).call("get_object", "a")
    assert wire.only().signer == f"{signer} us-east-1"
    assert wire.only().headers.get("x-amz-security-token") == token
    assert word in caught.value.message
    assert not re.search("SK-|T-ENV|T-ME", f"{caught.value.message} {caught.value.hint}")


def test_who_brings_credentials_needs_no_profile(
    wire: Wire, aws: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (aws / "config").write_text(FILES["config"])
    monkeypatch.setenv("AWS_PROFILE", "missing")
    for options in (KEYS, {"anonymous": True}):
        connection(wire, options).call(LIST)
    assert len(wire.asked) == 2


@pytest.mark.parametrize(
    ("options", "env"),
    [
        ({}, {}),
        ({"profile": "missing"}, {}),
        ({"profile": "half"}, {}),
        ({"profile": "lost"}, {}),
        ({}, {"AWS_ACCESS_KEY_ID": "AK"}),
        ({}, {"AWS_PROFILE": "missing"}),
    ],
)
def test_without_credentials_nothing_is_asked(
    wire: Wire,
    aws: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    env: dict[str, str],
) -> None:
    (aws / "config").write_text(FILES["config"])
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AccessDenied) as caught:
        connection(wire, options).call(LIST)
    assert caught.value.exit_code == 3
    assert "access_key" in caught.value.hint
    assert wire.asked == []


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("operation", [LIST, "head_bucket"], ids=["by the lane", "by the SDK"])
def test_a_certificate_of_ones_own_is_trusted_where_its_bundle_is_named(
    tmp_path: Path, trusted: bool, operation: str
) -> None:
    certificate = issue(tmp_path)
    wire = Wire()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.chain, certificate.key)
    wire.socket = tls.wrap_socket(wire.socket, server_side=True)
    options = {**KEYS, "ca_bundle": certificate.chain.name} if trusted else KEYS
    url = wire.url.replace("http:", "https:")
    with serving(wire):
        made = connection(wire, options, endpoint_url=url, base=tmp_path)
        if trusted:
            made.call(operation)
            assert wire.only().signer == "AK-CONF us-east-1"
        else:
            with pytest.raises(StorageError, match="no secure connection") as caught:
                made.call(operation)
            assert not isinstance(caught.value, Unavailable)
            assert "ca_bundle" in caught.value.hint
        # The server waits for connections that are still open.
        made.close()
