"""What Buckia finds through the entry point: the provider's name, its options, how it opens."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret
from buckia_s3.rules import ObjectRule


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that an S3 bucket may have in a `.buckia` file besides the usual."""

    access_key: Secret | None = None
    secret_key: Secret | None = None
    session_token: Secret | None = None
    profile: str | None = None
    """A profile of the AWS configuration on this machine."""
    anonymous: bool = False
    """Sign nothing: for buckets that everybody may read."""
    addressing: Literal["auto", "path", "host"] = "auto"
    """Where the bucket's name stands in addresses."""
    accelerate: bool = False
    dualstack: bool = False
    ca_bundle: str | None = None
    """A file of certificates to trust, relative to the `.buckia` file."""
    objects: tuple[ObjectRule, ...] = ()


def open_bucket(options: Options, context: Context) -> Storage:
    from buckia_s3.opening import opened

    return opened(options, context)


@hookimpl
def buckia_provider() -> Provider[Options]:
    return Provider(name="s3", options=Options, open=open_bucket)


@hookimpl
def buckia_commands(cli: Any) -> None:
    from buckia_s3.commands import add

    add(cli)
