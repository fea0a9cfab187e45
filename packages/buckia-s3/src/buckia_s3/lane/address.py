"""Where a bucket is, and in whose name it is asked: as written down, or as the SDK has it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from buckia_s3.endpoint import Endpoint
from buckia_s3.lane.lines import Place
from buckia_s3.lane.signing import Keys
from buckia_s3.options import Options

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from buckia_s3.sdk import Made

_PORTS = {"http": 80, "https": 443}
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/[0-9]{8}/([^/]+)/s3/aws4_request, ")
_NAME = "x"


class Address(NamedTuple):
    place: Place
    path: str
    """What stands before each key."""
    region: str
    keys: Callable[[], Keys | None]
    """Those that hold now; None for requests that nobody signs."""

    @property
    def host(self) -> str:
        """The place as requests name it."""
        port = self.place.port
        name = f"[{self.place.host}]" if ":" in self.place.host else self.place.host
        return name if port == _PORTS[self.place.scheme] else f"{name}:{port}"


def written_down(
    options: Options, endpoint: Endpoint, bucket: str, trust: Path | None
) -> Address | None:
    """Where all of it is said plainly; None where only the SDK can tell."""
    if endpoint.url is None or endpoint.region is None or _has_settings():
        return None
    if options.anonymous:
        keys = None
    elif options.access_key is not None and options.secret_key is not None:
        token = options.session_token
        keys = Keys(
            options.access_key.reveal(),
            options.secret_key.reveal(),
            None if token is None else token.reveal(),
        )
    else:
        return None
    parts = urlsplit(endpoint.url)
    host, path = parts.hostname or "", parts.path.rstrip("/")
    if endpoint.style == "path":
        path = f"{path}/{bucket}"
    elif endpoint.style == "virtual":
        host = f"{bucket}.{host}"
    else:
        return None
    place = Place(parts.scheme, host, parts.port or _PORTS[parts.scheme], _certificates(trust))
    return None if is_proxied(place.url) else Address(place, path, endpoint.region, lambda: keys)


def learned(made: Made, bucket: str) -> Address | None:
    """From a request that the SDK makes and does not send; None where it signs in another way."""
    seen: list[Any] = []

    def look(request: AWSPreparedRequest) -> AWSResponse:
        from buckia_s3.lane.replay import nothing

        seen.append(request)
        return nothing(request.url)

    made.reads("head_object", {"Bucket": bucket, "Key": _NAME}, look)
    url, signed = str(seen[0].url), _text(seen[0].headers.get("Authorization"))
    parts = urlsplit(url)
    if parts.query or not parts.path.endswith(f"/{_NAME}") or is_proxied(url):
        return None
    credentials, region = made.credentials, made.region
    if signed is not None:
        scope = _SCOPE.match(signed)
        if scope is None or credentials is None:
            return None
        region = scope[1]

    def keys() -> Keys | None:
        if signed is None or credentials is None:
            return None
        now = credentials.get_frozen_credentials()
        return Keys(str(now.access_key), str(now.secret_key), now.token)

    trust = None if made.verified is True else Path(str(made.verified))
    host = parts.hostname or ""
    place = Place(parts.scheme, host, parts.port or _PORTS[parts.scheme], _certificates(trust))
    return Address(place, parts.path.removesuffix(f"/{_NAME}"), region, keys)


def _text(header: str | bytes | None) -> str | None:
    """The SDK writes some headers this way, and some the other."""
    return header.decode() if isinstance(header, bytes) else header


def _has_settings() -> bool:
    """Whether there is a file of AWS settings, which may say anything about any request."""
    told = os.environ.get("AWS_CONFIG_FILE")
    return Path(told or "~/.aws/config").expanduser().exists()


def _certificates(trust: Path | None) -> str:
    """The file of those that are trusted, the very one that the SDK would take."""
    if trust is not None:
        return str(trust)
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if (told := os.environ.get(name, "")).strip():
            return told
    try:
        import certifi
    except ImportError:
        import botocore

        return str(Path(botocore.__file__).with_name("cacert.pem"))
    return certifi.where()


def is_proxied(url: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether requests to this address go by way of somebody else."""
    is_asked_of_system = sys.platform in {"win32", "darwin"}
    if not is_asked_of_system and not any(name.lower().endswith("_proxy") for name in environ):
        # It takes as long to import as a hundred requests.
        return False
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    return parts.scheme in getproxies() and not proxy_bypass(parts.netloc)
