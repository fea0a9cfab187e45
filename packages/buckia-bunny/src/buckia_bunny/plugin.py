"""What Buckia finds through the entry point: the provider's name, its options, how it opens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia.secrets import Secret
from buckia_bunny.options import Options


def open_bucket(options: Options, context: Context) -> Storage:
    from buckia_bunny.opening import opened

    return opened(options, context)


@hookimpl
def buckia_provider() -> Provider[Options]:
    key = Secret("example")
    sample = Options(password=key, api_key=key, pull_zone="example")
    return Provider(name="bunny", options=Options, open=open_bucket, sample=sample)


@hookimpl
def buckia_demo() -> AbstractContextManager[Mapping[str, object]]:
    from buckia_bunny.testing.demo import stand_in

    return stand_in()


@hookimpl
def buckia_commands(cli: Any) -> None:
    from buckia_bunny.commands import add

    add(cli)
