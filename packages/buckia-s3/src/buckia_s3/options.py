"""What a `.buckia` file may say of an S3 bucket."""

from __future__ import annotations

from typing import Literal

import msgspec

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
