"""What a provider's own commands need: their bucket, as its storage would be given it.

A command is made with `cls=Command` of `buckia.cli.command`, takes the session with
`click.pass_obj` and the bucket with `bucket_option` of `buckia.cli.parameters`; the common
options are added to it when it is found.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from buckia.cli.session import Session
from buckia.client.reaching import Reached
from buckia.client.reaching import reached as reached_by
from buckia.config import BucketConfig
from buckia.errors import ConfigError

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - as in buckia.provider


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
