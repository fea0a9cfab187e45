"""What a plugin registers: a name, the options it understands, and how a storage is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from buckia.protocols import API_VERSION, Storage

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - the one letter that options begin with


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every provider may want to know of a bucket besides its own options."""

    bucket_name: str
    base: Path
    """The folder that relative paths in the options are relative to."""
    domain: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    timeout: float = 60.0
    """Seconds for one request."""
    max_workers: int | None = None
    """How many transfers at once the user asked for."""
    checksum_algorithm: str = "sha256"
    """The digest to keep in an object's metadata, where the service keeps metadata."""
    notes: Path | None = None
    """A folder in the state for what a provider wants to remember; losing it costs only time."""
    tag: str = "untagged"
    """Letters and digits of this very state, to mark temporary things as our own."""
    folders: tuple[str, ...] = ()
    """Beginnings of keys, each ending with a slash; none where the whole bucket may be seen.

    Nothing outside of them is ever listed, not to answer some other question either.
    """


class Provider(msgspec.Struct, Generic[O], frozen=True, kw_only=True):
    """Returned by the hook `buckia_provider`.

    Type checkers hold `open` against `options` and against `Storage`, so that a class which
    misses a method is found where it is registered.
    """

    name: str
    options: type[O]
    """A msgspec struct: its fields are the provider's own keys in a `.buckia` file."""
    open: Callable[[O, Context], Storage]
    """Makes a storage without touching the network; a wrong option raises `ConfigError`."""
    sample: O | None = None
    """Made-up options that are enough to open it, for those who only want to know its traits.

    Without them, whatever the options require is made up.
    """
    api_version: int = API_VERSION
