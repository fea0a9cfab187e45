"""Which servers a run of the tests may install and start.

The variable BUCKIA_SERVERS names them: `ceph`, `ministack`, `tools`, `moods`, or `all` of these.
"""

from __future__ import annotations

import os


def wanted(name: str) -> bool:
    return bool({"all", name} & set(os.environ.get("BUCKIA_SERVERS", "").split()))


def hint(name: str, what: str) -> str:
    """Why a test was left out, and how it comes to run."""
    return f"{what}; `make test-s3` runs it, as does BUCKIA_SERVERS={name}"
