"""The keys that every bucket of a file may have: what may stand there, and what holds otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, NoReturn, Self

from buckia import digests
from buckia.config import checks
from buckia.config.demo import demo
from buckia.config.inbound import inbound
from buckia.config.quantities import DeleteLimit
from buckia.config.roots import DEFAULT_ROOTS, roots
from buckia.config.where import step
from buckia.errors import ConfigError
from buckia.keys import STATE_DIR
from buckia.merging.rules import RowRules, Rule, parse_rule
from buckia.model import Direction, Policy
from buckia.secrets import Secret

ALL_OTHERS = "*"
"""Stands for each table that has no rule of its own."""


class Veiled(Mapping[str, Any]):
    """A mapping that may hold secrets: it shows its keys, and never its values."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = deepcopy(dict(values))

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: ***" for key in self._values) + "}"

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("this mapping may hold secrets and is not pickled")


def credentials(value: object) -> Veiled:
    """Secrets or references to them, by the provider's keys."""
    if not isinstance(value, Mapping):
        raise checks.Wrong(f"expected a mapping of secrets, found {checks.kind(value)}")
    for key, secret in value.items():
        checks.within(step(key), checks.text, key)
        # The value itself is never shown: a secret in quotes too few is still one.
        if not isinstance(secret, str | Secret):
            raise checks.Wrong(
                "expected text", at=step(key), hint="Put it into quotes to make it text."
            )
    return Veiled(value)


def options(value: object) -> Veiled:
    """The provider's own keys; their values are checked when the provider is at hand."""
    if not isinstance(value, Mapping):
        raise checks.Wrong(
            f"expected a mapping of the provider's own keys, found {checks.kind(value)}"
        )
    for key in value:
        if checks.text(key) in COMMON:
            raise checks.Wrong("this is no key of a provider: give it beside options", at=step(key))
    return Veiled({key: one for key, one in value.items() if one is not None})


def row_rules(value: object) -> RowRules:
    """Who wins where both sides changed a row, by table."""
    if isinstance(value, RowRules):
        return value
    if not isinstance(value, Mapping):
        raise checks.unexpected("a mapping of tables to rules", value)
    found = {}
    for table, rule in value.items():
        checks.within(step(table), checks.text, table)
        found[table] = checks.within(step(table), _rule, rule)
    return RowRules(default=found.pop(ALL_OTHERS, RowRules().default), tables=found)


def _rule(value: object) -> Rule:
    try:
        return parse_rule(checks.text(value))
    except ConfigError as error:
        raise checks.Wrong(error.message, hint=error.hint) from None


COMMON: Mapping[str, checks.Check] = MappingProxyType(
    {
        "provider": checks.text,
        "bucket_name": checks.bucket_name,
        "domain": checks.text,
        "region": checks.text,
        "endpoint_url": checks.text,
        "prefix": checks.prefix,
        "folders": checks.several(checks.folder, "folders"),
        "layers": checks.several(checks.folder, "folders"),
        "paths": roots,
        "files": checks.file_keys,
        "upload_files": checks.file_keys,
        "databases": checks.file_keys,
        "direction": checks.one_of(Direction),
        "delete_orphaned": checks.flag,
        "include": checks.several(checks.pattern, "patterns"),
        "exclude": checks.several(checks.pattern, "patterns"),
        "max_workers": checks.whole(1, 1000),
        "checksum_algorithm": checks.among(digests.ALGORITHMS),
        "conflict_resolution": checks.one_of(Policy),
        "merge": row_rules,
        "demo": demo,
        "max_delete": checks.delete_limit,
        "bandwidth": checks.bandwidth,
        "requests_per_second": checks.positive,
        "retries": checks.whole(0, 100),
        "timeout": checks.timeout,
        "trash_days": checks.whole(0, 36_500),
        "follow_symlinks": checks.flag,
        "state_dir": checks.path,
        "inbound": inbound,
        "credentials": credentials,
    }
)
"""The check of each key; `options` is not among them, because only programs have it."""

REQUIRED = ("provider", "bucket_name")
TABLES = ("files", "upload_files", "databases")
"""Keys that map single local files."""

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys(("domain", "region", "endpoint_url", "max_workers")),
        **dict.fromkeys(("conflict_resolution", "bandwidth", "requests_per_second", "inbound")),
        **dict.fromkeys(("folders", "layers", "include", "exclude"), ()),
        "demo": None,
        **dict.fromkeys(TABLES, MappingProxyType({})),
        **dict.fromkeys(("credentials", "options"), Veiled({})),
        **dict.fromkeys(("delete_orphaned", "follow_symlinks"), False),
        "prefix": "",
        "paths": DEFAULT_ROOTS,
        "direction": Direction.BOTH,
        "merge": RowRules(),
        "checksum_algorithm": "sha256",
        "max_delete": DeleteLimit(percent=25.0),
        "retries": 5,
        "timeout": 60.0,
        "trash_days": 30,
        "state_dir": STATE_DIR,
    }
)
