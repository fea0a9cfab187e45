"""What a kind of hostile input is: how it is made, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st


class Kind(NamedTuple):
    """`play` is given an empty folder and one input.

    It returns how it ended, in a few words, and raises where something happened that must not.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    play: Callable[[Path, Any], str]
    short: int
    """How many inputs a short session tries."""
