"""The two ways in which applying goes wrong: it has to wait, or a file is no good."""

from __future__ import annotations

from buckia.errors import BuckiaError


class InboundError(BuckiaError):
    """Applying had to stop here. What was applied stays so, and the next call goes on."""


class Refused(BuckiaError):
    """What a change file says is not allowed, or makes no sense, and never will."""


def shown(name: str) -> str:
    """Somebody else's word, fit for a message."""
    return ascii(name if len(name) <= 60 else f"{name[:60]}...")
