"""Fresh buckets on a server, opened as buckets at Linode are."""

from __future__ import annotations

from typing import Any

from buckia.provider import Context
from buckia_linode.opening import opened
from buckia_linode.options import Options
from buckia_s3.parts import Sizes
from buckia_s3.store import S3Store
from tests.s3.buckets import Bucket


class LinodeBucket(Bucket):
    def opened(self, options: dict[str, Any], context: Context, sizes: Sizes) -> S3Store:
        return opened(Options(**options), context, sizes=sizes)
