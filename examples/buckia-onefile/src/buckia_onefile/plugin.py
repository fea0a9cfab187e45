"""What Buckia finds through the entry point: the provider's name, its options, how it opens."""

from __future__ import annotations

import msgspec

from buckia.errors import ConfigError
from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys that a bucket of this provider may have in a `.buckia` file besides the usual."""

    file: str | None = None
    """Where the file is; `BUCKET_NAME.sqlite` unless said otherwise."""


def open_file(options: Options, context: Context) -> Storage:
    from buckia_onefile.store import OneFile

    path = context.base / (options.file or f"{context.bucket_name}.sqlite")
    if not path.parent.is_dir():
        raise ConfigError(
            f"there is no folder {path.parent} for the bucket {context.bucket_name}",
            hint="create it, or change the key `file`",
        )
    return OneFile(path, timeout=context.timeout)


@hookimpl
def buckia_provider() -> Provider[Options]:
    return Provider(name="onefile", options=Options, open=open_file)
