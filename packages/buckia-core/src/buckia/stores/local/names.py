"""Which keys can be the names of files here."""

from __future__ import annotations

import re
import sys

from buckia import keys
from buckia.errors import InvalidKey

FORBIDDEN = "".join(map(chr, range(32))) + '<>:"|?*' if sys.platform == "win32" else ""
"""Characters that no name may hold on this system."""

_WINDOWS = re.compile(
    r"(?:^|/)(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\.[^/]*)?(?:/|\Z)"
    r"|[. ](?:/|\Z)",
    re.IGNORECASE,
)


def windows_problem(key: str) -> str | None:
    """Why Windows would quietly take another name for this one, or a device."""
    if _WINDOWS.search(key):
        return "a name in it is a device's, or ends with a dot or a space"
    if bad := set(key) & set('<>:"|?*'):
        return "it holds " + ", ".join(sorted(map(repr, bad)))
    return None


def insist(key: str) -> None:
    """Raise `InvalidKey` for a key that must never be acted upon here."""
    why = keys.problem(key)
    if why is None and keys.is_ours(key) and not keys.is_note(key):
        why = "the name is one that Buckia keeps for itself"
    if why is None and sys.platform == "win32":
        why = windows_problem(key)
    if why is not None:
        raise InvalidKey(f"{key!r}: {why}", key=key)
