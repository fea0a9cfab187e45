"""What a `.buckia` file may say of a storage zone."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from buckia.secrets import Secret

MOST_LISTINGS = 5
"""At once; the service refuses more."""
MOST_DELETES = 30


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that a Bunny bucket may have in a `.buckia` file besides the usual."""

    storage_zone: str | None = None
    """The name of the zone, where that is not the bucket's name."""
    storage_api_key: Secret | None = None
    """The zone's password."""
    password: Secret | None = None
    """The same under the name that Bunny's pages give it."""
    api_key: Secret | None = None
    """The account's key. Where no password is given, it is tried as one, and then tells it."""
    pull_zone: str | int | None = None
    """The name, number or host name of the pull zone that delivers what the zone holds."""
    purge: Literal["changed", "zone", "off"] | None = None
    """What is cleared of it after a sync; without a word `changed`, where that is possible."""
    security_key: Secret | None = None
    """The pull zone's key for signed addresses, for those who do not give the account's."""
    signing: Literal["hmac-sha256", "sha256", "md5"] = "hmac-sha256"
    """How addresses are signed; the older ways are for pull zones that ask for them."""
    client: Literal["direct", "bunnycdnpython"] = "direct"
    """Who carries files: this provider itself, or the package of that name."""
    listings: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTINGS)] = MOST_LISTINGS
    """Folders that are listed at once."""
    deletes: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELETES)] = 16
    """Objects that are deleted at once."""
    ca_bundle: str | None = None
    """A file of certificates to trust instead of this machine's, relative to the `.buckia` file."""
    account_url: str | None = None
    """Where the account's API is, if not at its usual address."""
