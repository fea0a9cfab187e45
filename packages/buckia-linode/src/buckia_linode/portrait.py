"""What is known of the place of a bucket, in words for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from buckia.results import Check
from buckia.web import verified
from buckia_linode.finding import Found
from buckia_linode.places import facts

_VERSION = re.compile(rb'"version":\s*"([0-9A-Za-z.+~-]{1,40})"')
_PATIENCE = 5.0
_MOST = 1 << 16


def portrait(found: Found, *, is_asked: bool, trust: Path | None = None) -> Iterator[Check]:
    """What the service is, asked of itself only with `is_asked`, and what its kind has."""
    if is_asked:
        version = version_at(found.url, trust)
        words = f"Ceph {version}" if version else "it tells no version"
        yield Check("service", ok=True, message=f"{words}, at {found.url}")
    known = facts(found.kind)
    if known is None:
        return
    cors = "CORS can be set" if known.has_cors else "CORS cannot be set"
    yield Check(
        "endpoint type",
        ok=True,
        message=f"{found.kind}: {known.requests_per_second} requests a second to a bucket, {cors}",
    )


def version_at(url: str, trust: Path | None = None) -> str | None:
    """The version that Ceph's gateway tells to everybody, where it does."""
    import httpx

    try:
        answer = httpx.get(
            f"{url}/swift/info", timeout=_PATIENCE, follow_redirects=False, verify=verified(trust)
        )
    except httpx.HTTPError:
        # It is asked out of curiosity; what matters is found out by other requests.
        return None
    found = _VERSION.search(answer.content[:_MOST]) if answer.is_success else None
    return found[1].decode() if found else None
