from __future__ import annotations

from tests.s3.servers.started import gateway, moto, secure_gateway, stack

__all__ = ["gateway", "moto", "secure_gateway", "stack"]
