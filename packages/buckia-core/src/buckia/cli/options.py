"""The keys that a provider adds to a bucket, seen from outside."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from buckia.provider import Provider
from buckia.secrets import Secret


def is_secret(kind: Any) -> bool:
    """Whether the type of an option says that it is a secret."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind is Secret or (get_origin(kind) in (Union, UnionType) and Secret in get_args(kind))


def fields(provider: Provider[Any]) -> dict[str, msgspec.structs.FieldInfo]:
    """The provider's own keys."""
    return {field.encode_name: field for field in msgspec.structs.fields(provider.options)}


def secret_keys(provider: Provider[Any]) -> dict[str, bool]:
    """Its keys that are secrets, and whether each has to be there."""
    return {
        name: field.required for name, field in fields(provider).items() if is_secret(field.type)
    }
