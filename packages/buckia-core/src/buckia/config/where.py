"""Where in the configuration something stands, so that every error can say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from buckia.errors import ConfigError

NO_LINES: Mapping[str, int] = {}
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_SOUND = re.compile(r"""[\w-]+(\.[\w-]+|\[\d+\]|\["[^"]*"\])*""")
_BEGINNING = re.compile(r"[\w./*-]*")


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket of one file, or of a program that has no file."""

    bucket: str = ""
    file: Path | None = None
    lines: Mapping[str, int] = NO_LINES
    """Line of each key (`paths[1].to`), as far as the parser knows; the bucket's own is ``."""
    exposed: bool = False
    """Whether people other than the owner can read the file."""

    @property
    def directory(self) -> Path | None:
        """The folder that relative paths are relative to."""
        return self.file.absolute().parent if self.file else None

    def line(self, key: str) -> int | None:
        """The line of the key, or of the nearest thing around it whose line is known."""
        while key not in self.lines:
            if not key:
                return None
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.lines[key]

    def describe(self, key: str = "") -> str:
        """`FILE:LINE: bucket "NAME", key "KEY"`, without what is not known."""
        place = ""
        if self.file:
            line = self.line(key)
            place = f"{self.file}:{line}: " if line else f"{self.file}: "
        words = [f'bucket "{self.bucket}"'] if self.bucket else []
        words += [f'key "{shown(key)}"'] if key else []
        return place + ", ".join(words)

    def error(self, key: str, message: str, *, hint: str = "") -> ConfigError:
        place = self.describe(key)
        separator = "" if not place or place.endswith(": ") else ": "
        return ConfigError(place + separator + message, hint=hint)


def shown(key: str) -> str:
    """The key, or what it begins with: behind a forgotten colon it goes on with the value."""
    if _SOUND.fullmatch(key):
        return key
    beginning = _BEGINNING.match(key)
    return f"{beginning[0] if beginning else ''}…"


def step(key: object) -> str:
    """One step into a value: `.name`, `[0]`, or `["a/b.txt"]` where a name is not plain."""
    if isinstance(key, int) and not isinstance(key, bool):
        return f"[{key}]"
    return f".{key}" if _PLAIN.fullmatch(str(key)) else f'["{key}"]'


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one that was probably meant, if any is near enough."""
    from difflib import get_close_matches

    plain = {known.lower().replace("-", "_"): known for known in words}
    found = get_close_matches(word.lower().replace("-", "_"), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else None


def suggestion(word: str, words: Iterable[str]) -> str:
    """A hint that names what was probably meant; empty where nothing is near."""
    meant = nearest(word, words)
    return f'Did you mean "{meant}"?' if meant is not None else ""
