"""Changes that other people's devices send: read, judged and applied to the app's database."""

from __future__ import annotations

from buckia.inbound.apply import Applied, apply_all
from buckia.inbound.changes import DEFAULT_LIMITS, Action, Change, ChangeFile, Limits, Row, Value
from buckia.inbound.folder import Ignored
from buckia.inbound.permission import Permission
from buckia.inbound.quarantine import Quarantined
from buckia.inbound.trouble import InboundError, Refused
from buckia.inbound.writing import write_changes

__all__ = [
    "DEFAULT_LIMITS",
    "Action",
    "Applied",
    "Change",
    "ChangeFile",
    "Ignored",
    "InboundError",
    "Limits",
    "Permission",
    "Quarantined",
    "Refused",
    "Row",
    "Value",
    "apply_all",
    "write_changes",
]
