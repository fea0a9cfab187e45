"""What a provider's own commands need: their bucket, as its storage would be given it.

A function becomes one with `command`, which gives it the session; the common options are added
when it is found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from buckia.cli.command import Command, Examples
from buckia.cli.parameters import bucket_option
from buckia.cli.session import Session
from buckia.client.reaching import Reached
from buckia.client.reaching import reached as reached_by
from buckia.config import BucketConfig
from buckia.errors import ConfigError

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - as in buckia.provider
Parameter = Callable[[Callable[..., int]], Callable[..., int]]


def command(
    function: Callable[..., int],
    text: str,
    examples: Examples,
    *parameters: Parameter,
    name: str | None = None,
) -> Command:
    """A function as a command, by its own name if no other is given; it takes --bucket."""
    decorated: Callable[..., Any] = click.pass_obj(function)
    taken: tuple[Parameter, ...] = (*parameters, bucket_option)
    for parameter in reversed(taken):
        decorated = parameter(decorated)
    made = click.command(name or function.__name__, cls=Command, help=text)(decorated)
    made.examples = examples
    return made


def reached(session: Session, provider: str, options: type[O], name: str | None) -> Reached[O]:
    """The bucket of this name; without one the only bucket of this provider.

    Secrets are found and nothing is opened. A bucket of another provider is a ConfigError.
    """
    session.load_hooks()
    config = _chosen(session, provider, name)
    try:
        return reached_by(config, options, plugins=session.plugins, secrets=session.secrets)
    finally:
        for message in dict.fromkeys(session.secrets.warnings):
            session.output.warn(message)


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
