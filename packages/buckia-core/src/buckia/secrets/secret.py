"""A text that nobody sees by accident."""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import NoReturn, Self, final

SHOWN = "Secret(***)"


@final
class Secret:
    """A password, key or token.

    It cannot be printed, logged, formatted, pickled or encoded; `reveal` is the one way to the
    text, to be called where it is handed to the service and nowhere else.
    """

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            # The message names no value: whatever was given may be the secret.
            raise TypeError("a secret is text")
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return SHOWN

    def __str__(self) -> str:
        return SHOWN

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    def __eq__(self, other: object) -> bool:
        # In a time that tells nothing about how much was right; never equal to plain text.
        if isinstance(other, Secret):
            mine, theirs = (s.reveal().encode(errors="surrogatepass") for s in (self, other))
            return compare_digest(mine, theirs)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        return self

    def __setattr__(self, _name: str, _value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __delattr__(self, _name: str) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def variable(bucket: str, key: str) -> str:
    """The variable of the environment that is asked for a secret without being named."""
    return re.sub("[^A-Z0-9]", "_", f"BUCKIA_{bucket}_{key}".upper())
