"""The one way to the service: a client that is made when it is first needed, and its error seam."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from buckia import digests
from buckia.errors import ConfigError
from buckia.patience import Patience
from buckia.provider import Context
from buckia.web import trusted
from buckia_s3.checks import in_base64
from buckia_s3.endpoint import Endpoint, endpoint
from buckia_s3.faults import Where, faults
from buckia_s3.options import Options

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session as BotocoreSession
    from mypy_boto3_s3 import S3Client

_UNTYPED: dict[str, Any] = {
    # Where the bucket is says the configuration alone.
    "ignore_configured_endpoint_urls": True,
}
"""Settings that the SDK's types do not know."""

_NO_PROFILE: Any = {"profile": (None, None, None, None)}
"""The SDK's word for a setting that nothing outside sets."""

_CONNECTING = 20.0
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


class Connection:
    """Requests to one bucket. Safe to use from many threads, as its client is."""

    def __init__(self, options: Options, context: Context, *, width: int) -> None:
        self.bucket = context.bucket_name
        self.endpoint: Endpoint = endpoint(options, context)
        self._options = options
        self._timeout = context.timeout
        self._width = width
        self.trust = trusted(options.ca_bundle, context.base)
        """The certificates that alone are trusted; None for those of this machine."""
        self._lock = Lock()
        self._made: S3Client | None = None
        self._unsigned: S3Client | None = None
        _check_keys(options)
        self.where = Where(self.bucket, self.endpoint.name, _given(options))

    @property
    def client(self) -> S3Client:
        """The SDK's client. Making it reads the AWS configuration; where all credentials are the
        role of a machine, that machine's service is asked for them.
        """
        with self._lock:
            if self._made is None:
                with faults(self.where):
                    self._made = self._make(is_anonymous=self.is_anonymous)
            return self._made

    @property
    def unsigned(self) -> S3Client:
        """One that looks for no credentials, for addresses without a signature."""
        if self.is_anonymous:
            return self.client
        with self._lock:
            if self._unsigned is None:
                with faults(self.where):
                    self._unsigned = self._make(is_anonymous=True)
            return self._unsigned

    @property
    def is_anonymous(self) -> bool:
        return self._options.anonymous

    def call(self, operation: str, key: str = "", /, **arguments: Any) -> dict[str, Any]:
        """One request about this bucket, and where one is named about one key of it."""
        client = self.client
        if key:
            arguments["Key"] = key
        from buckia_s3.stream import hanging_up

        with faults(self.where, key), hanging_up():
            found: dict[str, Any] = getattr(client, operation)(Bucket=self.bucket, **arguments)
        return found

    def close(self) -> None:
        with self._lock:
            made = (self._made, self._unsigned)
            self._made = self._unsigned = None
        for client in made:
            if client is not None:
                client.close()

    def _make(self, *, is_anonymous: bool) -> S3Client:
        # It takes half a second to import, which only those pay who send requests.
        import boto3
        import botocore.session

        from buckia_s3.ends import read_plainly
        from buckia_s3.stream import be_patient

        options, endpoint = self._options, self.endpoint
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
        region = endpoint.region or session.region_name or "us-east-1"
        if not (has_own or options.profile or is_anonymous):
            found = session.get_credentials()
            word = _SOURCES.get(found.method, found.method) if found else "nobody"
            self.where = self.where._replace(credentials=word)
        client = session.client(
            "s3",
            region_name=region,
            endpoint_url=endpoint.url,
            verify=_verified(self.trust, settings),
            config=self._config(is_anonymous=is_anonymous),
        )
        client.meta.events.register("before-call.s3", _before_call)
        client.meta.events.register("before-parse.s3.ListObjectsV2", read_plainly)
        be_patient(client, Patience(self._timeout))
        return client

    def _config(self, *, is_anonymous: bool) -> Config:
        from botocore import UNSIGNED
        from botocore.config import Config

        return Config(
            signature_version=UNSIGNED if is_anonymous else "s3v4",
            # Trying again is the engine's, which counts and tells it.
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=min(self._timeout, _CONNECTING),
            read_timeout=self._timeout,
            max_pool_connections=self._width,
            tcp_keepalive=True,
            # Checksums are sent where we mean them, in headers that every service understands.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            use_dualstack_endpoint=self._options.dualstack,
            user_agent_extra="buckia",
            s3={
                "addressing_style": self.endpoint.style,
                "use_accelerate_endpoint": self._options.accelerate,
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
        params["headers"]["Content-MD5"] = in_base64(digests.of((body,), "md5"))


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


def _given(options: Options) -> str:
    if options.anonymous:
        return "nobody in particular (anonymous)"
    if options.access_key is not None:
        return "the access_key of the configuration"
    return f"the profile {options.profile}" if options.profile else "the credentials found"


def _check_keys(options: Options) -> None:
    if (options.access_key is None) != (options.secret_key is None):
        there, missing = ("an access_key", "secret_key")
        if options.access_key is None:
            there, missing = ("a secret_key", "access_key")
        raise ConfigError(f"there is {there} but no {missing}", hint=f"set {missing} as well")
    if options.session_token is not None and options.access_key is None:
        raise ConfigError("a session_token belongs to an access_key", hint="set access_key as well")
    ways = {
        "access_key": options.access_key is not None,
        "profile": options.profile is not None,
        "anonymous": options.anonymous,
    }
    if sum(ways.values()) > 1:
        named = " and ".join(name for name, is_given in ways.items() if is_given)
        raise ConfigError(
            f"{named} contradict each other", hint="one way to sign requests is enough"
        )
