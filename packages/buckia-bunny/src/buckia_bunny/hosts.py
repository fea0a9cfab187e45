"""Where a storage zone is reached: the regions and their hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from buckia.errors import ConfigError
from buckia.provider import Context
from buckia.web import insist_on_tls, is_address

_HOST = "storage.bunnycdn.com"
REGIONS: Mapping[str, tuple[str, ...]] = {
    "de": ("eu-central", "germany", "falkenstein", "frankfurt"),
    "uk": ("eu-west", "united-kingdom", "london"),
    "se": ("eu-north", "sweden", "stockholm"),
    "ny": ("us-east", "new-york"),
    "la": ("us-west", "los-angeles"),
    "sg": ("ap-southeast", "singapore"),
    "syd": ("oceania", "australia", "sydney"),
    "br": ("sa-east", "brazil", "sao-paulo"),
    "jh": ("af-south", "south-africa", "johannesburg"),
}
"""Bunny's code of each region, and the words by which people know it."""
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")


def endpoint(context: Context) -> str:
    """The address of the zone's service, without the zone; what cannot be right is refused."""
    if context.endpoint_url is not None:
        if context.domain is not None:
            raise ConfigError(
                f"the bucket {context.bucket_name} has both a domain and an endpoint_url",
                hint="one of them says where it is; remove the other",
            )
        return _checked(context.endpoint_url, context.bucket_name)
    if context.domain is not None:
        if not _DOMAIN.fullmatch(context.domain):
            raise ConfigError(
                f"the domain of {context.bucket_name} is no domain",
                hint="it looks like ny.storage.bunnycdn.com",
            )
        return f"https://{context.domain}"
    return f"https://{host(context.region)}"


def host(region: str | None) -> str:
    """The host of a region, which is given by its code or by one of its words."""
    code = _code(region) if region is not None else "de"
    # The first region there was has no name in front.
    return _HOST if code == "de" else f"{code}.{_HOST}"


def _code(region: str) -> str:
    word = region.strip().lower().replace("_", "-").replace(" ", "-")
    for code, words in REGIONS.items():
        if word == code or word in words:
            return code
    raise ConfigError(
        f"{region!r} is no region of Bunny's storage",
        hint=f"it is one of {', '.join(REGIONS)}; the panel shows the one of your zone",
    )


def _checked(url: str, bucket: str) -> str:
    if not is_address(url):
        # It is not shown: some put a password into it.
        raise ConfigError(
            f"the endpoint_url of {bucket} is no address of a service",
            hint="it looks like https://storage.bunnycdn.com, and holds no user and no query",
        )
    insist_on_tls(url, f"the endpoint_url of {bucket}")
    return url.rstrip("/")
