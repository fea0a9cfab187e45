"""Samples made wrong: their bytes, the trees that JSON and XML are, and the words they hold.

A mutation is drawn as a list of small edits, so that Hypothesis shrinks a failure to the one edit
that matters.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from hypothesis import strategies as st

MOST_BYTES = 1 << 20
DEEP = 5_000

ODD_KEYS = (
    *("", ".", "..", "../evil", "a/../../evil", "/etc/evil", "//evil", "a//b", "a/", "./a", "d/."),
    *("a\\b", "..\\evil", "C:x", "c:/x", "a\x00b", "x" * 256, "d/" + "y" * 300, "z/" * 600 + "z"),
    *("\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "a\nb", "a\r\x08b", "\x7f\x9b31m", "\u202egpj.exe"),
    *(
        "CON",
        "nul.txt",
        "a.",
        "a ",
        "a:b",
        "a?b",
        "A",
        "a",
        "\u00e9",
        "e\u0301",
        "\ufeffa",
        "\u2028",
    ),
    *("\ud800", "\udcff", "\U0010ffff", "\ufffe", ".buckia", ".buckia.state/device", ".Buckia-x"),
    *("-rf", "~", "~/x", "$HOME", "%2e%2e/x", "a%00b", "good", "good/below", ".git/config", ".env"),
)
"""Names as somebody chose them who means harm, or who did not think."""

ODD_WORDS = (
    *(
        "",
        "-1",
        "-0",
        "0",
        "1e20",
        "-1e400",
        "nan",
        "inf",
        "9" * 30,
        "9" * 5000,
        "\u0663",
        "\u00b2",
    ),
    *("true", "True", "1", "false", "null", "99999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    *(
        "1970-01-01",
        "Mon",
        "12:00",
        "9999-12-31T23:59:59-14:00",
        "\x1b[31m",
        "\u202e",
        "%",
        "&",
        "<",
    ),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        '"',
        '""',
        'W/"x"',
        "*",
    ),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, 0.5, 1e308, float("nan")),
    *(float("-inf"), [], {}, [[]], {"": None}, [None], *ODD_WORDS, *ODD_KEYS),
)


_NESTED = "lists in lists"
"""Becomes such, deeper than any reader goes that calls itself."""


class Edit(NamedTuple):
    """What is done, at which place, and with what; each is taken modulo what there is."""

    deed: int
    place: int
    value: int


_number = st.integers(0, 10_000)
_edit = st.builds(Edit, st.integers(0, 30), _number, _number)
edits = st.lists(_edit, max_size=3)


def bytes_of(samples: Sequence[bytes], words: Sequence[bytes] = ()) -> st.SearchStrategy[bytes]:
    """A sample with some edits of its bytes, or bytes that are nothing at all."""
    odd = tuple(word.encode(errors="surrogatepass") for word in (*ODD_WORDS, *ODD_KEYS))
    known = (*words, *odd)
    edited = st.builds(lambda sample, done: _applied(sample, done, known), _of(samples), edits)
    return edited | st.binary(max_size=60)


def _of(samples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    return st.sampled_from(list(samples))


def _applied(sample: bytes, done: Sequence[Edit], words: Sequence[bytes]) -> bytes:
    for edit in done:
        at = edit.place * 7919 % (len(sample) + 1)
        sample = BYTE_DEEDS[edit.deed % len(BYTE_DEEDS)](sample, at, edit.value, words)
        sample = sample[:MOST_BYTES]
    return sample


ByteDeed = Callable[[bytes, int, int, Sequence[bytes]], bytes]
BYTE_DEEDS: tuple[ByteDeed, ...] = (
    lambda sample, at, _value, _words: sample[:at],
    lambda sample, at, value, _words: sample[:at] + bytes([value % 256]) + sample[at + 1 :],
    lambda sample, at, value, _words: sample[:at] + sample[at + value % 64 :],
    lambda sample, at, value, _words: sample[:at] + sample[at : at + value % 200] * 2 + sample[at:],
    lambda sample, at, value, words: sample[:at] + words[value % len(words)] + sample[at:],
    lambda sample, at, value, words: sample[:at] + words[value % len(words)] + sample[at + 8 :],
    lambda sample, at, _value, _words: sample[at:] + sample[:at],
    lambda sample, _at, _value, _words: sample + sample,
    lambda sample, at, value, _words: sample[:at] + bytes([value % 256]) * DEEP + sample[at:],
    lambda sample, _at, _value, _words: sample.decode("latin-1").encode("utf-16"),
)


def json_of(
    samples: Sequence[Any], words: Sequence[Any] = (), *, nested: int = 25
) -> st.SearchStrategy[bytes]:
    """A document with edits of its tree, and sometimes of its bytes, too.

    `nested` says how often an odd value is one of lists in lists without end.
    """
    values = (*words, *ODD_VALUES, *[_NESTED] * nested)
    tree = st.builds(lambda one, done: _json(one, done, values), st.sampled_from(samples), edits)
    plain = [json.dumps(one).encode() for one in samples]
    return tree | tree | tree | bytes_of(plain, (b"[" * DEEP, b'{"a":' * DEEP, b"NaN", b"\\ud800"))


def _json(sample: Any, done: Sequence[Edit], values: Sequence[Any]) -> bytes:
    root = [copy.deepcopy(sample)]
    for edit in done:
        places = list(_places(root))
        holder, key = places[edit.place % len(places)]
        _edit_json(holder, key, edit, values)
    text = json.dumps(root[0] if root else None, ensure_ascii=bool(len(done) % 2))
    text = text.replace(f'"{_NESTED}"', "[" * DEEP + "]" * DEEP)
    return text.encode(errors="surrogatepass")[:MOST_BYTES]


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every place in the tree as who holds it and under what."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    found = [(node, key) for key in keys]
    for key in keys:
        if isinstance(node[key], dict | list):
            found += _places(node[key])
    return found


def _edit_json(holder: Any, key: Any, edit: Edit, values: Sequence[Any]) -> None:
    value = copy.deepcopy(values[edit.value % len(values)])
    match edit.deed % 6:
        case 0:
            holder[key] = value
        case 1 if len(holder) > 1:
            del holder[key]
        case 2:
            holder[key] = [holder[key], copy.deepcopy(holder[key])]
        case 3 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        case 4 if isinstance(holder, dict):
            holder[str(value)] = holder.pop(key)
        case _:
            holder[key] = {"": holder[key]}


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
"""Ten to the ninth times a word; a reader that believes it needs all memory there is."""
OUTSIDE = '<!DOCTYPE l [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
_XML_WORDS = ("&j;", "<![CDATA[x]]>", "<!--x-->", "&#0;", "&#x1b;", "<x/>", "<a>" * DEEP, "\x0b")


def xml_of(samples: Sequence[str], words: Sequence[str] = ()) -> st.SearchStrategy[bytes]:
    """A document with edits of its tree, entities before it, and sometimes edits of its bytes."""
    texts = (*words, *ODD_WORDS, *ODD_KEYS, *_XML_WORDS)
    heads = st.sampled_from(("", "", "", "", "", '<?xml version="1.0"?>', LAUGHS, OUTSIDE))
    tree = st.builds(
        lambda head, one, done: _xml(head, one, done, texts), heads, st.sampled_from(samples), edits
    )
    plain = [one.encode() for one in samples]
    return (
        tree
        | tree
        | tree
        | bytes_of(plain, [word.encode() for word in (*_XML_WORDS, LAUGHS, OUTSIDE)])
    )


def _xml(head: str, sample: str, done: Sequence[Edit], texts: Sequence[str]) -> bytes:
    root = fromstring(sample)
    for edit in done:
        parents = {child: parent for parent in root.iter() for child in parent}
        every = list(root.iter())
        chosen = every[edit.place % len(every)]
        _edit_xml(chosen, parents.get(chosen), edit, texts)
    body = tostring(root, encoding="unicode")
    if head in {LAUGHS, OUTSIDE}:
        # What was text is the entity by now.
        body = body.replace("&amp;j;", "&j;").replace(">k0<", ">&j;<")
    for word in _XML_WORDS[:6]:
        # ElementTree writes it as text; half the time it is meant as it stands.
        escaped = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        body = body.replace(escaped, word) if len(done) % 2 else body
    return (head + body).encode(errors="surrogatepass")[:MOST_BYTES]


def _edit_xml(chosen: Element, parent: Element | None, edit: Edit, texts: Sequence[str]) -> None:
    word = texts[edit.value % len(texts)]
    match edit.deed % 7:
        case 0:
            chosen.text = word
        case 1 if parent is not None:
            parent.remove(chosen)
        case 2 if parent is not None:
            parent.insert(edit.value % (len(parent) + 1), copy.deepcopy(chosen))
        case 3:
            chosen[:] = list(reversed(chosen))
        case 4 if parent is not None:
            SubElement(parent, chosen.tag).text = word
        case 5:
            chosen.tag = ("Error", "Key", "Contents", "X", "IsTruncated")[edit.value % 5]
        case _:
            chosen[:] = []
            chosen.text = word
