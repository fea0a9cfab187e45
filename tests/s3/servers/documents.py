"""The XML in requests and answers: read, changed and written."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import msgspec

from tests.s3.servers.wire import Answer, Message

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ET.register_namespace("", NAMESPACE)
XML = ("Content-Type", "application/xml")


def read(message: Message) -> ET.Element:
    return ET.fromstring(message.body)


def written(root: ET.Element) -> bytes:
    text: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text


def edited(answer: Answer, root: ET.Element) -> Answer:
    return msgspec.structs.replace(answer, body=written(root))


def tag(element: ET.Element) -> str:
    """Its name without the namespace, which clients and servers do not agree on."""
    return element.tag.rpartition("}")[2]


def children(element: ET.Element, name: str) -> list[ET.Element]:
    return [child for child in element if tag(child) == name]


def text_of(element: ET.Element, name: str) -> str | None:
    """The text of its first child of this name; None without one."""
    return next((child.text or "" for child in children(element, name)), None)


def put_text(element: ET.Element, name: str, text: str) -> None:
    """Into its child of this name, which is made if there is none."""
    space = element.tag.removesuffix(tag(element))
    found = children(element, name) or [ET.SubElement(element, f"{space}{name}")]
    found[0].text = text


def added(element: ET.Element, name: str, texts: Mapping[str, str]) -> None:
    """One more child of this name, with children that hold these texts."""
    space = element.tag.removesuffix(tag(element))
    child = ET.SubElement(element, f"{space}{name}")
    for part, text in texts.items():
        put_text(child, part, text)


def error_document(code: str, elements: Mapping[str, str] | None = None) -> bytes:
    root = ET.Element("Error")
    told = {"Code": code, "Message": "The proxy says so.", "RequestId": "0", **(elements or {})}
    for name, text in told.items():
        put_text(root, name, text)
    return written(root)


def refusal(status: int, code: str) -> Answer:
    """An answer as S3 refuses."""
    return Answer(status=status, headers=(XML,), body=error_document(code))
