"""What becomes of an object besides its bytes, by patterns in the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from buckia.errors import ConfigError
from buckia.filters.gitignore import Rule, octets
from buckia.filters.rules import listed_alone
from buckia_s3.metadata import is_name, is_ours, is_text


class ObjectRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the objects of some names get. Where several rules match, a later one overrules."""

    match: str
    """A pattern as in `.gitignore`, held against the whole key in the bucket."""
    storage_class: str | None = None
    sse: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    """Encryption where the object lies."""
    kms_key: str | None = None
    tags: Mapping[str, str] = {}
    cache_control: str | None = None
    content_disposition: str | None = None
    metadata: Mapping[str, str] = {}


_ARGUMENTS = {
    "storage_class": "StorageClass",
    "sse": "ServerSideEncryption",
    "kms_key": "SSEKMSKeyId",
    "cache_control": "CacheControl",
    "content_disposition": "ContentDisposition",
}


class Dressing:
    """All rules of a bucket."""

    def __init__(self, rules: Sequence[ObjectRule]) -> None:
        patterns = [listed_alone("objects", [rule.match])[0] for rule in rules]
        for rule in rules:
            _insist_on_headers(rule)
        self._rules = tuple(zip(patterns, rules, strict=True))

    def arguments(self, key: str) -> dict[str, Any]:
        """What a request that makes this object says besides the bytes; metadata as `Metadata`."""
        if not self._rules:
            return {"Metadata": {}}
        found: dict[str, Any] = {}
        tags: dict[str, str] = {}
        metadata: dict[str, str] = {}
        for rule in self._matching(key):
            for field, argument in _ARGUMENTS.items():
                if (value := getattr(rule, field)) is not None:
                    found[argument] = value
            tags.update(rule.tags)
            metadata.update(rule.metadata)
        if tags:
            found["Tagging"] = urlencode(tags, quote_via=quote)
        return {**found, "Metadata": metadata}

    def _matching(self, key: str) -> Iterator[ObjectRule]:
        path = octets(key)
        folders = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1)]
        for pattern, rule in self._rules:
            inside = any(_matches(pattern, folder) for folder in folders)
            if inside or (not pattern.folders_only and _matches(pattern, path)):
                yield rule


def _insist_on_headers(rule: ObjectRule) -> None:
    """Refuse what no header can hold, and metadata that would pass for our own."""
    for name, value in rule.metadata.items():
        if is_ours(name):
            raise ConfigError(
                f"objects: {rule.match!r} sets the metadata {name!r}, which Buckia keeps itself",
                hint="give it another name",
            )
        if not is_name(name) or not is_text(value):
            raise _unwritable(rule, f"the metadata {name!r}")
    for field in _ARGUMENTS:
        if not is_text(getattr(rule, field) or ""):
            raise _unwritable(rule, field)


def _unwritable(rule: ObjectRule, what: str) -> ConfigError:
    return ConfigError(
        f"objects: {rule.match!r} sets {what}, which no header can hold",
        hint="names are letters, digits, `-` and `_`; values are ASCII on one line",
    )


def _matches(pattern: Rule, path: str) -> bool:
    return pattern.matches(path, path.rpartition("/")[2])
