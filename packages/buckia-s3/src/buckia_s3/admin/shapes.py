"""Holding a document against what the SDK knows of the service, without asking the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from buckia.config import suggestion
from buckia.config.checks import found
from buckia.config.where import step
from buckia_s3.admin.unfit import Unfit

_KINDS: Mapping[str, tuple[type, str]] = {
    "string": (str, "text"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "long": (int, "a whole number"),
}


@cache
def argument_shape(operation: str, argument: str) -> Shape:
    """What an argument of a request looks like; read from files of the SDK."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("s3")
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    return shape.members[argument]


def fitted(value: Any, shape: Shape, place: str = "") -> Any:
    """The value in its plain form, with times in UTC; `Unfit` where it is not of this shape."""
    match shape:
        case StructureShape():
            return _structure(value, shape, place)
        case ListShape():
            if not isinstance(value, list | tuple):
                raise Unfit(f"expected a list, found {found(value)}", place=place)
            return [fitted(one, shape.member, f"{place}[{n}]") for n, one in enumerate(value)]
    if shape.type_name == "timestamp":
        return _time(value, place)
    kind, words = _KINDS[shape.type_name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Unfit(f"expected {words}, found {found(value)}", place=place)
    return value


def plain(value: Any) -> Any:
    """An answer of the SDK as JSON knows it."""
    match value:
        case Mapping():
            return {name: plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case datetime():
            return _text(value)
    return value


def _structure(value: Any, shape: StructureShape, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit(f"expected a mapping, found {found(value)}", place=place)
    for key in value:
        if key not in shape.members:
            known = ", ".join(shape.members) or "none"
            hint = suggestion(str(key), shape.members) or f"Keys here: {known}."
            raise Unfit("unknown key", place=inside(place, key), hint=hint)
    for key in shape.required_members:
        if key not in value:
            raise Unfit("the key is missing", place=inside(place, key))
    return {key: fitted(one, shape.members[key], inside(place, key)) for key, one in value.items()}


def inside(place: str, key: object) -> str:
    """The place of a key in the mapping at this place."""
    return (place + step(key)).removeprefix(".")


def _time(value: Any, place: str) -> str:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Unfit(f'"{value}" is no date such as 2026-01-31', place=place) from None
        if value.tzinfo is None:
            # The service counts days in UTC, wherever this runs.
            value = value.replace(tzinfo=UTC)
    if not isinstance(value, datetime):
        raise Unfit(f"expected a date such as 2026-01-31, found {found(value)}", place=place)
    return _text(value)


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
