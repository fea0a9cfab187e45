"""IDs of users in texts: who knows one may reach that user's folder."""

from __future__ import annotations

import re

from buckia.ids import ALPHABET, new_user_id, short

_LENGTH = len(new_user_id())
_HEX = f"[0-9a-f]{{{_LENGTH}}}"
_ID = re.compile(
    # Behind an escape, as in addresses and in texts of programs, the letters before it are no part.
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
    # What could be an MD5 is one, unless it is the name of a folder.
    rf"(?!{_HEX}(?!/|%2[Ff]))"
    rf"[{ALPHABET}]{{{_LENGTH}}}(?![A-Za-z0-9])"
)


def shortened(text: str) -> str:
    """The text with as much of each ID as it takes to tell two apart."""
    return _ID.sub(lambda found: short(found[0]), text)
