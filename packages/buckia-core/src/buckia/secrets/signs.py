"""The words by which a secret is known in a text although nobody has told us the secret itself.

Services repeat what they were asked in their messages, and SDKs log it: signed addresses, headers
with keys in them, the answers of those who hand out credentials.
"""

from __future__ import annotations

import re

_NAMES = (
    r"(?:[\w-]+-)?signature",
    r"[\w-]+-credential",
    r"[\w-]+-security-token",
    r"[\w-]+-customer-key",
    "accesskey",
    "secretaccesskey",
    "sessiontoken",
    "webidentitytoken",
    "accesstoken",
    "refreshtoken",
    "clientsecret",
)
"""What stands behind one of them and a colon, an equals sign or a bracket is secret.

None is the name of a key of a configuration, behind which our own errors put a colon. Services put
names of their own before them.
"""
_PARAMETERS = (r"\w*token", "sig", r"\w*accesskeyid")
"""The same, but in an address only, of which one may also be a part of the path."""
_IS = r"""\\?["']?\s*(?:[:=>]|%3d)\s*b?\\?["']?"""
_VALUE = r"""[^\s"'<>&,;)\\]+"""

_SIGNS = re.compile(
    "|".join(
        (
            rf"""(?P<name>(?<![\w-])(?:{"|".join(_NAMES)}){_IS}){_VALUE}""",
            rf"""(?P<header>(?<![\w-])(?:proxy-)?authorization{_IS})[^"'<>\r\n]+""",
            rf"""(?P<parameter>(?:[?&](?:{"|".join(_PARAMETERS)})|/\w+_token)=){_VALUE}""",
            r"""(?P<user>\b[a-z][a-z0-9+.-]*://[^\s/:@"'<>]*:)[^\s/@"'<>]+(?=@)""",
        )
    ),
    re.IGNORECASE,
)


def without(text: str, mark: str) -> str:
    """The text, with the mark in the place of whatever such a word says is secret."""
    return _SIGNS.sub(lambda found: f"{found[found.lastgroup or 0]}{mark}", text)
