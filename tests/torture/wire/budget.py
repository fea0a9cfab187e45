"""How many requests of a kind one run may make about one key, however often they fail."""

from __future__ import annotations

from collections.abc import Mapping

from tests.torture.wire.place import TRIES

_MORE: Mapping[str, int] = {
    "s3 probe": 40,
    # A listing goes on behind what came, and each page that comes is worth as many tries again.
    "s3 list": 8,
    "plain s3 list": 8,
    # Within each try a folder is tried four times: else a zone of many never came to its end.
    "bunny list": 4,
    "s3 head": 6,
    "plain s3 head": 6,
    "bunny describe": 6,
}
"""How often all tries may be made of one question, for those that are asked at several times."""
_USUAL = 3
"""A run looks anew at what changed meanwhile, up to three times."""


def budget(ground: str, kind: str) -> int:
    return TRIES * _MORE.get(f"{ground} {kind}", _USUAL)
