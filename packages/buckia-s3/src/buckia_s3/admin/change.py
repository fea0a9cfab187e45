"""What would become of a setting, before anything becomes of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

Value = Mapping[str, Any]
"""A setting as JSON knows it, in the words of the service."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is there now, and what will be there instead; None where there is nothing."""

    setting: str
    before: Value | None
    after: Value | None
    notes: tuple[str, ...] = ()
    """Sentences about what the two do not show."""

    @property
    def subject(self) -> str:
        """What is changed, as a line of a plan begins."""
        return self.setting

    @property
    def is_needed(self) -> bool:
        return self.before != self.after

    def diff(self) -> list[str]:
        """The lines that differ, each behind `-` or `+`, and some around them."""
        before, after = (readable(one).splitlines() for one in (self.before, self.after))
        lines = list(difflib.unified_diff(before, after, lineterm=""))
        # Behind the names of two files, and the place of the first lines.
        return ["..." if line.startswith("@@") else line for line in lines[3:]]


def readable(value: Value | None) -> str:
    """A value as a person reads it: always the same for the same value; empty for none."""
    if value is None:
        return ""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    if all(map(str.isprintable, text.split("\n"))):
        return text
    # It holds letters that a terminal would obey instead of showing them.
    return json.dumps(value, indent=2, sort_keys=True)
