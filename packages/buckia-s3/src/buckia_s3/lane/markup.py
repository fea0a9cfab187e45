"""XML as services write it in answers: read whole, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

Inside = str | list[tuple[str, "Inside"]]
"""What stands in an element: a text, or other elements one after the other."""

_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_COUNTED = {"#34": '"', "#38": "&", "#39": "'", "#60": "<", "#62": ">", "#10": "\n", "#13": "\r"}
_MEANT = {**_NAMED, **_COUNTED, "#x22": '"', "#x27": "'", "#xA": "\n", "#xD": "\r"}
_NAME = "[A-Z][A-Za-z0-9]*"
_PLAIN = "[ -%'-;=?-~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*"
"""Characters in which nothing is XML's, and none is read as another."""
_MASKED = f"&(?:{'|'.join(_MEANT)});"
_PIECE = re.compile(
    rf"<({_NAME})>({_PLAIN}(?:{_MASKED}{_PLAIN})*)</\1>"
    rf"|<({_NAME})/>|<({_NAME})>|</({_NAME})>|[ \t\r\n]+"
)
_MASK = re.compile("&(#?[A-Za-z0-9]+);")
_ROOT = re.compile(
    r"""(?:<\?xml version=(["'])1\.0\1(?: encoding=(["'])(?i:utf-8)\2)?"""
    r"""(?: standalone="yes")?\?>)?[ \t\r\n]*"""
    rf"""<({_NAME})(?: xmlns="((?!http://www\.w3\.org/)[!#-%'-;=?-~]+)")?(/?)>"""
)
_BLANK = " \t\r\n"
_NUMBER = re.compile(r"[0-9]{1,19}")
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z"
"""A time as documents tell it."""
_WHOLE_MOMENT = re.compile(MOMENT)
_TRUTH = {"true": True, "false": False}


class Framed(NamedTuple):
    """A document of which only the outermost element is read yet."""

    name: str
    namespace: str | None
    text: str


def framed(body: bytes) -> Framed | None:
    """None where it is none, or not written plainly."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    head = _ROOT.match(text)
    if head is None:
        return None
    name, namespace, is_empty = head[3], head[4], head[5]
    rest = text[head.end() :].rstrip(_BLANK)
    if is_empty:
        return None if rest else Framed(name, namespace, "")
    tail = f"</{name}>"
    return Framed(name, namespace, rest.removesuffix(tail)) if rest.endswith(tail) else None


def inside(text: str) -> list[tuple[str, Inside]] | None:
    """Elements one after the other, and all that is in them; None where a single character of it
    is other than expected.
    """
    found: list[tuple[str, Inside]] = []
    opened: list[tuple[str, list[tuple[str, Inside]]]] = [("", found)]
    at = 0
    for one in _PIECE.finditer(text):
        if one.start() != at:
            return None
        at = one.end()
        leaf, words, empty, begun, ended = one.groups()
        if leaf:
            opened[-1][1].append((leaf, _MASK.sub(_unmasked, words) if "&" in words else words))
        elif empty:
            opened[-1][1].append((empty, ""))
        elif begun:
            more: list[tuple[str, Inside]] = []
            opened[-1][1].append((begun, more))
            opened.append((begun, more))
        elif ended and opened.pop()[0] != ended:
            return None
    return found if at == len(text) and len(opened) == 1 else None


def _unmasked(mask: re.Match[str]) -> str:
    return _MEANT[mask[1]]


class Known(NamedTuple):
    """What to make of one kind of element."""

    read: Callable[[Inside], Any]
    """None for what is not plainly it."""
    member: str = ""
    """By the SDK's name; as in the document unless told otherwise."""
    is_row: bool = False
    """Whether there may be any number of them."""


Shape = Mapping[str, Known]
"""By names in the document."""


def shaped(given: Inside, shape: Shape) -> dict[str, Any] | None:
    """By the SDK's names; None where something is unknown, or stands twice."""
    if isinstance(given, str):
        return None if given else {}
    found: dict[str, Any] = {}
    for name, one in given:
        known = shape.get(name)
        read = None if known is None else known.read(one)
        if known is None or read is None:
            return None
        member = known.member or name
        if known.is_row:
            found.setdefault(member, []).append(read)
        elif member in found:
            return None
        else:
            found[member] = read
    return found


def texts(*names: str) -> Shape:
    return dict.fromkeys(names, Known(_text))


def numbers(*names: str) -> Shape:
    return dict.fromkeys(names, Known(_number))


def truths(*names: str) -> Shape:
    return dict.fromkeys(names, Known(_truth))


def moments(*names: str) -> Shape:
    return dict.fromkeys(names, Known(_moment))


def group(name: str, shape: Shape) -> Shape:
    """One element with others in it."""
    return {name: Known(lambda given: shaped(given, shape))}


def rows(name: str, shape: Shape, member: str = "") -> Shape:
    """Any number of such elements, side by side with others."""
    return {name: Known(lambda given: shaped(given, shape), member, is_row=True)}


def listed(name: str, row: str, shape: Shape) -> Shape:
    """One element with any number of such rows in it, and nothing else."""

    def read(given: Inside) -> Sequence[Any] | None:
        found = shaped(given, rows(row, shape))
        return None if found is None else found.get(row, [])

    return {name: Known(read)}


def moment(text: str) -> datetime | None:
    """The time in a text of this form; None where no calendar holds it."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _text(given: Inside) -> str | None:
    return given if isinstance(given, str) else None


def _number(given: Inside) -> int | None:
    is_one = isinstance(given, str) and _NUMBER.fullmatch(given)
    return int(str(given)) if is_one else None


def _truth(given: Inside) -> bool | None:
    return _TRUTH.get(given) if isinstance(given, str) else None


def _moment(given: Inside) -> datetime | None:
    is_one = isinstance(given, str) and _WHOLE_MOMENT.fullmatch(given)
    return moment(str(given)) if is_one else None
