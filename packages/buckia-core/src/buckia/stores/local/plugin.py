"""The provider `local`: the bucket is a folder, on a NAS, on a USB disk, or anywhere else."""

from __future__ import annotations

import os

import msgspec

from buckia import keys
from buckia.errors import ConfigError
from buckia.plugins import hookimpl
from buckia.protocols import Storage
from buckia.provider import Context, Provider

FOLDER_ONLY = frozenset({"Retires", "Stages", "Surveys"})
"""Abilities of a folder that a bucket has not: what is missing in its listing must be an error."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    root: str = "."
    """The folder that holds the bucket's folder, relative to the `.buckia` file."""


def open_bucket(options: Options, context: Context) -> Storage:
    from buckia.stores.local.store import LocalStore

    name = context.bucket_name
    if "/" in name or keys.problem(name) is not None or keys.is_ours(name):
        raise ConfigError(
            f"{name!r} cannot be the bucket_name of a local bucket",
            hint="it is the name of one folder below `root`, without slashes",
        )
    for place in ("domain", "region", "endpoint_url"):
        if getattr(context, place) is not None:
            raise ConfigError(
                f"a bucket that is a folder has no {place}",
                hint=f"remove {place} from the bucket {name}",
            )
    folder = context.base / options.root / name
    return LocalStore(
        folder,
        tag=context.tag,
        lacks=FOLDER_ONLY,
        probe=context.base / keys.STATE_DIR,
        within=context.folders,
        missing_hint=f"mkdir {os.path.normpath(folder)}, or check `root` and `bucket_name`",
    )


@hookimpl
def buckia_provider() -> Provider[Options]:
    return Provider(name="local", options=Options, open=open_bucket)
