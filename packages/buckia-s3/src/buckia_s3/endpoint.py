"""From the configuration to the address of a bucket; no request is made here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia_s3.options import Options

Style = Literal["auto", "path", "virtual"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*")
"""A bucket's name that can be the first part of a host's."""
_LONGEST_LABEL = 63
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"|[0-9a-fA-F:]*:[0-9a-fA-F:]*"
)
_NUMBERS = re.compile(r"[0-9.]+")
_REGION = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_AWS = re.compile(r"(?:^|\.)amazonaws\.com(?:\.cn)?$")
_STYLES: Mapping[str, Style] = {"path": "path", "host": "virtual"}


class Endpoint(NamedTuple):
    url: str | None
    """None for the address that the region has at AWS."""
    region: str | None
    style: Style
    """Where the bucket's name stands, in the SDK's words."""

    @property
    def name(self) -> str:
        return self.url or (f"AWS ({self.region})" if self.region else "AWS")


def endpoint(options: Options, context: Context) -> Endpoint:
    """Where the bucket is; what cannot be right is a ConfigError."""
    if not _NAME.fullmatch(context.bucket_name):
        raise ConfigError(
            f"{context.bucket_name!r} cannot be the name of a bucket",
            hint="bucket names have 3 to 63 letters, digits, dots and hyphens",
        )
    if context.region is not None and not _REGION.fullmatch(context.region):
        raise ConfigError(
            f"{context.region!r} cannot be a region", hint="regions look like eu-central-1"
        )
    url = _url(context)
    _insist_on_sense(options, context.bucket_name, url)
    is_aws = url is None or _AWS.search(urlsplit(url).hostname or "") is not None
    style = _STYLES.get(options.addressing) or _usual_style(context.bucket_name, is_aws=is_aws)
    # A region is part of what is signed, and most others do not care which.
    region = context.region or (None if is_aws else "us-east-1")
    return Endpoint(url, region, style)


def _usual_style(bucket: str, *, is_aws: bool) -> Style:
    """AWS will drop names in paths one day; others often know nothing else."""
    if not is_aws:
        return "path"
    # Left to itself, the SDK signs addresses for a host that knows no regions.
    return "virtual" if _is_label(bucket) and "." not in bucket else "auto"


def _is_label(bucket: str) -> bool:
    return len(bucket) <= _LONGEST_LABEL and _HOST_NAME.fullmatch(bucket) is not None


def _insist_on_sense(options: Options, bucket: str, url: str | None) -> None:
    """Refuse settings that contradict each other."""
    if url is not None and (options.accelerate or options.dualstack):
        word = "accelerate" if options.accelerate else "dualstack"
        raise ConfigError(
            f"{word} is of AWS alone, and the bucket {bucket} has an endpoint_url",
            hint=f"remove {word} or endpoint_url",
        )
    if options.accelerate and options.addressing == "path":
        raise ConfigError(
            "accelerate needs the bucket's name in the host, and addressing says path",
            hint="remove accelerate or addressing",
        )
    is_label = _is_label(bucket)
    if options.accelerate and (not is_label or "." in bucket):
        raise ConfigError(
            f"accelerate works only for a bucket whose name can be in a host, without a dot: "
            f"{bucket} cannot",
            hint="remove accelerate",
        )
    if options.addressing == "host" and not (is_label and _has_room(bucket, url)):
        raise ConfigError(
            f"the name {bucket} cannot be part of the host's there", hint="remove addressing: host"
        )


def _has_room(bucket: str, url: str | None) -> bool:
    """Whether the bucket's name can stand before the host: certificates are for no second dot."""
    parts = urlsplit(url or "https://")
    is_number = ":" in (parts.hostname or "") or _NUMBERS.fullmatch(parts.hostname or "")
    return not is_number and ("." not in bucket or parts.scheme == "http")


def _url(context: Context) -> str | None:
    if context.endpoint_url is not None and context.domain is not None:
        raise ConfigError(
            f"the bucket {context.bucket_name} has both a domain and an endpoint_url",
            hint="one of them says where it is; remove the other",
        )
    if context.domain is not None:
        url = f"https://{context.domain}"
        if "/" in context.domain or not _is_address(url):
            raise ConfigError(
                f"the domain of {context.bucket_name} is no domain",
                hint="it looks like s3.example.com; with a scheme or a path it is an endpoint_url",
            )
        return url
    if context.endpoint_url is not None and not _is_address(context.endpoint_url):
        # The address is not shown: some put a password into it.
        raise ConfigError(
            f"the endpoint_url of {context.bucket_name} is no address of a service",
            hint="it looks like https://s3.example.com, and holds no user and no query",
        )
    return context.endpoint_url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    has_host = _HOST.fullmatch(parts.hostname or "") is not None
    return (
        parts.scheme in {"http", "https"}
        and is_plain
        and has_host
        and port != 0
        and url.isascii()
        and not re.search(r"\s", url)
    )
