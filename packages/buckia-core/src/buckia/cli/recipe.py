"""The `.buckia` file that `buckia init` writes: what was asked for, with a word on each line."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from buckia.cli.options import fields, is_secret, secret_keys
from buckia.config import BucketConfig, Where, load, resolve_options
from buckia.config.common import COMMON
from buckia.config.file import NAMES
from buckia.config.where import suggestion
from buckia.errors import ConfigError
from buckia.provider import Provider
from buckia.secrets import Secrets, is_literal, variable

WORDS = {
    "provider": "the kind of storage: see `buckia providers`",
    "bucket_name": "its name there",
    "root": "the folder that holds the bucket's folder, relative to this file",
    "region": "where the bucket is",
    "endpoint_url": "the address of the service",
    "domain": "the address that people see",
    "prefix": "all keys are below this",
    "paths": "the folders to sync, relative to this file; the first one goes both ways",
    "direction": "both, push or pull",
    "delete_orphaned": "whether a deletion on one side is done on the other",
    "conflict_resolution": "local_wins, remote_wins, newest_wins, keep_both, merge or ask",
}

HEAD = """\
# What `buckia sync` does here. Every path is relative to the folder of this file.
# `buckia status` shows what a sync would do, `buckia doctor` whether the bucket can be reached.

"""

MORE = {
    "delete_orphaned: true": "let deletions travel to the other side as well",
    "conflict_resolution: keep_both": "keep both versions of what both sides changed",
    "exclude: ['*.tmp', /cache/]": "leave these out, as in .gitignore",
    "direction: push": "only to the bucket, never from it",
}
"""Offered as comments, where they are not given."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket as it will stand in the file."""

    name: str
    keys: Mapping[str, Any]
    provider: Provider[Any]

    def missing_secrets(self) -> list[str]:
        """The provider's secret keys that the file does not refer to."""
        return [key for key in secret_keys(self.provider) if key not in self.keys]


def checked(recipe: Recipe, path: Path) -> BucketConfig:
    """The bucket as a sync will understand it; what is wrong is an error that says where."""
    where = Where(bucket=recipe.name, file=path)
    own = fields(recipe.provider)
    for key, value in recipe.keys.items():
        if key not in COMMON and key not in own:
            hint = suggestion(key, [*COMMON, *own]) or f"Its own keys: {', '.join(own) or 'none'}."
            raise where.error(key, "unknown key", hint=hint)
        if key in own and is_secret(own[key].type) and not _is_reference(value):
            raise _secret_in_file(recipe.name, key, where)
    if "credentials" in recipe.keys:
        raise _secret_in_file(recipe.name, "credentials", where)
    config = BucketConfig.from_file(recipe.keys, where)
    resolve_options(config, recipe.provider, secrets=_imagined(), where=where)
    return config


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and not is_literal(value)


def _secret_in_file(bucket: str, key: str, where: Where) -> ConfigError:
    name = "KEY" if key == "credentials" else key
    return where.error(
        key,
        "init writes no secret into a file",
        hint=f"Refer to it ({key}=env:NAME), set the variable {variable(bucket, name)},"
        f" or run: buckia secrets set {bucket}.{name}",
    )


class _Imagined(dict[str, str]):
    """An environment in which every variable is set, to check what is not a secret."""

    def get(self, _name: str, _default: Any = None) -> str:
        return "imagined"

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> str:
        return "imagined"


def _imagined() -> Secrets:
    return Secrets(
        _Imagined(),
        keyring=lambda: None,
        scheme=lambda _reference: "imagined",
        run=lambda _line, _folder: "imagined",
    )


def written(recipe: Recipe) -> str:
    """The text of the file."""
    lines = [HEAD, f"{scalar(recipe.name)}:\n"]
    lines += [_line(key, value) for key, value in recipe.keys.items()]
    lines += _offers(recipe)
    return "".join(lines)


def _line(key: str, value: Any) -> str:
    words = WORDS.get(key, "")
    entry = f"  {scalar(key)}: {scalar(value)}"
    return f"{entry:<34}{'  # ' if words else ''}{words}".rstrip() + "\n"


def _offers(recipe: Recipe) -> Iterator[str]:
    offers = {line: said for line, said in MORE.items() if line.split(":")[0] not in recipe.keys}
    if missing := recipe.missing_secrets():
        yield "\n  # Secrets are better kept elsewhere, and are found there by themselves:\n"
        for key in missing:
            kept = f"{variable(recipe.name, key)}, or `buckia secrets set {recipe.name}.{key}`"
            yield f"  #   {key}: the variable {kept}\n"
    if offers:
        yield "\n  # Some of what else may stand here:\n"
        for line, said in offers.items():
            yield f"  # {line:<32}  # {said}\n"


def scalar(value: Any) -> str:
    """A value on one line; JSON is YAML, and most texts need no quotes."""
    if isinstance(value, str) and _plain(value):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(map(scalar, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> bool:
    """Whether YAML reads the bare text as just this text."""
    from buckia.config.unreadable import Unreadable
    from buckia.config.yaml_subset import read

    if any(letter in text for letter in "#,[]{}\n"):
        return False
    try:
        return bool(read(f"- {text}")[0] == [text])
    except Unreadable:
        return False


def save(text: str, path: Path, *, replace: bool) -> None:
    """Write the file for its owner only, after it was loaded as a sync will load it."""
    if path.suffix.lower() in {".toml", ".json"}:
        raise ConfigError(f"init writes YAML, and {path.name} is none", hint="Name it .buckia")
    handle, name = tempfile.mkstemp(prefix=".buckia-init-", suffix=".yaml", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        load(draft)
        if replace:
            draft.replace(path)
        else:
            _put_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _put_new(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise taken(path) from None
    except OSError:
        # File systems without links; the moment between looking and writing is short.
        if path.exists():
            raise taken(path) from None
        draft.rename(path)


def taken(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} is there already",
        hint="Edit it, or write it anew with --force, which replaces it.",
    )


def refuse_others(path: Path, *, force: bool) -> None:
    """A folder has one file: another name of ours beside it is an error, whatever --force says."""
    for name in NAMES:
        other = path.with_name(name)
        if other == path:
            if not force and (other.exists() or other.is_symlink()):
                raise taken(path)
        elif path.name in NAMES and other.exists():
            raise ConfigError(
                f"{other} is there already, and a folder has only one such file",
                hint=f"Remove {name}, or write another one with --config FILE.",
            )
    if path.name not in NAMES and not force and path.exists():
        raise taken(path)
