"""The `.buckia` file: finding it, reading it, and the buckets that stand in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from buckia.config.bucket import BucketConfig
from buckia.config.checks import found, kind
from buckia.config.formats import Document, parse
from buckia.config.unreadable import Unreadable
from buckia.config.where import Where, step, suggestion
from buckia.errors import ConfigError
from buckia.secrets import is_literal

NAMES = (".buckia", ".buckia.yaml", ".buckia.yml", ".buckia.toml", ".buckia.json")


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """A `.buckia` file that was read and found sound."""

    path: Path
    buckets: Mapping[str, BucketConfig]
    """In the order of the file, never empty."""
    warnings: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        """The folder that every relative path in the file is relative to."""
        return self.path.absolute().parent

    def bucket(self, name: str) -> BucketConfig:
        """The bucket of this name, exactly."""
        if name not in self.buckets:
            known = "The file has: " + ", ".join(self.buckets) + "."
            hint = " ".join(filter(None, (suggestion(name, self.buckets), known)))
            raise ConfigError(f'{self.path}: there is no bucket "{name}"', hint=hint)
        return self.buckets[name]


def discover(start: Path) -> Path | None:
    """The `.buckia` file of this folder, or of the nearest one above that has one."""
    start = start.absolute()
    if not stat.S_ISDIR(_mode(start)):
        raise ConfigError(f"{start}: there is no such folder")
    for folder in (start, *start.parents):
        present = [folder / name for name in NAMES if stat.S_ISREG(_mode(folder / name))]
        if len(present) > 1:
            names = " and ".join(path.name for path in present)
            raise ConfigError(
                f"{folder} holds {names}",
                hint="Remove all but one, or name the one to use with --config.",
            )
        if present:
            return present[0]
    return None


def load(path: Path) -> ConfigFile:
    """Read a `.buckia` file; whatever is wrong in it is a `ConfigError` that says where."""
    raw, exposed = _read(path)
    document = _parsed(raw, path)
    if document.root is None:
        raise ConfigError(f"{path}: the file is empty", hint="Write one with: buckia init")
    if not isinstance(document.root, dict):
        raise ConfigError(
            f"{path}: expected a mapping of names to buckets, found {kind(document.root)}"
        )
    if not document.root:
        raise ConfigError(f"{path}: the file names no bucket", hint="Write one with: buckia init")
    buckets = {
        name: _bucket(given, Where(file=path, bucket=str(name), exposed=exposed), document, name)
        for name, given in document.root.items()
    }
    warnings = [
        text
        for bucket in buckets.values()
        for text in (*_exposed_credentials(bucket), *_open_ways(bucket))
    ]
    return ConfigFile(path=path, buckets=buckets, warnings=tuple(warnings))


def exposed_secret(where: Where, key: str) -> str:
    """The warning about a secret that stands in a file which others can read."""
    return (
        f"{where.describe(key)}: this secret stands in a file that others can read; "
        f"keep it elsewhere (env:NAME, keyring:SERVICE/USER), or: chmod 600 {where.file}"
    )


def _exposed_credentials(config: BucketConfig) -> list[str]:
    if not config.where.exposed:
        return []
    return [
        exposed_secret(config.where, "credentials" + step(key))
        for key, given in config.credentials.items()
        if isinstance(given, str) and is_literal(given)
    ]


def _open_ways(config: BucketConfig) -> list[str]:
    if config.endpoint_url is None or not config.endpoint_url.lower().startswith("http:"):
        return []
    # It takes a while to import, which only those pay who have such an address.
    from buckia.web import is_open

    if not is_open(config.endpoint_url):
        return []
    place = config.where.describe("endpoint_url")
    said = "without TLS everybody on the way can read what is sent, and change it"
    return [f"{place}: {said}; let it begin with https://"]


def _bucket(given: Any, where: Where, document: Document, name: object) -> BucketConfig:
    lines = {
        _dotted(place[1:]): line
        for place, line in document.lines.items()
        if place[:1] == (str(name),)
    }
    where = msgspec.structs.replace(where, lines=lines)
    if not isinstance(name, str):
        hint = "Put it into quotes to make it text."
        raise where.error("", f"a bucket's name is text, and this is {found(name)}", hint=hint)
    if not name.strip() or not name.isprintable():
        raise where.error("", "a bucket's name cannot be empty or hold control characters")
    if not isinstance(given, dict):
        raise where.error("", f"expected a mapping of keys, found {kind(given)}")
    for key in given:
        if not isinstance(key, str):
            hint = "Put it into quotes to make it text."
            raise where.error(str(key), f"a key is text, and this is {found(key)}", hint=hint)
    return BucketConfig.from_file(given, where)


def _dotted(place: tuple[str | int, ...]) -> str:
    return "".join(map(step, place)).removeprefix(".")


def _parsed(raw: bytes, path: Path) -> Document:
    try:
        return parse(raw.decode("utf-8-sig"), path.suffix)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: the file is not UTF-8 text") from None
    except Unreadable as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise ConfigError(f"{place}: {error}") from None


def _read(path: Path) -> tuple[bytes, bool]:
    """The file's bytes, and whether others than its owner can read it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            # Elsewhere the mode says nothing about who may read.
            exposed = os.name == "posix" and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
            return file.read(), exposed
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file", hint="Write one with: buckia init"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: the file cannot be read: {error.strerror}") from error


def _mode(path: Path) -> int:
    """The mode of a file or folder; 0 where there is nothing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise ConfigError(f"{path} is a link to nothing") from None
        return 0
    except OSError as error:
        # Going on upwards would use another file than the one that may be here.
        raise ConfigError(f"{path} cannot be looked for: {error.strerror}") from error
