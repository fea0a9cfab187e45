"""The one way to the service, and its error seam: the short lane, or the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import buckia
from buckia.errors import ConfigError
from buckia.patience import Patience
from buckia.provider import Context
from buckia.web import trusted
from buckia_s3.asked import Answer, Asked, begun
from buckia_s3.endpoint import Endpoint, endpoint
from buckia_s3.faults import Where, faults
from buckia_s3.lane.address import learned, written_down
from buckia_s3.lane.lane import Lane, Sent
from buckia_s3.lane.lines import Lines, Times
from buckia_s3.lane.requests import OPERATIONS
from buckia_s3.options import Options

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_s3 import S3Client

    from buckia_s3.sdk import Made

_CONNECTING = 20.0
"""Seconds in which a connection must stand; the rest of `timeout` is for answers."""


class Connection:
    """Requests to one bucket. Safe to use from many threads, as both of its ways are."""

    def __init__(self, options: Options, context: Context, *, width: int) -> None:
        self.bucket = context.bucket_name
        self.endpoint: Endpoint = endpoint(options, context)
        self._options = options
        self._timeout = context.timeout
        self._width = width
        self.trust = trusted(options.ca_bundle, context.base)
        """The certificates that alone are trusted; None for those of this machine."""
        self._lock = Lock()
        self._made: Made | None = None
        self._unsigned: Made | None = None
        self._lane: Lane | None = None
        self._is_laid = False
        _check_keys(options)
        self.where = Where(self.bucket, self.endpoint.name, _given(options))

    @property
    def client(self) -> S3Client:
        """The SDK's client. Making it reads the AWS configuration; where all credentials are the
        role of a machine, that machine's service is asked for them.
        """
        return self._sdk().client

    @property
    def unsigned(self) -> S3Client:
        """One that looks for no credentials, for addresses without a signature."""
        if self.is_anonymous:
            return self.client
        with self._lock:
            if self._unsigned is None:
                self._unsigned = self._make(is_anonymous=True)
            return self._unsigned.client

    @property
    def is_anonymous(self) -> bool:
        return self._options.anonymous

    def is_direct(self) -> bool:
        """Whether requests can be on their way while something else is done."""
        return self._short() is not None

    def call(self, operation: str, key: str = "", /, **arguments: Any) -> dict[str, Any]:
        """One request about this bucket, and where one is named about one key of it."""
        return self.begin(operation, key, **arguments).end()

    def begin(
        self, operation: str, key: str = "", /, *, sha256: str = "", **arguments: Any
    ) -> Asked[Answer]:
        """The same, waited for later. Who knows the digest of the body spares it another one."""
        if key:
            arguments["Key"] = key
        return begun(lambda: self._begun(operation, key, arguments, sha256))

    def _begun(self, operation: str, key: str, arguments: Answer, sha256: str) -> Asked[Answer]:
        lane = self._short() if operation in OPERATIONS else None
        sent = None
        if lane is not None:
            with faults(self.where, key):
                sent = lane.send(operation, arguments, sha256)
        if sent is None:
            return Asked(partial(self._asked, operation, key, arguments))
        return Asked(partial(self._heard, sent, key), sent.abandon)

    def close(self) -> None:
        with self._lock:
            made = (self._made, self._unsigned)
            self._made = self._unsigned = None
            lane, self._lane, self._is_laid = self._lane, None, False
        for one in made:
            if one is not None:
                one.client.close()
        if lane is not None:
            lane.close()

    def _heard(self, sent: Sent, key: str) -> dict[str, Any]:
        with faults(self.where, key):
            return sent.heard()

    def _asked(self, operation: str, key: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The same by the SDK."""
        client = self.client
        from buckia_s3.stream import hanging_up

        with faults(self.where, key), hanging_up():
            found: dict[str, Any] = getattr(client, operation)(Bucket=self.bucket, **arguments)
        return found

    def _short(self) -> Lane | None:
        if self._is_laid:
            return self._lane
        with self._lock:
            if not self._is_laid:
                self._lane = self._laid()
                self._is_laid = True
            return self._lane

    def _laid(self) -> Lane | None:
        address = written_down(self._options, self.endpoint, self.bucket, self.trust)
        if address is None:
            with faults(self.where):
                address = learned(self._known(), self.bucket)
        if address is None:
            return None
        times = Times(min(self._timeout, _CONNECTING), self._timeout)
        lines = Lines(address.place, times, Patience(self._timeout), width=self._width)
        return Lane(address, lines, f"buckia/{buckia.__version__}", self._reread)

    def _reread(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        instead: Callable[[AWSPreparedRequest], AWSResponse],
    ) -> dict[str, Any]:
        return self._sdk().reads(operation, {"Bucket": self.bucket, **arguments}, instead)

    def _sdk(self) -> Made:
        with self._lock:
            return self._known()

    def _known(self) -> Made:
        """The SDK as it signs; to be asked for while locked."""
        if self._made is None:
            self._made = self._make(is_anonymous=self.is_anonymous)
            if self._made.source is not None:
                self.where = self.where._replace(credentials=self._made.source)
        return self._made

    def _make(self, *, is_anonymous: bool) -> Made:
        from buckia_s3.sdk import Made

        with faults(self.where):
            return Made(
                self._options,
                self.endpoint,
                self.trust,
                self._timeout,
                width=self._width,
                is_anonymous=is_anonymous,
            )


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
