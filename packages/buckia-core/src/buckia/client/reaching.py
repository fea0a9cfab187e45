"""What a provider opens a bucket with, for what a provider can do besides syncing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from buckia.client.opening import context, ground, open_state
from buckia.config import BucketConfig, resolve_options
from buckia.errors import PluginError
from buckia.plugins import Plugins
from buckia.provider import Context
from buckia.secrets import Secrets

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - as in buckia.provider


class Reached(msgspec.Struct, Generic[O], frozen=True):
    """A bucket of a configuration, and all that its provider opens it with."""

    config: BucketConfig
    options: O
    context: Context


def reached(
    config: BucketConfig,
    options: type[O],
    *,
    local_path: str | os.PathLike[str] | None = None,
    plugins: Plugins | None = None,
    secrets: Secrets | None = None,
) -> Reached[O]:
    """Secrets are found, and nothing is opened; the rest is as for a `BuckiaClient`."""
    plugins = plugins or Plugins()
    secrets = secrets or Secrets(os.environ, scheme=plugins.secret)
    provider = plugins.provider(config.provider)
    if not issubclass(provider.options, options):
        raise PluginError(
            f'the provider "{config.provider}" has other options than this command needs'
        )
    given = resolve_options(config, provider, secrets=secrets)
    assert isinstance(given, options)
    place = ground(config, Path(local_path) if local_path is not None else None)
    tag = open_state(place, read_only=True).tag
    return Reached(config, given, context(place, tag=tag))
