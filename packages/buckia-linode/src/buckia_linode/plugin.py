"""What Buckia finds through the entry point: the provider's name, its options, how it opens."""

from __future__ import annotations

from typing import Any

from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider
from buckia_linode.options import Options


def open_bucket(options: Options, context: Context) -> Storage:
    from buckia_linode.opening import opened

    return opened(options, context)


@hookimpl
def buckia_provider() -> Provider[Options]:
    return Provider(name="linode", options=Options, open=open_bucket)


@hookimpl
def buckia_commands(cli: Any) -> None:
    from buckia_linode.commands import add

    add(cli)
