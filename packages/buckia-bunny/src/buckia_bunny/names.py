"""Names that the service does not keep as they are, written so that it does, and read back.

A character that is not safe there is replaced by its like from another part of Unicode: `#` by the
wide one, a space at an end by the picture of a space. A name that holds such a like by itself gets
a mark before it, so that nothing is ever mistaken. Other tools write the same.
"""

from __future__ import annotations

import re

MARK = "\u201b"
_WIDE = {letter: chr(ord(letter) + 0xFEE0) for letter in '"<>#%?'}
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(1, 0x20)} | {"\x7f": "\u2421"}
_SPACE = "\u2420"
_SAFE = {**_WIDE, **_PICTURES, " ": _SPACE}
_PLAIN = {like: letter for letter, like in _SAFE.items()}
_UNSAFE = re.compile(
    f"[{re.escape(''.join(_WIDE) + ''.join(_PICTURES))}]"  # anywhere
    r"|^ | \Z"
    f"|[{MARK}{''.join(_PLAIN)}]"
)
_WRITTEN = re.compile(f"{MARK}[{MARK}{''.join(_PLAIN)}]|[{''.join(_PLAIN)}]")


def written(name: str) -> str:
    """One segment of a key as the service holds it."""
    return _UNSAFE.sub(_replaced, name)


def read(name: str) -> str:
    """The segment of a key that the service holds under this name."""
    return _WRITTEN.sub(_restored, name)


def _replaced(found: re.Match[str]) -> str:
    letter = found[0]
    return _SAFE.get(letter) or f"{MARK}{letter}"


def _restored(found: re.Match[str]) -> str:
    text = found[0]
    return text[1] if text[0] == MARK else _PLAIN[text]
