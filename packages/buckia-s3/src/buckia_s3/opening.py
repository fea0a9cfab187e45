"""From a configuration to a store."""

from __future__ import annotations

from buckia.provider import Context
from buckia_s3.connection import Connection
from buckia_s3.ground import Ground
from buckia_s3.habits import UNKNOWN
from buckia_s3.notes import Notes
from buckia_s3.options import Options
from buckia_s3.parts import Sizes
from buckia_s3.rules import Dressing
from buckia_s3.store import S3Store

USUAL_WIDTH = 64
"""Transfers at once that make use of a line without crowding it."""


def opened(options: Options, context: Context, *, sizes: Sizes | None = None) -> S3Store:
    """The store of a bucket; no request is made yet."""
    return S3Store(made_ground(options, context, sizes=sizes))


def made_ground(options: Options, context: Context, *, sizes: Sizes | None = None) -> Ground:
    """What a store stands on; also of providers that are built on this one."""
    width = context.max_workers or USUAL_WIDTH
    # Each transfer of a large object sends its parts by threads of the pool.
    connection = Connection(options, context, width=width * 2)
    notes = Notes(context.notes, connection.endpoint.name, context.bucket_name)
    ground = Ground(
        connection,
        Dressing(options.objects),
        notes,
        algorithm=context.checksum_algorithm,
        sizes=sizes or Sizes(),
        width=width,
    )
    # What earlier runs found out tells how ETags are to be read, too.
    ground.habits = notes.habits() or UNKNOWN
    return ground
