"""Where Linode keeps objects: hosts that are documented, and what their kinds can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["E0", "E1", "E2", "E3"]

DOMAIN = "linodeobjects.com"
# fmt: off
CLUSTERS = frozenset({
    "ap-south-1", "br-gru-1", "de-fra-1", "es-mad-1", "eu-central-1", "fr-par-1", "gb-lon-1",
    "id-cgk-1", "in-bom-1", "in-maa-1", "it-mil-1", "jp-osa-1", "jp-tyo-1", "nl-ams-1",
    "se-sto-1", "sg-sin-1", "us-east-1", "us-east-12", "us-iad-1", "us-iad-10", "us-lax-1",
    "us-mia-1", "us-ord-1", "us-ord-10", "us-sea-1", "us-sea-9", "us-southeast-1",
})
# fmt: on
"""Each is the first part of a host's name. No rule leads from a region to one of them: a region
may have several, and some have another number than their region."""
_HOST = re.compile(rf"([a-z]{{2}}-[a-z]+-[0-9]+)\.{re.escape(DOMAIN)}")


class Facts(NamedTuple):
    """What a kind of endpoint has."""

    requests_per_second: int
    """To one bucket, unless more was agreed."""
    has_cors: bool
    """Whether CORS can be set, and is told by the API."""


KINDS: Mapping[Kind, Facts] = {
    "E0": Facts(750, has_cors=True),
    "E1": Facts(750, has_cors=True),
    "E2": Facts(2000, has_cors=False),
    "E3": Facts(2000, has_cors=False),
}


def facts(kind: str | None) -> Facts | None:
    """Of a type of endpoints, by any name that the API may tell."""
    return next((found for name, found in KINDS.items() if name == kind), None)


def host(cluster: str) -> str:
    return f"{cluster}.{DOMAIN}"


def cluster_of(address: str) -> str | None:
    """The cluster that a host's name speaks of."""
    found = _HOST.search(address)
    return found[1] if found else None


def near(region: str) -> tuple[str, ...]:
    """Clusters that a region may mean."""
    return tuple(sorted(one for one in CLUSTERS if one.startswith(f"{region}-") or one == region))
