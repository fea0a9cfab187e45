"""Which slow suites a run of the tests includes.

The variable BUCKIA_SERVERS names them: for S3 `ceph`, `ministack`, `tools` and `moods`, or `all` of
these; for Bunny `bunny`.
"""

from __future__ import annotations

import os


def wanted(name: str) -> bool:
    every = "all" if name != "bunny" else name
    return bool({every, name} & set(os.environ.get("BUCKIA_SERVERS", "").split()))


def hint(name: str, what: str) -> str:
    """Why a test was left out, and how it comes to run."""
    command = "make test-bunny" if name == "bunny" else "make test-s3"
    return f"{what}; `{command}` runs it, as does BUCKIA_SERVERS={name}"
