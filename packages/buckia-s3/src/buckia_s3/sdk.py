"""The SDK's client: made when it is first needed, and never asked to do more than we mean."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buckia import digests
from buckia.patience import Patience
from buckia_s3.checks import in_base64
from buckia_s3.endpoint import Endpoint
from buckia_s3.options import Options

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.session import Session as BotocoreSession
    from mypy_boto3_s3 import S3Client

_UNTYPED: dict[str, Any] = {
    # Where the bucket is says the configuration alone.
    "ignore_configured_endpoint_urls": True,
}
"""Settings that the SDK's types do not know."""

_NO_PROFILE: Any = {"profile": (None, None, None, None)}
"""The SDK's word for a setting that nothing outside sets."""

CONNECTING = 20.0
"""Seconds in which a connection must stand; the rest of `timeout` is for answers."""

_SOURCES = {
    "env": "the AWS_* variables of the environment",
    "shared-credentials-file": "the file of AWS credentials",
    "config-file": "the file of AWS settings",
    "sso": "a single sign-on",
    "sso-credentials": "a single sign-on",
    "assume-role": "an assumed role",
    "assume-role-with-web-identity": "a role of a web identity",
    "container-role": "the role of this container",
    "iam-role": "the role of this machine",
    "custom-process": "the program that the AWS settings name",
    "login": "a sign-in with the AWS command line",
}


class Made:
    """A client, and what making it found out."""

    def __init__(
        self,
        options: Options,
        endpoint: Endpoint,
        trust: Path | None,
        timeout: float,
        *,
        width: int,
        is_anonymous: bool,
    ) -> None:
        # It takes half a second to import, which only those pay who send such requests.
        import boto3
        import botocore.session

        from buckia_s3.ends import read_plainly
        from buckia_s3.stream import be_patient

        has_own = options.anonymous or options.access_key is not None
        # AWS_PROFILE is for those who bring no credentials; to others it may name nothing.
        settings = botocore.session.Session(_NO_PROFILE if has_own else None)
        session = boto3.session.Session(
            aws_access_key_id=_text(options.access_key),
            aws_secret_access_key=_text(options.secret_key),
            aws_session_token=_text(options.session_token),
            profile_name=options.profile,
            botocore_session=settings,
        )
        self.region = endpoint.region or session.region_name or "us-east-1"
        self.verified = _verified(trust, settings)
        self.client: S3Client = session.client(
            "s3",
            region_name=self.region,
            endpoint_url=endpoint.url,
            verify=self.verified,
            config=_config(options, endpoint, timeout, width=width, is_anonymous=is_anonymous),
        )
        self.credentials: Credentials | None = None
        self.source: str | None = None
        """Where credentials were found, in words; None where nobody looked for any."""
        if not is_anonymous:
            # Only now: a role is assumed in the region of the client that was made last.
            self.credentials = session.get_credentials()
            if not (has_own or options.profile):
                self.source = _source(self.credentials)
        self._instead = _Instead()
        events: Any = self.client.meta.events
        events.register("before-call.s3", _before_call)
        events.register("before-parse.s3.ListObjectsV2", read_plainly)
        events.register("before-send.s3", self._instead_of_sending)
        be_patient(self.client, Patience(timeout))

    def reads(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        instead: Callable[[AWSPreparedRequest], AWSResponse],
    ) -> dict[str, Any]:
        """What it makes of an answer that comes from elsewhere."""
        self._instead.of_sending = instead
        try:
            found: dict[str, Any] = getattr(self.client, operation)(**arguments)
        finally:
            self._instead.of_sending = None
        return found

    def _instead_of_sending(self, request: AWSPreparedRequest, **_more: Any) -> AWSResponse | None:
        answering = self._instead.of_sending
        return None if answering is None else answering(request)


class _Instead(threading.local):
    """What this thread does instead of sending the request that it is making."""

    of_sending: Callable[[AWSPreparedRequest], AWSResponse] | None = None


def _source(found: Credentials | None) -> str:
    return _SOURCES.get(found.method, found.method) if found else "nobody"


def _config(
    options: Options, endpoint: Endpoint, timeout: float, *, width: int, is_anonymous: bool
) -> Config:
    from botocore import UNSIGNED
    from botocore.config import Config

    return Config(
        signature_version=UNSIGNED if is_anonymous else "s3v4",
        # Trying again is the engine's, which counts and tells it.
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=min(timeout, CONNECTING),
        read_timeout=timeout,
        max_pool_connections=width,
        tcp_keepalive=True,
        # Checksums are sent where we mean them, in headers that every service understands.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        use_dualstack_endpoint=options.dualstack,
        user_agent_extra="buckia",
        s3={
            "addressing_style": endpoint.style,
            "use_accelerate_endpoint": options.accelerate,
        },
        **_UNTYPED,
    )


def _before_call(model: Any, params: dict[str, Any], **_more: Any) -> None:
    """What the SDK would do otherwise, for every request."""
    # A bucket elsewhere is an error with the region in it. Following costs each request a second
    # one, and where two services send to each other it never ends.
    params["context"].get("s3_redirect", {})["redirected"] = True
    body = params.get("body")
    needs_checksum = (model.http_checksum or {}).get("requestChecksumRequired")
    if (needs_checksum or model.http_checksum_required) and isinstance(body, bytes):
        # Services of another age insist on this one, and all others understand it.
        params["headers"]["Content-MD5"] = in_base64(digests.of(body, "md5"))


def _verified(trust: Path | None, settings: BotocoreSession) -> str | bool:
    """The certificates to hold a service against: ours, those of the AWS settings, the usual.

    Left to itself, the SDK takes a setting that is empty for the wish to look at none.
    """
    if trust is not None:
        return str(trust)
    told = (settings.get_config_variable("ca_bundle"), os.environ.get("REQUESTS_CA_BUNDLE"))
    return next((one for one in told if one and one.strip()), True)


def _text(secret: Any) -> str | None:
    return None if secret is None else secret.reveal()
