"""What a provider's own commands need: their bucket, as its storage would be given it.

A command is made with `cls=Command` of `buckia.cli.command`, takes the session with
`click.pass_obj` and the bucket with `bucket_option` of `buckia.cli.parameters`; the common
options are added to it when it is found.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from buckia.cli.session import Session
from buckia.config import BucketConfig, resolve_options
from buckia.errors import ConfigError, PluginError
from buckia.provider import Context

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - as in buckia.provider


class Reached(msgspec.Struct, Generic[O], frozen=True):
    """A bucket of the configuration, and all that its provider opens it with."""

    config: BucketConfig
    options: O
    context: Context


def reached(session: Session, provider: str, options: type[O], name: str | None) -> Reached[O]:
    """The bucket of this name; without one the only bucket of this provider.

    Secrets are found and nothing is opened. A bucket of another provider is a ConfigError.
    """
    session.load_hooks()
    config = _chosen(session, provider, name)
    found = session.plugins.provider(provider)
    if not issubclass(found.options, options):
        raise PluginError(f'the provider "{provider}" has other options than this command needs')
    try:
        given = resolve_options(config, found, secrets=session.secrets)
    finally:
        for message in dict.fromkeys(session.secrets.warnings):
            session.output.warn(message)
    assert isinstance(given, options)
    return Reached(config, given, _context(config))


def _chosen(session: Session, provider: str, name: str | None) -> BucketConfig:
    if name is not None:
        config = session.file.bucket(name)
        if config.provider != provider:
            raise ConfigError(
                f'the bucket "{name}" is of the provider "{config.provider}", '
                f'and this command is of "{provider}"'
            )
        return config
    fitting = {key: one for key, one in session.file.buckets.items() if one.provider == provider}
    if not fitting:
        raise ConfigError(f'{session.file.path} holds no bucket of the provider "{provider}"')
    if len(fitting) > 1:
        raise ConfigError(
            f'{session.file.path} holds {len(fitting)} buckets of the provider "{provider}", '
            "and this works on one",
            hint=f"Name it with --bucket: {', '.join(fitting)}",
        )
    return next(iter(fitting.values()))


def _context(config: BucketConfig) -> Context:
    """As a sync gives it."""
    from buckia.client.opening import context, ground, open_state

    place = ground(config, None)
    return context(place, tag=open_state(place, read_only=True).tag)
