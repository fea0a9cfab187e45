"""All kinds of hostile input, by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.torture.fuzz.answers import ANSWERS
from tests.torture.fuzz.apis import APIS
from tests.torture.fuzz.configs import CONFIGS, PATTERNS
from tests.torture.fuzz.keys import CLAIMS, KEYS
from tests.torture.fuzz.kind import Kind
from tests.torture.fuzz.listings import BUNNY_LISTINGS, S3_LISTINGS
from tests.torture.fuzz.outputs import OUTPUTS
from tests.torture.fuzz.states import STATES
from tests.torture.fuzz.syncs import SYNCS

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *(KEYS, CLAIMS, S3_LISTINGS, BUNNY_LISTINGS, SYNCS, ANSWERS, APIS, CONFIGS, PATTERNS),
        *(STATES, OUTPUTS),
    )
}
