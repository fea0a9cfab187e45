"""What a `.buckia` file may say of a storage zone."""

from __future__ import annotations

from typing import Annotated

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
    """Taken for the zone's password where no other is given."""
    listings: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTINGS)] = MOST_LISTINGS
    """Folders that are listed at once."""
    deletes: Annotated[int, msgspec.Meta(ge=1, le=MOST_DELETES)] = 16
    """Objects that are deleted at once."""
