"""`BucketConfig`: all that one sync needs to know, checked when it is made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Self, TypedDict, Unpack

from buckia.config import checks
from buckia.config.common import COMMON, DEFAULTS, REQUIRED, TABLES, options
from buckia.config.demo import Demo, misplaced
from buckia.config.inbound import Inbound
from buckia.config.quantities import Bandwidth, DeleteLimit
from buckia.config.roots import Root, idle, mapped_once
from buckia.config.where import Where, suggestion
from buckia.merging.rules import RowRules
from buckia.model import Direction, Policy
from buckia.secrets import Secret

LocalPath = str | os.PathLike[str]


class Given(TypedDict, total=False):
    """The keyword arguments of `BucketConfig`; None stands for "not given"."""

    provider: str
    bucket_name: str
    domain: str | None
    region: str | None
    endpoint_url: str | None
    prefix: str | None
    folders: Sequence[str] | None
    layers: Sequence[str] | None
    paths: Sequence[LocalPath | Root | Mapping[str, str]] | None
    files: Mapping[str, str] | None
    upload_files: Mapping[str, str] | None
    databases: Mapping[str, str] | None
    direction: str | None
    delete_orphaned: bool | None
    include: Sequence[str] | None
    exclude: Sequence[str] | None
    max_workers: int | None
    checksum_algorithm: str | None
    conflict_resolution: str | None
    merge: Mapping[str, str] | RowRules | None
    demo: Mapping[str, Any] | Demo | None
    max_delete: int | str | DeleteLimit | None
    bandwidth: float | str | Bandwidth | None
    requests_per_second: float | None
    retries: int | None
    timeout: float | str | None
    trash_days: int | None
    follow_symlinks: bool | None
    state_dir: LocalPath | None
    inbound: Mapping[str, Any] | Inbound | None
    credentials: Mapping[str, str | Secret] | None
    options: Mapping[str, Any] | None


class BucketConfig:
    """One bucket and how to sync it. Never changes; `replace` makes another.

    Takes the common keys of a `.buckia` file as keyword arguments, the secrets in
    `credentials` and the provider's own keys in `options`. What cannot be right is a
    `ConfigError` that names the key.
    """

    provider: str
    bucket_name: str
    domain: str | None
    region: str | None
    endpoint_url: str | None
    prefix: str
    """Empty, or ending with a slash."""
    folders: tuple[str, ...]
    """Top-level folders to sync; none named means all."""
    layers: tuple[str, ...]
    """Top-level folders shown as one tree: the last that has a key gives it, and is written."""
    paths: tuple[Root, ...]
    files: Mapping[str, str]
    upload_files: Mapping[str, str]
    databases: Mapping[str, str]
    """Like `files`, and each is an SQLite database or nothing."""
    direction: Direction
    delete_orphaned: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    max_workers: int | None
    checksum_algorithm: str
    conflict_resolution: Policy | None
    """None where nobody chose, which is not the same as choosing the default."""
    merge: RowRules
    """Who wins where both sides changed a row of a database."""
    demo: Demo | None
    """Content that a demo team makes for all users."""
    max_delete: DeleteLimit
    bandwidth: Bandwidth | None
    requests_per_second: float | None
    retries: int
    timeout: float
    trash_days: int
    follow_symlinks: bool
    state_dir: str
    inbound: Inbound | None
    """Changes that others send to the app's database."""
    credentials: Mapping[str, str | Secret]
    options: Mapping[str, Any]
    where: Where
    """Where it stands; for programs only the name of the bucket."""

    def __init__(self, **given: Unpack[Given]) -> None:
        name = given.get("bucket_name")
        where = Where(bucket=name if isinstance(name, str) else "")
        vars(self).update(_complete(_present(given), where))

    @classmethod
    def from_file(cls, given: Mapping[str, Any], where: Where) -> Self:
        """From the keys of one bucket in a file, where the provider's own stand beside ours."""
        common = {key: value for key, value in given.items() if key in COMMON}
        own = {key: value for key, value in given.items() if key not in COMMON}
        if "options" in own:
            hint = "In a file the provider's own keys stand directly beside the others."
            raise where.error("options", "unknown key", hint=hint)
        for key, value in own.items():
            if value is None:
                hint = "Leave the key out instead."
                raise where.error(key, "expected a value, found nothing", hint=hint)
        return cls._of(_complete({**common, "options": own}, where))

    def replace(self, **given: Unpack[Given]) -> Self:
        """The same with other values, as a command line or a call asks for one run.

        A root that has no part in the other direction is then simply not used.
        """
        values = {**vars(self), **_checked(_present(given), self.where)}
        _mapped_once(values, self.where)
        return self._of(values)

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Self:
        config = cls.__new__(cls)
        vars(config).update(values)
        return config

    @property
    def name(self) -> str:
        """The bucket's name in its file; for a program the `bucket_name`."""
        return self.where.bucket or self.bucket_name

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a BucketConfig does not change; replace() makes another")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a BucketConfig does not change; replace() makes another")

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a BucketConfig may hold secrets and is not pickled")

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, BucketConfig) else NotImplemented

    __hash__ = None  # type: ignore[assignment] # how Python says: it holds mappings

    def __repr__(self) -> str:
        changed = {k: v for k, v in vars(self).items() if k != "where" and v != DEFAULTS.get(k)}
        return "BucketConfig(" + ", ".join(f"{k}={v!r}" for k, v in changed.items()) + ")"


def _present(given: Given) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _complete(given: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """All that a new config is made of: the given values, and the defaults of the others."""
    values = _checked(given, where)
    for key in REQUIRED:
        if key not in given:
            raise where.error(key, "the key is missing; every bucket needs it")
    _mapped_once(values, where)
    if "merge" in given and values.get("conflict_resolution") is not Policy.MERGE:
        hint = "Add conflict_resolution: merge, or leave the key out."
        raise where.error("merge", "rows are merged only where that is chosen", hint=hint)
    if found := idle(values.get("paths", ()), values.get("direction", Direction.BOTH)):
        raise where.error(*found)
    if "layers" in values and "folders" in values:
        hint = "Leave out `folders`: with `layers` nothing outside of them is listed either."
        raise where.error("layers", "a bucket has either layers or folders", hint=hint)
    if "inbound" in values and values.get("direction", Direction.BOTH) is not Direction.BOTH:
        raise where.error(
            "inbound",
            f"changes come in and go out, and the direction of the bucket is {values['direction']}",
            hint="Set direction: both.",
        )
    if wrong := misplaced(values):
        raise where.error(*wrong[:2], hint=wrong[2])
    return {**DEFAULTS, **values, "where": where}


def _checked(given: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """The values of the keys that are given; an unknown key is an error."""
    known = {**COMMON, "options": options}
    for key in given:
        if key not in known:
            hint = suggestion(key, known) or "The provider's own keys go into options={...}."
            raise where.error(key, "unknown key", hint=hint)
    values = {}
    for key, value in given.items():
        try:
            values[key] = known[key](value)
        except checks.Wrong as error:
            raise where.error(key + error.at, str(error), hint=error.hint) from None
    return values


def _mapped_once(values: Mapping[str, Any], where: Where) -> None:
    tables = {table: values.get(table, {}) for table in TABLES}
    if found := mapped_once(tables, where.directory):
        raise where.error(*found)
