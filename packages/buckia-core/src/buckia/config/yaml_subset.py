"""The part of YAML that configuration needs, read the way YAML 1.2 says.

`off`, `no` and `19:00` are text (YAML 1.1 makes false and a number of them), dates are text,
tags that build objects are refused, a key that stands twice is an error, anchors and merge keys
(`<<: *other`) work.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from buckia.config.unreadable import Unreadable
from buckia.config.where import shown

Place = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class _Loader(yaml.SafeLoader):
    """Composes nodes and gives plain scalars the types of the core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - declared so above


for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]{1,100}|0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        _TAG + _name, re.compile(rf"(?:{_pattern})\Z"), ["" if c == "\0" else c for c in _first]
    )


def read(text: str) -> tuple[Any, dict[Place, int]]:
    """The document's values, and the line of each place in it."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "something is wrong"
        if mark is not None and text.splitlines()[mark.line : mark.line + 1]:
            problem += _advice(text.splitlines()[mark.line])
        raise Unreadable(f"this is not YAML: {problem}", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as error:
        # Numbers of thousands of digits are for nobody, and some are read before anybody looks.
        reason = str(error).partition("\n")[0]
        raise Unreadable(f"this is not YAML: {reason}") from None
    if node is None:
        return None, {}
    reader = _Reader()
    return reader.value(node, ()), reader.lines


def _advice(line: str) -> str:
    """A word on the slip that is made most: patterns mean something else to YAML."""
    starred = re.search(r"(?:[\[,:]|-)\s*[*&!]", line)
    return " (a pattern that begins with *, & or ! needs quotes)" if starred else ""


class _Reader:
    """Turns nodes into values; each node once, however many aliases point at it."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self._done: dict[int, Any] = {}
        self._open: set[int] = set()

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, _line(node))
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            raise Unreadable("an anchor holds itself", _line(node))
        self._open.add(id(node))
        self._done[id(node)] = found = self._built(node, place)
        return found

    def _built(self, node: yaml.Node, place: Place) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.value(item, (*place, n)) for n, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, kind)
        raise Unreadable(f"the tag {node.tag} has no meaning here", _line(node))

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged = {**self._merged(value_node), **merged}
                continue
            key = self._key(key_node)
            if key in own:
                raise Unreadable(f'the key "{shown(str(key))}" stands twice', _line(key_node))
            here = (*place, str(key))
            self.lines[here] = _line(key_node)
            own[key] = self.value(value_node, here)
        return {**merged, **own}

    def _key(self, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise Unreadable("a list or mapping is no key", _line(node))
        return _scalar(node, node.tag.removeprefix(_TAG))

    def _merged(self, node: yaml.Node) -> dict[Any, Any]:
        """The keys of the mapping, or of the mappings of which the first counts most."""
        found: dict[Any, Any] = {}
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for one in nodes:
            if not isinstance(one, yaml.MappingNode):
                raise Unreadable("only mappings can be merged", _line(one))
            found = {**self.value(one, ("<<", id(one))), **found}
        return found


def _scalar(node: yaml.ScalarNode, kind: str) -> Any:
    text = str(node.value)
    try:
        match kind:
            case "str" | "merge":
                return text
            case "bool":
                return _WORDS[text]
            case "null":
                return None
            case "int":
                return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
            case "float":
                return float(text)
    except (ValueError, KeyError):
        raise Unreadable(f"this is no {kind}", _line(node)) from None
    raise Unreadable(f"the tag {node.tag} has no meaning here", _line(node))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
